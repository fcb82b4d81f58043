"""Cloud Storage as its own client and ours call it: media with Range, listing by prefix, buckets, uploads.

Wire as captured from google-cloud-storage 3.17.1: ``/download/storage/v1/b/{bucket}/o/{object}?alt=media``,
``/storage/v1/b/{bucket}/o?prefix=…``, ``/storage/v1/b/{bucket}``. A request without a token passes, since
the official client sends none to ``STORAGE_EMULATOR_HOST``; a wrong token does not.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from providers.simulators.veo.answers import error, unauthenticated
from providers.simulators.veo.connections import half_of
from providers.simulators.veo.ledger import Ledger
from providers.simulators.veo.script import Fault, Plays, Script
from providers.simulators.veo.tokens import Tokens

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True, slots=True)
class Stored:
    """One object."""

    content: bytes
    content_type: str
    generation: int
    visible_at: float
    script: Script


@dataclass(slots=True)
class Buckets:
    """Every bucket exists, and is as empty as nobody wrote to it."""

    clock: Callable[[], float]
    tokens: Tokens
    ledger: Ledger
    plays: Plays
    missing: set[str] = field(default_factory=set)
    """Buckets that do not exist."""
    objects: dict[tuple[str, str], Stored] = field(default_factory=dict)

    def put(
        self, uri: str, content: bytes, content_type: str, script: Script, *, visible_at: float | None = None
    ) -> None:
        """Store ``gs://bucket/object``."""
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        seen_at = self.clock() if visible_at is None else visible_at
        generation = 1_700_000_000_000_000 + len(self.objects)
        self.objects[bucket, name] = Stored(content, content_type, generation, seen_at, script)

    def routes(self) -> list[Route]:
        """Give the routes of this side."""
        return [
            Route("/storage/v1/b/{bucket}", self._bucket),
            Route("/storage/v1/b/{bucket}/o", self._listing),
            Route("/storage/v1/b/{bucket}/o/{object:path}", self._object),
            Route("/download/storage/v1/b/{bucket}/o/{object:path}", self._media),
            Route("/upload/storage/v1/b/{bucket}/o", self._upload, methods=["POST"]),
        ]

    def _refusal(self, request: Request) -> Response | None:
        if "authorization" in request.headers and not self.tokens.accepts(request):
            return unauthenticated()
        if request.path_params["bucket"] in self.missing:
            return error(404, "NOT_FOUND", "The specified bucket does not exist.")
        return None

    def _found(self, request: Request) -> tuple[str, str, Stored | None]:
        # The raw path tells a slash of the path from one that is part of the name.
        name = unquote(request.scope["raw_path"].decode().partition("/o/")[2].partition("?")[0])
        bucket = str(request.path_params["bucket"])
        stored = self.objects.get((bucket, name))
        seen = stored is not None and stored.visible_at <= self.clock()
        gone = stored is not None and Fault.EXPIRED in stored.script
        return bucket, name, stored if seen and not gone else None

    async def _bucket(self, request: Request) -> Response:
        name = request.path_params["bucket"]
        body = {"kind": "storage#bucket", "id": name, "name": name, "location": "US-CENTRAL1"}
        return self._refusal(request) or JSONResponse(body)

    async def _listing(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal:
            return refusal
        bucket, query = request.path_params["bucket"], request.query_params
        names = sorted(
            name
            for (where, name), stored in self.objects.items()
            if where == bucket
            and name.startswith(query.get("prefix", ""))
            and stored.visible_at <= self.clock()
            and Fault.EXPIRED not in stored.script
            and name > query.get("pageToken", "")
        )
        most = int(query.get("maxResults", 1000))
        items = [_described(bucket, name, self.objects[bucket, name]) for name in names[:most]]
        body: dict[str, Any] = {"kind": "storage#objects"}
        if items:
            body["items"] = items
        if len(names) > most:
            body["nextPageToken"] = names[most - 1]
        return JSONResponse(body)

    async def _object(self, request: Request) -> Response:
        if request.query_params.get("alt") == "media":
            return await self._media(request)
        bucket, name, stored = self._found(request)
        refusal = self._refusal(request)
        if refusal or stored is None:
            return refusal or _no_object(bucket, name)
        return JSONResponse(_described(bucket, name, stored))

    async def _media(self, request: Request) -> Response:
        bucket, name, stored = self._found(request)
        self.ledger.downloads.append((name, request.headers.get("range")))
        refusal = self._refusal(request)
        if refusal or stored is None:
            return refusal or _no_object(bucket, name)
        content, status = stored.content, 200
        headers = {
            "x-goog-generation": str(stored.generation),
            "x-goog-hash": f"md5={_md5(stored.content)}",
            "content-type": stored.content_type,
            "accept-ranges": "bytes",
        }
        span = _RANGE.fullmatch(request.headers.get("range", ""))
        if span:
            start, size = int(span[1]), len(content)
            if start >= size:
                headers["content-range"] = f"bytes */{size}"
                return Response(b"", 416, headers)
            content = content[start : int(span[2]) + 1 if span[2] else None]
            headers["content-range"] = f"bytes {start}-{start + len(content) - 1}/{size}"
            status = 206
        if self.plays.due(stored.script, Fault.DOWNLOAD_ERROR, name):
            headers["content-length"] = str(len(content))
            return StreamingResponse(half_of(request, content), status, headers)
        return Response(content, status, headers)

    async def _upload(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal:
            return refusal
        bucket, kind = request.path_params["bucket"], request.query_params.get("uploadType")
        if kind not in {"media", "multipart"}:
            return error(400, "INVALID_ARGUMENT", f"This simulator takes no uploadType {kind}.")
        content, content_type = await request.body(), request.headers.get("content-type", "")
        name = request.query_params.get("name", "")
        if kind == "multipart":
            described, content, content_type = _parts(content, content_type)
            name = described.get("name", name)
        self.put(f"gs://{bucket}/{name}", content, content_type, Script({}))
        return JSONResponse(_described(bucket, name, self.objects[bucket, name]))


def _parts(body: bytes, content_type: str) -> tuple[dict[str, Any], bytes, str]:
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    described, media = body.split(b"--" + boundary)[1:3]
    head, _, content = media.partition(b"\r\n\r\n")
    kind = head.decode().partition(":")[2].strip()
    return json.loads(described.partition(b"\r\n\r\n")[2]), content.removesuffix(b"\r\n"), kind


def _described(bucket: str, name: str, stored: Stored) -> dict[str, str]:
    return {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{stored.generation}",
        "name": name,
        "bucket": bucket,
        "generation": str(stored.generation),
        "contentType": stored.content_type,
        "size": str(len(stored.content)),
        "md5Hash": _md5(stored.content),
    }


def _md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def _no_object(bucket: str, name: str) -> Response:
    return error(404, "NOT_FOUND", f"No such object: {bucket}/{name}")
