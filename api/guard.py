"""What a request must look like before anything is done about it.

A page on the web can make a browser send requests to a loopback API. It cannot choose the Host or the
Origin that the browser sends, nor send JSON without asking first, and that is what is looked at here,
keys or not.
"""

from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import RefusedError, refusal_of
from api.refusing import PREFIX, refuse
from domain.errors import Problem

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
ANY_NAME = "*"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PROBES = frozenset({"/healthz", "/readyz"})
"""Orchestrators probe these by the address of a container, which nobody can list."""
_JSON, _FORM = "application/json", "multipart/form-data"
_FORMS = frozenset({f"{PREFIX}/videos"})
"""Where OpenAI's clients send forms. A page can send one without asking, but never without its origin."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Guard:
    """Refuses requests under foreign names, from foreign pages, and with bodies that are not JSON."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a sound request on; answer any other."""
        if scope["type"] in {"http", "websocket"}:
            headers = Headers(scope=scope)
            try:
                self._check(scope.get("method"), scope["path"], headers)
            except RefusedError as error:
                await refuse(scope["path"], refusal_of(error))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, method: str | None, path: str, headers: Headers) -> None:
        """Check a request; a WebSocket has no method, and other pages could read along on it."""
        host = headers.get("host", "")
        if path not in _PROBES:
            self._check_host(host)
        if method in _SAFE:
            return
        _check_origin(host, headers)
        if method is not None:
            _check_content_type(path, headers)

    def _check_host(self, host: str) -> None:
        name = _name_and_port(f"//{host}")[0]
        if name in self._names or (ANY_NAME in self._names and name):
            return
        allowed = ", ".join(sorted(self._names)) + "; add others to API_ALLOWED_HOSTS"
        raise RefusedError(
            HTTPStatus.BAD_REQUEST,
            "host_refused",
            "this API is not to be called under this name",
            problems=[Problem("Host", host, f"allowed: {allowed}")],
        )


def _check_origin(host: str, headers: Headers) -> None:
    origin = headers.get("origin")
    if origin is None:
        foreign = headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    else:
        foreign = not _is_same(origin, host)
    if foreign:
        raise RefusedError(
            HTTPStatus.FORBIDDEN,
            "origin_refused",
            "a page of another origin may change nothing and follow nothing here",
            problems=[Problem("Origin", origin, f"allowed: the API's own, {host}")],
        )


def _is_same(origin: str, host: str) -> bool:
    """Compare names and ports; the scheme may differ where a proxy ends TLS."""
    scheme = origin.partition("://")[0]
    if scheme not in _DEFAULT_PORTS:
        return False
    origin_name, origin_port = _name_and_port(origin)
    host_name, host_port = _name_and_port(f"//{host}")
    if not origin_name or origin_name != host_name:
        return False
    return (origin_port or _DEFAULT_PORTS[scheme]) == (host_port or _DEFAULT_PORTS[scheme])


def _name_and_port(url: str) -> tuple[str, int | None]:
    """Read an authority; an unreadable one has no name."""
    try:
        parts = urlsplit(url)
        if parts.path or parts.query or parts.fragment or parts.username is not None:
            return "", None
        return (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "", None


def _check_content_type(path: str, headers: Headers) -> None:
    """Ask for JSON. A request without any body needs no type: a browser cannot hide its origin with one."""
    allowed = (_JSON, _FORM) if path in _FORMS else (_JSON,)
    content_type = headers.get("content-type")
    is_empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    if content_type is None and is_empty:
        return
    if (content_type or "").partition(";")[0].strip().lower() not in allowed:
        raise RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "send the body as JSON",
            problems=[Problem("Content-Type", content_type, f"allowed: {', '.join(allowed)}")],
        )
