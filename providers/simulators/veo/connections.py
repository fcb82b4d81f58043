"""Connections that break, which no answer can express."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response


async def drop(request: Request) -> Response:
    """Break the connection without an answer. Works under uvicorn, whose transport it reaches for."""
    cycle = getattr(request.receive, "__self__", None)
    cycle.transport.abort()  # type: ignore[union-attr] # uvicorn's request cycle; anything else may fail loudly
    await asyncio.sleep(0)
    return Response()


async def hang(request: Request) -> Response:
    """Answer nothing for as long as the client waits."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response()


async def half_of(request: Request, content: bytes) -> AsyncIterator[bytes]:
    """Send half of what was announced, then break the connection."""
    yield content[: len(content) // 2]
    # The loop has to write before the transport is torn down.
    await asyncio.sleep(0.05)
    await drop(request)
