"""Tell whoever watches a simulator of each request that it answered."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NOTES = "simulator.notes"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that is over."""

    method: str
    path: str
    status: int | None
    """``None`` where the connection was broken without an answer."""
    seconds: float
    notes: tuple[str, ...]
    """What the simulator made of it, such as what it charges."""


@dataclass(frozen=True, slots=True)
class Watched:
    """An application whose requests are told to ``tell``."""

    app: ASGIApp
    tell: Callable[[Seen], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and tell of it."""
        began, answer, notes = time.monotonic(), _Answer(send), list[str]()
        try:
            await self.app({**scope, _NOTES: notes}, receive, answer.send)
        finally:
            took = time.monotonic() - began
            self.tell(Seen(scope["method"], scope["path"], answer.status, took, tuple(notes)))


@dataclass(slots=True)
class _Answer:
    """The answer on its way, of which the status is noted."""

    _send: Send
    status: int | None = field(default=None, init=False)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def note(request: Request, text: str) -> None:
    """Say something about a request to whoever watches."""
    request.scope.get(_NOTES, []).append(text)
