"""One listener: a feed as Server-Sent Events or over a WebSocket."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from random import Random
from uuid import UUID

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.feed import Feed, Follower, LaggingError
from api.frames import DROPPED, HEARTBEAT, Frame
from domain.errors import DatabaseUnavailableError

SILENCE_SECONDS = 10.0
"""Between two heartbeats when nothing else is sent."""
SEND_SECONDS = 30.0
"""How long a listener may take none of what it is sent."""
LONGEST_SECONDS = 3_600.0
"""After about this long a stream ends and the listener comes back, with a key that is checked anew."""
RETRY_MILLISECONDS = 1_000
_CLOSE_GOING_AWAY, _CLOSE_TOO_SLOW = 1001, 1008

log = structlog.get_logger(__name__)


class Listening:
    """What a listener is sent: a snapshot where it asked for one, then every change."""

    def __init__(
        self, feed: Feed, project: UUID, position: int, *, newest: int, first: Frame | None = None
    ) -> None:
        self._feed = feed
        self._project = project
        self._position = position
        self._newest = newest
        self._first = first

    async def run(self, send: Callable[[Sequence[Frame]], Awaitable[None]]) -> str:
        """Send everything, and no frames at all as a heartbeat; tell why it is over.

        Raises:
            TimeoutError: the listener takes nothing.
        """
        ends = time.monotonic() + LONGEST_SECONDS * Random().uniform(0.9, 1.1)  # noqa: S311 # spreads returns
        with self._feed.follow(self._project, self._position, self._newest) as follower:
            if self._first is not None:
                await self._send(send, [self._first])
            while time.monotonic() < ends:
                try:
                    frames = await self._next(follower)
                except LaggingError:
                    await self._send(send, [_dropped(self._project, follower.position)])
                    return "too slow"
                if frames is None:
                    return "closing"
                await self._send(send, frames)
        return "time to come back"

    async def _send(
        self, send: Callable[[Sequence[Frame]], Awaitable[None]], frames: Sequence[Frame]
    ) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await send(frames)

    async def _next(self, follower: Follower) -> Sequence[Frame] | None:
        try:
            return await follower.next(SILENCE_SECONDS)
        except DatabaseUnavailableError:
            # It waits here as everybody else does, and goes on where it was.
            await asyncio.sleep(1)
            return ()


def _dropped(project: UUID, position: int) -> Frame:
    message = {"type": DROPPED, "sequence": position, "project_id": project}
    return Frame(DROPPED, position, message | {"data": {"reason": "too slow; come back with the last id"}})


class EventStream(Response):
    """A feed as Server-Sent Events (``text/event-stream``)."""

    def __init__(self, listening: Listening) -> None:
        super().__init__(status_code=HTTPStatus.OK, media_type="text/event-stream")
        # Starlette counts the empty body; a stream has no length. A proxy must not collect it either.
        del self.headers["content-length"]
        self.headers["X-Accel-Buffering"] = "no"
        self._listening = listening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the listener hangs up, is too slow, or we close."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return

        async def pass_on(frames: Sequence[Frame]) -> None:
            body = b"".join(frame.sse for frame in frames) or HEARTBEAT
            await send({"type": "http.response.body", "body": body, "more_body": True})

        with suppress(TimeoutError):
            await send(
                {
                    "type": "http.response.body",
                    "body": b"retry: %d\n\n" % RETRY_MILLISECONDS,
                    "more_body": True,
                }
            )
            await _until_gone(self._listening.run(pass_on), _hung_up(receive))
            await send({"type": "http.response.body", "body": b""})


class SocketStream(Response):
    """A feed over a WebSocket; whatever the listener says is passed over."""

    def __init__(self, listening: Listening) -> None:
        super().__init__(status_code=HTTPStatus.SWITCHING_PROTOCOLS)
        self._listening = listening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the listener hangs up, is too slow, or we close."""
        socket = WebSocket(scope, receive, send)
        await socket.accept()

        async def pass_on(frames: Sequence[Frame]) -> None:
            for frame in frames:
                await socket.send_text(frame.text)

        with suppress(TimeoutError, WebSocketDisconnect):
            why = await _until_gone(self._listening.run(pass_on), _hung_up(receive))
            if why is not None:
                await socket.close(_CLOSE_TOO_SLOW if why == "too slow" else _CLOSE_GOING_AWAY, why)


async def _until_gone(running: Awaitable[str], gone: Awaitable[None]) -> str | None:
    """Run until it ends, and tell why it did; ``None`` when the listener hung up first."""
    tasks = [asyncio.ensure_future(running), asyncio.ensure_future(gone)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return await tasks[0] if tasks[0].done() else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] not in {"http.disconnect", "websocket.disconnect"}:
        continue
