"""A small reader of Server-Sent Events, as a browser reads them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Told:
    """One event of a stream."""

    id: int
    type: str
    message: dict[str, Any]


@dataclass
class Stream:
    """What an open stream sends."""

    events: AsyncIterator[Told]
    response: httpx.Response
    comments: int = 0
    retry: int | None = None

    async def next(self) -> Told:
        return await anext(self.events)

    async def until(self, kind: str) -> list[Told]:
        """Give everything up to the first event of this type."""
        found = [await self.next()]
        while found[-1].type != kind:
            found.append(await self.next())
        return found


@asynccontextmanager
async def followed(
    client: httpx.AsyncClient, path: str, last: int | None = None, **params: Any
) -> AsyncIterator[Stream]:
    """Open a stream; ``last`` is what a browser sends when it comes back."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    async with client.stream("GET", path, headers=headers, params=params, timeout=60) as response:
        assert response.status_code == 200, await response.aread()
        stream = Stream(_nothing(), response)
        stream.events = _events(stream)
        yield stream


async def _events(stream: Stream) -> AsyncIterator[Told]:
    fields: dict[str, str] = {}
    async for line in stream.response.aiter_lines():
        if line.startswith(":"):
            stream.comments += 1
        elif line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Told(int(fields["id"]), fields["event"], json.loads(fields["data"]))
            fields = {}
        elif "retry" in fields:
            stream.retry = int(fields.pop("retry"))


async def _nothing() -> AsyncIterator[Told]:
    return
    yield
