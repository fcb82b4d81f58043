"""The description of the API, for machines and for people. Nothing is loaded from anywhere else."""

import asyncio
import json
from collections.abc import Callable, Sequence
from functools import cache
from http import HTTPStatus
from importlib.resources import files

from starlette.responses import Response

from api.call import Answer, Call
from api.endpoints import Endpoint
from api.openapi import document

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class StaticAnswer:
    """Something that never changes while the process lives."""

    def __init__(self, name: str, make: Callable[[], bytes], content_type: str) -> None:
        self.__name__ = name
        self._content = cache(make)
        self._content_type = content_type

    async def __call__(self, _call: Call) -> Answer:
        """Give it; it is made when it is first asked for."""
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
        content = await asyncio.to_thread(self._content)
        return Answer(HTTPStatus.OK, Response(content, HTTPStatus.OK, headers, self._content_type))

    def endpoint(self, path: str, summary: str) -> Endpoint:
        """Give the operation that answers with it."""
        return Endpoint(
            method="GET",
            path=path,
            handler=self,
            summary=summary,
            tag="Description",
            answers={HTTPStatus.OK: self._content_type},
            at_root=True,
        )


def describe(endpoints: Sequence[Endpoint], version: str) -> list[Endpoint]:
    """Give the operations that describe ``endpoints`` and themselves."""
    page = files("api.docs_page")

    def description() -> bytes:
        return json.dumps(document([*endpoints, *made], version)).encode()

    made = [
        StaticAnswer("home_style", page.joinpath("home.css").read_bytes, "text/css").endpoint(
            "/docs/home.css", "Style of the page at / while there is no studio"
        ),
        StaticAnswer("openapi", description, "application/json").endpoint(
            "/openapi.json", "Give this description as OpenAPI 3.1"
        ),
        StaticAnswer("docs", page.joinpath("index.html").read_bytes, "text/html").endpoint(
            "/docs", "Show this description"
        ),
        StaticAnswer("docs_style", page.joinpath("page.css").read_bytes, "text/css").endpoint(
            "/docs/page.css", "Style of the page"
        ),
        StaticAnswer("docs_script", page.joinpath("page.js").read_bytes, "text/javascript").endpoint(
            "/docs/page.js", "Script of the page"
        ),
    ]
    return made
