"""Projects: create, look at, and how far they have come."""

from functools import partial
from http import HTTPStatus

from pydantic import Field

from api import cursors
from api.call import Answer, Call
from api.endpoints import Endpoint
from api.reading import impossible_lengths
from api.routes.documents import links_of
from api.schemas.base import Queried
from api.schemas.documents import FilmOut
from api.schemas.paging import Limit
from api.schemas.projects import (
    ProjectIn,
    ProjectList,
    ProjectStatusOut,
    SceneStatusOut,
)
from domain.access import Scope
from domain.records import Transaction
from domain.statuses import JobKind
from services import document, progress, projects


class ProjectsQuery(Queried):
    """Which page of projects."""

    after: str | None = Field(default=None, description="The next of an earlier page.")
    limit: Limit = 50


async def create_project(call: Call) -> Answer:
    """Write a project with its scenes and shots."""
    lengths = call.parts.catalogue.lengths(JobKind.VIDEO)
    new = call.read(ProjectIn, partial(impossible_lengths, lengths=lengths)).to_domain()

    async def change(tx: Transaction) -> Answer:
        made = await document.of_film(tx, await projects.create(tx, call.caller, new))
        return Answer(HTTPStatus.CREATED, FilmOut.of(made, await links_of(call, made)))

    return await call.once(change)


async def list_projects(call: Call) -> Answer:
    """List the caller's projects."""
    query = call.query(ProjectsQuery)
    after = cursors.decode(query.after)
    async with call.transaction() as tx:
        page = await projects.page(tx, call.caller, after, query.limit)
    return Answer(HTTPStatus.OK, ProjectList.of(page.data, cursors.encode(page.next)))


async def project_status(call: Call) -> Answer:
    """Tell how far a project is."""
    async with call.transaction() as tx:
        found = await progress.film_progress(tx, call.caller, call.word("project_id"))
    return Answer(HTTPStatus.OK, ProjectStatusOut.of(found))


async def scene_status(call: Call) -> Answer:
    """Tell how far a scene is."""
    scene = call.id("scene_id")
    async with call.transaction() as tx:
        found = await progress.scene_progress(tx, call.caller, call.word("project_id"), scene)
    return Answer(HTTPStatus.OK, SceneStatusOut.of(found))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/projects",
        handler=list_projects,
        summary="List projects, newest first",
        tag="Projects",
        scope=Scope.READ,
        query=ProjectsQuery,
        answers={HTTPStatus.OK: ProjectList},
    ),
    Endpoint(
        method="POST",
        path="/projects",
        handler=create_project,
        summary="Create a project with its scenes and shots",
        description="Everything that is wrong with it is reported at once, and then nothing is written.",
        tag="Projects",
        scope=Scope.RENDER,
        body=ProjectIn,
        answers={HTTPStatus.CREATED: FilmOut},
    ),
    Endpoint(
        method="GET",
        path="/projects/{project_id}/render-status",
        handler=project_status,
        summary="Show how far a project is",
        tag="Projects",
        scope=Scope.READ,
        answers={HTTPStatus.OK: ProjectStatusOut},
    ),
    Endpoint(
        method="GET",
        path="/projects/{project_id}/scenes/{scene_id}/render-status",
        handler=scene_status,
        summary="Show how far a scene is",
        description="The newest video job of each shot that is not cancelled decides, and where there is no "
        "shot each job for itself: any live makes it rendering, else any failed makes it failed, all "
        "completed make it complete, none leave it pending.",
        tag="Projects",
        scope=Scope.READ,
        answers={HTTPStatus.OK: SceneStatusOut},
    ),
)
