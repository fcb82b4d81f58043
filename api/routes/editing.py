"""Changing a script, and choosing takes."""

from http import HTTPStatus

from api.call import Answer, Call
from api.endpoints import Endpoint
from api.routes.documents import links_of, shot_links
from api.schemas.documents import FilmOut, SceneDetail, ShotDetail
from api.schemas.edits import ProjectEdit, SceneAdd, SceneEdit, ShotAdd, ShotEdit, TakeIn
from api.schemas.projects import MOST_SCENES, MOST_SHOTS
from domain.access import Scope
from domain.films import NewShot, Scene, Shot
from domain.records import Transaction
from services import document, editing, projects
from services.editing import ShotPath

_STALE = "Results that were made from something else turn stale. Nothing is made again by it."


async def edit_project(call: Call) -> Answer:
    """Change a project's title."""
    changes = call.read(ProjectEdit).changes

    async def change(tx: Transaction) -> Answer:
        film = await editing.edit_project(tx, call.caller, call.word("project_id"), changes)
        shown = await document.of_film(tx, film)
        return Answer(HTTPStatus.OK, FilmOut.of(shown, await links_of(call, shown)))

    return await call.once(change)


async def edit_scene(call: Call) -> Answer:
    """Change a scene's words."""
    changes, scene = call.read(SceneEdit).changes, call.id("scene_id")

    async def change(tx: Transaction) -> Answer:
        found = await editing.edit_scene(tx, call.caller, call.word("project_id"), scene, changes)
        return Answer(HTTPStatus.OK, await _scene(call, tx, found))

    return await call.once(change)


async def edit_shot(call: Call) -> Answer:
    """Change a shot."""
    changes, where = call.read(ShotEdit).changes, _where(call)

    async def change(tx: Transaction) -> Answer:
        found = await editing.edit_shot(tx, call.caller, where, changes)
        return Answer(HTTPStatus.OK, await _shot(call, tx, found))

    return await call.once(change)


async def add_scene(call: Call) -> Answer:
    """Add a scene."""
    new = call.read(SceneAdd)

    async def change(tx: Transaction) -> Answer:
        project = await projects.find(tx, call.caller, call.word("project_id"))
        film = await projects.locked_film(tx, project)
        scene = new.to_domain(len(film.scenes))
        made = await editing.add_scene(tx, call.caller, str(project.id), scene, new.position, MOST_SCENES)
        return Answer(HTTPStatus.CREATED, await _scene(call, tx, made))

    return await call.once(change)


async def add_shot(call: Call) -> Answer:
    """Add a shot."""
    new, scene = call.read(ShotAdd), call.id("scene_id")
    shot = NewShot(**{**new.model_dump(exclude={"position"}), "label": new.label or ""})

    async def change(tx: Transaction) -> Answer:
        project = call.word("project_id")
        made = await editing.add_shot(tx, call.caller, project, scene, shot, new.position, MOST_SHOTS)
        return Answer(HTTPStatus.CREATED, await _shot(call, tx, made))

    return await call.once(change)


async def choose_take(call: Call) -> Answer:
    """Choose the take that stands for a shot."""
    wanted, where = call.read(TakeIn), _where(call)

    async def change(tx: Transaction) -> Answer:
        found = await editing.choose_take(tx, call.caller, where, wanted.job_id, wanted.kind)
        return Answer(HTTPStatus.OK, await _shot(call, tx, found))

    return await call.once(change)


def _where(call: Call) -> ShotPath:
    return ShotPath(call.word("project_id"), call.id("scene_id"), call.id("shot_id"))


async def _shot(call: Call, tx: Transaction, shot: Shot) -> ShotDetail:
    view = await document.of_shot(tx, shot)
    return ShotDetail.of(view, await shot_links(call, view))


async def _scene(call: Call, tx: Transaction, scene: Scene) -> SceneDetail:
    shown = await document.read(tx, call.caller, str(scene.project_id))
    return SceneDetail.of(scene, shown, await links_of(call, shown))


ENDPOINTS = (
    Endpoint(
        method="PATCH",
        path="/projects/{project_id}",
        handler=edit_project,
        summary="Change a project's title",
        tag="Script",
        scope=Scope.RENDER,
        body=ProjectEdit,
        answers={HTTPStatus.OK: FilmOut},
    ),
    Endpoint(
        method="POST",
        path="/projects/{project_id}/scenes",
        handler=add_scene,
        summary="Add a scene",
        tag="Script",
        scope=Scope.RENDER,
        body=SceneAdd,
        answers={HTTPStatus.CREATED: SceneDetail},
    ),
    Endpoint(
        method="PATCH",
        path="/projects/{project_id}/scenes/{scene_id}",
        handler=edit_scene,
        summary="Change a scene's words",
        tag="Script",
        scope=Scope.RENDER,
        body=SceneEdit,
        answers={HTTPStatus.OK: SceneDetail},
    ),
    Endpoint(
        method="POST",
        path="/projects/{project_id}/scenes/{scene_id}/shots",
        handler=add_shot,
        summary="Add a shot",
        tag="Script",
        scope=Scope.RENDER,
        body=ShotAdd,
        answers={HTTPStatus.CREATED: ShotDetail},
    ),
    Endpoint(
        method="PATCH",
        path="/projects/{project_id}/scenes/{scene_id}/shots/{shot_id}",
        handler=edit_shot,
        summary="Change a shot",
        description=_STALE,
        tag="Script",
        scope=Scope.RENDER,
        body=ShotEdit,
        answers={HTTPStatus.OK: ShotDetail},
    ),
    Endpoint(
        method="POST",
        path="/projects/{project_id}/scenes/{scene_id}/shots/{shot_id}/take",
        handler=choose_take,
        summary="Choose the take that stands for a shot",
        description="A choice stays until another one; for an image, until a new image is ordered. The clip "
        "of a cancelled job may be chosen, where one arrived all the same.",
        tag="Script",
        scope=Scope.RENDER,
        body=TakeIn,
        answers={HTTPStatus.OK: ShotDetail},
        codes=("not_stored_yet",),
    ),
)
