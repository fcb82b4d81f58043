"""The one table of what can be called: routes and the OpenAPI document are both built from it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import BaseModel

from api.call import Answer, Call
from domain.access import Scope

PREFIXES = ("/api/v1", "/api")
"""Where the API is found; the first is the one to use."""
WEBSOCKET = "WS"
"""The method of an operation that is a WebSocket; to HTTP it is a GET."""
STREAM = "text/event-stream"
NOT_COVERED = ("insufficient_credits", "budget_exceeded")
"""Codes of everything that spends, where credits are on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation."""

    method: str
    path: str
    """Below the prefixes, or from the root for an operation of the machine room."""
    handler: Callable[[Call], Awaitable[Answer]]
    summary: str
    tag: str
    scope: Scope | None = None
    """What a caller needs; ``None`` for no key at all."""
    answers: Mapping[HTTPStatus, type[BaseModel] | str] = field(default_factory=dict)
    """Models by status, or a content type, or nothing but headers (an empty string)."""
    body: type[BaseModel] | None = None
    body_needed: bool = True
    query: type[BaseModel] | None = None
    codes: Sequence[str] = ()
    """Problem codes of its own, besides those that every operation has."""
    messages: Sequence[type[BaseModel]] = ()
    """What a stream consists of."""
    keyed: bool = True
    """Whether a change takes an idempotency key."""
    at_root: bool = False
    form: type[BaseModel] | None = None
    """What may be sent as a form instead of the body."""
    failure: type[BaseModel] | None = None
    """How errors are told; ``None`` for problem documents."""
    any_secret: bool = False
    """Whether, while there are no keys, this machine may send any secret it likes."""
    description: str = ""

    @property
    def changes(self) -> bool:
        """Whether it changes something, as its body says."""
        return self.method in {"POST", "PATCH"}

    @property
    def paths(self) -> list[str]:
        """Every path it is served at."""
        return [self.path] if self.at_root else [prefix + self.path for prefix in PREFIXES]
