"""Stored objects as they are streamed to whoever may have them, whole or in part."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import Response, StreamingResponse

from api.call import Answer, Call
from api.errors import RefusedError
from domain.errors import NotFoundError
from domain.storage import StoredObject

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``end``, exclusive."""

    start: int
    end: int


def parse_range(header: str | None, size: int) -> Span | None:
    """Read a Range header; ``None`` for the whole object.

    Several ranges, or something unreadable, may be ignored (RFC 9110), and players send neither.

    Raises:
        RefusedError: the object does not have these bytes.
    """
    match = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last) + 1, size) if first and last else size
    if first and last and int(last) < int(first):
        return None
    if start >= size:
        raise RefusedError(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            "range_not_satisfiable",
            f"the object has {size} bytes",
            headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"},
        )
    return Span(start, end)


async def play(call: Call, key: str, more: Mapping[str, str]) -> Answer:
    """Stream an object, or the asked part of it, with further headers.

    Raises:
        NotFoundError: there is no such object.
        RefusedError: it does not have these bytes.
    """
    found = await call.parts.storage.head(key)
    if found is None:
        raise NotFoundError("there is no such object")
    span = parse_range(call.request.headers.get("range"), found.size)
    status = HTTPStatus.OK if span is None else HTTPStatus.PARTIAL_CONTENT
    headers = {**_headers(found, span), **more}
    if call.request.scope["method"] == "HEAD":
        return Answer(status, Response(None, status, headers, found.content_type))
    part = span or Span(0, found.size)
    stream = call.parts.storage.read(key, part.start, part.end)
    # The first chunk is read here: an object that is gone is still an answer, later it is a torn stream.
    response = StreamingResponse(await _begun(stream), status, headers, found.content_type)
    return Answer(status, response)


def _headers(found: StoredObject, span: Span | None) -> dict[str, str]:
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(found.size),
        "Cache-Control": "private, max-age=3600",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if span is not None:
        headers["Content-Length"] = str(span.end - span.start)
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{found.size}"
    return headers


async def _begun(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Start a stream, so that its first error comes before the answer's headers."""
    first = await anext(stream, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in stream:
            yield chunk

    return whole()
