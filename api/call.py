"""One request on its way through the API: what handlers see of it."""

import hashlib
import json
from asyncio import Lock
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from api import reading
from api.parts import Parts
from domain.access import Caller
from domain.errors import InvalidRequestError, Problem
from domain.job import Job
from domain.records import Replay, Transaction

M = TypeVar("M", bound=BaseModel)
P = TypeVar("P")
_LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class JobLinks:
    """Where what is stored of a job can be had; ``None`` for what is not there."""

    video: str | None = None
    poster: str | None = None
    sprite: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers: a model, or a response that is ready."""

    status: HTTPStatus
    content: BaseModel | Response | Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def dumped(self) -> Mapping[str, Any]:
        """Give the body as JSON values."""
        assert not isinstance(self.content, Response), "only answers with a body are kept for replays"
        return self.content.model_dump(mode="json") if isinstance(self.content, BaseModel) else self.content

    def response(self) -> Response:
        """Give the answer as it is sent."""
        if isinstance(self.content, Response):
            return self.content
        return JSONResponse(self.dumped(), self.status, dict(self.headers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose caller is known and may make it."""

    request: HTTPConnection
    parts: Parts
    caller: Caller
    operation: str
    """Method and path template, the same under every prefix."""
    body: bytes
    link_lifetime: timedelta

    def word(self, name: str) -> str:
        """Give a part of the path."""
        return str(self.request.path_params[name])

    def id(self, name: str) -> UUID:
        """Give an id from the path.

        Raises:
            InvalidRequestError: it is none.
        """
        return reading.parse_id(name, self.word(name))

    def read(self, model: type[M], look: Callable[[object], Sequence[Problem]] | None = None) -> M:
        """Give the body; an empty one counts as an empty object. ``look``: see ``parse_body``."""
        return reading.parse_body(model, self.body or b"{}", look)

    def query(self, model: type[M]) -> M:
        """Give the query string."""
        return reading.parse_query(model, self.request)

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction for reading."""
        return self.parts.records.transaction()

    async def once(
        self, change: Callable[[Transaction], Awaitable[Answer]], asked: Mapping[str, Any] | None = None
    ) -> Answer:
        """Make a change in a transaction; under an idempotency key, make it at most once.

        The key commits together with the change. A refusal commits neither: the key stays free, so that
        the caller can mend the request and send it again. ``asked`` is what the body says, where that is no
        JSON.
        """
        answer = await self._once(change, asked)
        # What it tells of is numbered now; other processes hear of it as soon as it is.
        self.parts.feed.wrote()
        return answer

    async def once_prepared(
        self,
        prepare: Callable[[], Awaitable[P]],
        change: Callable[[Transaction, P], Awaitable[Answer]],
    ) -> Answer:
        """Make a change as ``once`` does, after something that takes its time outside of any transaction.

        It is done once for a key: a repeated request gets the first one's answer, and of two that this
        process has at once, one waits for the other. Another process may prepare too, and changes nothing.
        """
        key = self.idempotency_key
        if key is None:
            prepared = await prepare()
            return await self.once(lambda tx: change(tx, prepared))
        async with self.parts.turns.setdefault((self.caller.name, key), Lock()):
            async with self.transaction() as tx:
                first = await tx.idempotency.first(self.caller.name, key, self._hash(None))
            if first is not None:
                return _replayed(first)
            prepared = await prepare()
            return await self.once(lambda tx: change(tx, prepared))

    async def _once(
        self, change: Callable[[Transaction], Awaitable[Answer]], asked: Mapping[str, Any] | None
    ) -> Answer:
        key = self.idempotency_key
        async with self.parts.records.transaction() as tx:
            if key is None:
                return await change(tx)
            first = await tx.idempotency.begin(self.caller.name, key, self._hash(asked))
            if first is not None:
                return _replayed(first)
            answer = await change(tx)
            await tx.idempotency.finish(self.caller.name, key, Replay(answer.status, answer.dumped()))
        return answer

    async def link(self, key: str | None) -> str | None:
        """Give an absolute URL under which a stored object plays without headers for a while."""
        if key is None:
            return None
        url = await self.parts.storage.url(key, expires=self.link_lifetime)
        return url if "://" in url else str(self.request.base_url).rstrip("/") + url

    async def links(self, job: Job) -> JobLinks:
        """Give the URLs under which what is stored of a job can be had without headers for a while."""
        sprite = job.sprite["path"] if job.sprite else None
        return JobLinks(
            await self.link(job.storage_path), await self.link(job.poster_path), await self.link(sprite)
        )

    @property
    def idempotency_key(self) -> str | None:
        """The request's own key, if it has one.

        Raises:
            InvalidRequestError: it is not one.
        """
        key = self.request.headers.get("idempotency-key")
        if key is None:
            return None
        if not 0 < len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
            allowed = f"1 to {_LONGEST_KEY} printable ASCII characters"
            raise InvalidRequestError([Problem("Idempotency-Key", key, allowed)])
        return key

    def _hash(self, asked: Mapping[str, Any] | None) -> str:
        """Hash what is asked for, whatever its spacing, order of keys or prefix."""
        body = reading.parse_json(self.body or b"{}") if asked is None else asked
        canonical = json.dumps(
            [self.operation, self.request.path_params, body], sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(canonical.encode()).hexdigest()


def _replayed(first: Replay) -> Answer:
    return Answer(HTTPStatus(first.status), first.body, {"Idempotency-Replayed": "true"})
