"""Projects as they are read: the script with all that there is of each shot."""

from http import HTTPStatus
from uuid import UUID

from api.call import Answer, Call
from api.endpoints import Endpoint
from api.schemas.documents import FilmOut, Links, ShotLinks, VideoOut
from domain.access import Scope
from services import document
from services.document import Document, ShotView


async def links_of(call: Call, shown: Document) -> Links:
    """Give the URLs of what stands for each shot."""
    return {shot: await shot_links(call, view) for shot, view in shown.shots.items()}


async def shot_links(call: Call, view: ShotView) -> ShotLinks:
    """Give the URLs of what stands for one shot."""
    clip, image = view.clip, view.image
    return ShotLinks(
        await call.link(image.storage_path if image else None),
        await call.link(clip.storage_path if clip else None),
        await call.link(clip.poster_path if clip else None),
    )


async def get_project(call: Call) -> Answer:
    """Give a project with its scenes, its shots and their takes."""
    async with call.transaction() as tx:
        shown = await document.read(tx, call.caller, call.word("project_id"))
    return Answer(HTTPStatus.OK, FilmOut.of(shown, await links_of(call, shown)))


async def get_video(call: Call) -> Answer:
    """Give a project as one document."""
    async with call.transaction() as tx:
        whole = await document.whole(tx, call.caller, call.word("project_id"))
    stored = whole.film.stored
    paths = (stored.storage_path, stored.poster_path) if stored else (None, None)
    film = ShotLinks(video=await call.link(paths[0]), poster=await call.link(paths[1]))
    links: dict[UUID, ShotLinks] = dict(await links_of(call, whole.document))
    return Answer(HTTPStatus.OK, VideoOut.of(whole, links, film))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/projects/{project_id}",
        handler=get_project,
        summary="Show a project with its scenes, shots and takes",
        tag="Projects",
        scope=Scope.READ,
        answers={HTTPStatus.OK: FilmOut},
    ),
    Endpoint(
        method="GET",
        path="/video/{project_id}",
        handler=get_video,
        summary="Show a project as one document",
        description="Its receipt, how far it is, its film, and one entry per shot in film order.",
        tag="Projects",
        scope=Scope.READ,
        answers={HTTPStatus.OK: VideoOut},
    ),
)
