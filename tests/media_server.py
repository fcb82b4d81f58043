"""The folder store's links, served the way its users are promised: signed, and in ranges."""

import re
from datetime import UTC, datetime

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from storage.folder import FolderStore

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def media_client(store: FolderStore) -> httpx.AsyncClient:
    """Give a client of a server that knows nothing but the store and its links."""

    async def serve(request: Request) -> Response:
        key: str = request.path_params["key"]
        expires, signature = int(request.query_params["expires"]), request.query_params["signature"]
        if not store.links.verify(key, expires, signature, datetime.now(UTC)):
            return Response(status_code=403)
        found = await store.head(key)
        if found is None:
            return Response(status_code=404)
        asked = _RANGE.fullmatch(request.headers.get("range", ""))
        start = int(asked[1]) if asked else 0
        end = min(int(asked[2]) + 1, found.size) if asked and asked[2] else found.size
        headers = {"content-length": str(end - start)}
        if asked:
            headers["content-range"] = f"bytes {start}-{end - 1}/{found.size}"
        return StreamingResponse(
            store.read(key, start, end),
            status_code=206 if asked else 200,
            media_type=found.content_type,
            headers=headers,
        )

    app = Starlette(routes=[Route("/media/{key:path}", serve)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://media.test")
