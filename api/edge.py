"""The edge: from an HTTP request to a call, and from its answer to a response."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from api.auth import Gatekeeper
from api.call import Call
from api.endpoints import WEBSOCKET, Endpoint
from api.errors import problem_response, refusal_of
from api.observing import ROUTE
from api.parts import Parts
from api.reading import read_body
from api.settings import ApiSettings
from domain.access import Caller
from domain.errors import InvalidRequestError, Problem, RushesError

_NOBODY = Caller("nobody", frozenset(), frozenset())
"""Whoever calls what needs no key."""


class Edge:
    """Runs endpoints: who calls, may they, and what do they send."""

    def __init__(self, parts: Parts, settings: ApiSettings) -> None:
        self._parts = parts
        self._gatekeeper = Gatekeeper(parts.records, settings.api_rate_per_second)
        self._largest = settings.api_max_body_bytes
        self._link_lifetime = timedelta(seconds=settings.api_link_seconds)

    async def run(self, endpoint: Endpoint, request: HTTPConnection) -> Response:
        """Serve one request."""
        caller = _NOBODY
        if endpoint.scope is not None:
            caller = await self._gatekeeper.admit(request, endpoint.scope, any_secret=endpoint.any_secret)
        if endpoint.query is None and request.query_params and not endpoint.at_root:
            unknown = [Problem(name, value, "takes no query") for name, value in request.query_params.items()]
            raise InvalidRequestError(unknown)
        body = b""
        if endpoint.changes:
            assert isinstance(request, Request), "a WebSocket changes nothing"
            body = await read_body(request, self._largest)
        call = Call(
            request=request,
            parts=self._parts,
            caller=caller,
            operation=f"{endpoint.method} {endpoint.path}",
            body=body,
            link_lifetime=self._link_lifetime,
        )
        return (await endpoint.handler(call)).response()

    def routes(self, endpoints: Sequence[Endpoint]) -> list[BaseRoute]:
        """Build a route per path, which knows all of the path's methods."""
        by_path: dict[str, dict[str, Endpoint]] = {}
        sockets: list[BaseRoute] = []
        for endpoint in endpoints:
            for path in endpoint.paths:
                if endpoint.method == WEBSOCKET:
                    sockets.append(WebSocketRoute(path, _Plain(self._accept(endpoint))))
                else:
                    by_path.setdefault(path, {})[endpoint.method] = endpoint
        return [
            *(
                Route(path, self._dispatch(by_method), methods=list(by_method))
                for path, by_method in by_path.items()
            ),
            *sockets,
        ]

    def _dispatch(self, by_method: dict[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
        async def dispatch(request: Request) -> Response:
            method = "GET" if request.method == "HEAD" else request.method
            endpoint = by_method[method]
            request.scope[ROUTE] = endpoint.path
            return await self.run(endpoint, request)

        return dispatch

    def _accept(self, endpoint: Endpoint) -> ASGIApp:
        async def accept(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                response = await self.run(endpoint, HTTPConnection(scope))
            except RushesError as error:
                # Before it is accepted, a handshake is answered like any other request.
                await WebSocket(scope, receive, send).send_denial_response(
                    problem_response(refusal_of(error))
                )
                return
            await response(scope, receive, send)

        return accept


class _Plain:
    """An ASGI application that the router hands its connection to as it is, unlike a function."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
