"""The layer that sees every request: it counts and logs them, and lets no error through."""

import time
from http import HTTPStatus

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import CODES, Refusal
from api.metrics import Metrics
from api.refusing import refuse

ROUTE = "rushes.route"
"""Where a request's scope says which path template it matched."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

log = structlog.get_logger(__name__)


class Observer:
    """Counts and logs requests; an error that nobody expected becomes an answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                self._note(scope, status, time.perf_counter() - started)
            await send(message)

        try:
            await self._app(scope, receive, seen)
        # Everything, because this is the edge of the process: whatever no layer below foresaw still has to be
        # logged with its traceback, and answered with a problem document instead of a closed connection.
        except Exception:  # the edge of the process
            log.exception("a request failed", action="http_failed", path=scope["path"])
            if status:
                raise
            mistake = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", CODES["internal"])
            await refuse(scope["path"], mistake)(scope, receive, seen)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # Never the path itself as a label: ids would make a new series each.
        route = scope.get(ROUTE, "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)
        tell = log.debug if route in _QUIET else log.info
        tell(
            "answered",
            action="http_request",
            method=scope["method"],
            # Without the query, which may hold a signature.
            path=scope["path"],
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )
