"""The page at ``/``: the studio where it was built, else one that says how to build it."""

from datetime import timedelta
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from api.call import Answer, Call
from api.endpoints import Endpoint
from domain.storage import BlobStore

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{media}; "
    "img-src 'self' blob:{media}; media-src 'self' blob:{media}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FOR_EVER = "public, max-age=31536000, immutable"


class _Assets(StaticFiles):
    """Files whose names change with their content."""

    def file_response(self, *args: Any, **named: Any) -> Response:
        """Give a file, to be kept for ever."""
        response = super().file_response(*args, **named)
        response.headers["Cache-Control"] = _FOR_EVER
        return response


class Studio:
    """Serves the page; one per process."""

    def __init__(self, folder: Path, storage: BlobStore) -> None:
        page = folder / "index.html"
        self._built = page.is_file()
        self._page = page.read_bytes() if self._built else _unbuilt()
        self._assets = folder / "assets"
        self._storage = storage

    async def home(self, _call: Call) -> Answer:
        """Give the page."""
        headers = {
            "Content-Security-Policy": _POLICY.format(media=await self._media()),
            "Cache-Control": "no-cache",
        }
        return Answer(HTTPStatus.OK, Response(self._page, HTTPStatus.OK, headers, "text/html"))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """List the operations."""
        return (
            Endpoint(
                method="GET",
                path="/",
                handler=self.home,
                summary="Show the studio",
                tag="Description",
                answers={HTTPStatus.OK: "text/html"},
                at_root=True,
            ),
        )

    def routes(self) -> list[BaseRoute]:
        """List what the page loads; files, and no operations."""
        return [Mount("/assets", _Assets(directory=self._assets))] if self._built else []

    async def _media(self) -> str:
        """Give the origin that clips are played from, where it is not this one: a bucket serves its own."""
        parts = urlsplit(await self._storage.url("clip.mp4", expires=timedelta(minutes=1)))
        return f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _unbuilt() -> bytes:
    return files("api.docs_page").joinpath("home.html").read_bytes()
