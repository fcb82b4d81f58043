"""Stored objects of the folder, by signed link: what browsers need to play and seek."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import Response, StreamingResponse

from api.call import Answer, Call
from api.endpoints import Endpoint
from api.errors import RefusedError
from api.parts import LinkVerifier
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


class Media:
    """Serves stored objects to whoever has a signed link."""

    def __init__(self, links: LinkVerifier) -> None:
        self._links = links

    async def get(self, call: Call) -> Answer:
        """Stream an object, or the asked part of it."""
        key = call.word("key")
        if not self._is_ours(call, key):
            raise NotFoundError("this link is not valid, or not any more; ask for a new one")
        found = await call.parts.storage.head(key)
        if found is None:
            raise NotFoundError("there is no such object")
        span = parse_range(call.request.headers.get("range"), found.size)
        status = HTTPStatus.OK if span is None else HTTPStatus.PARTIAL_CONTENT
        headers = _headers(found, span)
        if call.request.scope["method"] == "HEAD":
            return Answer(status, Response(None, status, headers, found.content_type))
        part = span or Span(0, found.size)
        stream = call.parts.storage.read(key, part.start, part.end)
        # The first chunk is read here: an object that is gone is still an answer, later it is a torn stream.
        response = StreamingResponse(await _begun(stream), status, headers, found.content_type)
        return Answer(status, response)

    def _is_ours(self, call: Call, key: str) -> bool:
        query = call.request.query_params
        expires, signature = query.get("expires", ""), query.get("signature", "")
        if not re.fullmatch(r"\d{1,15}", expires):
            return False
        # The signature covers the key, and only we sign: no other path is ever looked at.
        return self._links.verify(key, int(expires), signature, call.parts.now())

    def endpoints(self) -> tuple[Endpoint, ...]:
        """List the operations."""
        return (
            Endpoint(
                method="GET",
                path="/media/{key:path}",
                handler=self.get,
                summary="Play a stored object by its signed link",
                description="Links come from answers; they need no header and expire. Ranges are served.",
                tag="Operations",
                answers={
                    HTTPStatus.OK: "application/octet-stream",
                    HTTPStatus.PARTIAL_CONTENT: "application/octet-stream",
                },
                codes=("range_not_satisfiable",),
                at_root=True,
            ),
        )


def _headers(found: StoredObject, span: Span | None) -> dict[str, str]:
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(found.size),
        # Whoever has the link may play it on any page, for as long as it lasts.
        "Cross-Origin-Resource-Policy": "cross-origin",
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
