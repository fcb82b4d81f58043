"""Films: the clips of a project or scene as one file."""

from http import HTTPStatus
from uuid import UUID

from api.call import Answer, Call
from api.endpoints import Endpoint
from api.schemas.films import FilmStatusOut
from api.schemas.jobs import JobOut
from api.showing import shown_job
from domain.access import Scope
from domain.records import Transaction
from services import films

_ORDER = (
    "Copies the clips, which takes moments; clips unlike the others are re-encoded. Gives the film that is "
    "on its way, or the stored one where no clip has changed since."
)
_LOOK = "shots tells where each clip begins. The file plays and seeks as one; no clip begins with a gap."


async def order_film(call: Call) -> Answer:
    """Have a project's film made."""
    return await _order(call, None)


async def order_scene_film(call: Call) -> Answer:
    """Have a scene's film made."""
    return await _order(call, call.id("scene_id"))


async def get_film(call: Call) -> Answer:
    """Tell how a project's film stands."""
    return await _look(call, None)


async def get_scene_film(call: Call) -> Answer:
    """Tell how a scene's film stands."""
    return await _look(call, call.id("scene_id"))


async def _order(call: Call, scene: UUID | None) -> Answer:
    async def change(tx: Transaction) -> Answer:
        job = await films.order(tx, call.caller, call.word("project_id"), scene)
        return Answer(HTTPStatus.ACCEPTED, await shown_job(call, tx, job))

    return await call.once(change)


async def _look(call: Call, scene: UUID | None) -> Answer:
    async with call.transaction() as tx:
        state = await films.look(tx, call.caller, call.word("project_id"), scene)
    stored = state.stored
    video, poster = (stored.storage_path, stored.poster_path) if stored else (None, None)
    return Answer(HTTPStatus.OK, FilmStatusOut.of(state, await call.link(video), await call.link(poster)))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/projects/{project_id}/film",
        handler=order_film,
        summary="Make a project's film",
        description=_ORDER,
        tag="Films",
        scope=Scope.RENDER,
        answers={HTTPStatus.ACCEPTED: JobOut},
        codes=("clips_missing",),
    ),
    Endpoint(
        method="GET",
        path="/projects/{project_id}/film",
        handler=get_film,
        summary="Play a project's film",
        description=_LOOK,
        tag="Films",
        scope=Scope.READ,
        answers={HTTPStatus.OK: FilmStatusOut},
    ),
    Endpoint(
        method="POST",
        path="/projects/{project_id}/scenes/{scene_id}/film",
        handler=order_scene_film,
        summary="Make a scene's film",
        description=_ORDER,
        tag="Films",
        scope=Scope.RENDER,
        answers={HTTPStatus.ACCEPTED: JobOut},
        codes=("clips_missing",),
    ),
    Endpoint(
        method="GET",
        path="/projects/{project_id}/scenes/{scene_id}/film",
        handler=get_scene_film,
        summary="Play a scene's film",
        description=_LOOK,
        tag="Films",
        scope=Scope.READ,
        answers={HTTPStatus.OK: FilmStatusOut},
    ),
)
