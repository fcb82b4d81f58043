"""The application, on ports alone."""

from importlib.metadata import version

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from api.edge import Edge
from api.endpoints import Endpoint
from api.guard import LOOPBACK_NAMES, Guard
from api.headers import SecurityHeaders
from api.metrics import Metrics
from api.observing import Observer
from api.parts import Parts
from api.probing import Prober
from api.refusing import on_http_error, on_rushes_error
from api.routes import (
    accounts,
    documents,
    editing,
    events,
    films,
    jobs,
    moving,
    pipeline,
    projects,
    rendering,
    reviews,
    scripts,
    session,
    videos,
    webhooks,
)
from api.routes.docs import describe
from api.routes.media import Media
from api.routes.operations import Operations
from api.routes.studio import Studio
from api.settings import ApiSettings
from domain.errors import RushesError

_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 # compared with, not listened on


def endpoints_of(parts: Parts, metrics: Metrics, studio: Studio) -> list[Endpoint]:
    """List everything that can be called."""
    machine_room = Operations(metrics, Prober(parts)).endpoints()
    media = Media(parts.links).endpoints() if parts.links is not None else ()
    own = [
        *projects.ENDPOINTS,
        *documents.ENDPOINTS,
        *editing.ENDPOINTS,
        *scripts.ENDPOINTS,
        *rendering.ENDPOINTS,
        *moving.ENDPOINTS,
        *pipeline.ENDPOINTS,
        *films.ENDPOINTS,
        *reviews.ENDPOINTS,
        *jobs.ENDPOINTS,
        *events.ENDPOINTS,
        *session.ENDPOINTS,
        *webhooks.ENDPOINTS,
        *videos.ENDPOINTS,
        *accounts.ENDPOINTS,
        *machine_room,
        *media,
        *studio.endpoints(),
    ]
    return [*own, *describe(own, version("rushes"))]


def create_app(parts: Parts, settings: ApiSettings) -> Starlette:
    """Build the application; it borrows ``parts`` and opens nothing itself."""
    metrics = Metrics()
    studio = Studio(parts.studio, parts.storage)
    names = {*LOOPBACK_NAMES, *settings.allowed_hosts, settings.api_host.strip("[]").lower()} - _WILDCARDS
    app = Starlette(
        routes=[*Edge(parts, settings).routes(endpoints_of(parts, metrics, studio)), *studio.routes()],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Observer, metrics=metrics),
            Middleware(Guard, names=names),
        ],
        exception_handlers={HTTPException: on_http_error, RushesError: on_rushes_error},
    )
    # A redirect to the same address with a slash less would carry the caller's Host into an answer.
    app.router.redirect_slashes = False
    return app
