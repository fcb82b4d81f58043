"""Videos asked for one by one, as OpenAI's clients do: ordinary jobs in a project of their caller's own."""

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid5

from domain.access import Caller
from domain.capabilities import Capability
from domain.errors import (
    InsufficientCreditsError,
    InvalidRequestError,
    NotAllowedError,
    NotFoundError,
    Problem,
)
from domain.frames import FrameError, InlineFrame, WebFrame, form_of, source_of
from domain.ids import ordered_id
from domain.records import NewJob, Transaction
from domain.requests import GenerationRequest
from domain.sizes import sizes_of
from domain.statuses import JobKind, JobStatus
from domain.storage import BlobStore
from domain.videos import Video
from services import admission, jobs
from services.catalogue import Catalogue, Choice

_HOMES = UUID("6f0b4c0e-5d0c-4f0f-9a55-0d6a3c1b7e21")
"""Under which the project of a caller is named."""
_TITLE = "Videos"
_USUAL_SECONDS = 4.0
"""What OpenAI's clients get where they do not say."""
_UNSTARTED = frozenset({JobStatus.WAITING, JobStatus.QUEUED})
_WORDS = {
    "duration_seconds": "seconds",
    "aspect_ratio": "size",
    "resolution": "size",
    "start_frame_url": "input_reference",
}
"""What the fields of a job are called here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that a caller sent along, and where it is kept."""

    key: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoOrder:
    """A video to make; ``None`` leaves a choice to the model."""

    prompt: str
    model: str | None = None
    seconds: float | None = None
    size: str | None = None
    start: Picture | str | None = None
    """The picture it starts from, or its address on the web."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of videos."""

    data: Sequence[Video]
    has_more: bool


def home_of(caller: Caller) -> UUID:
    """Give the project that a caller's videos are in."""
    return uuid5(_HOMES, caller.name)


def picture(caller: Caller, content: bytes) -> Picture:
    """Name a picture by what is in it, so that the same one is kept once.

    Raises:
        InvalidRequestError: it is not a PNG, JPEG or WebP.
    """
    form = form_of(content)
    if form is None:
        raise InvalidRequestError([Problem("input_reference", None, "allowed: a PNG, JPEG or WebP picture")])
    home = home_of(caller)
    name = f"input-{hashlib.sha256(content).hexdigest()[:40]}.{form.suffix}"
    return Picture(key=f"{home}/{_room(home)}/{name}", content=content, content_type=form.content_type)


def start_at(caller: Caller, address: str) -> Picture | str:
    """Read an address of a picture: on the web, or the picture itself in a ``data:`` URI.

    Raises:
        InvalidRequestError: it is neither.
    """
    allowed = "allowed: an http or https URL, or a data: URI of a PNG, JPEG or WebP picture"
    try:
        source = source_of(address)
    except FrameError as error:
        raise InvalidRequestError([Problem("input_reference", address[:80], error.message)]) from error
    if isinstance(source, InlineFrame):
        return picture(caller, source.content)
    if isinstance(source, WebFrame):
        return source.url
    raise InvalidRequestError([Problem("input_reference", address[:80], allowed)])


async def keep(storage: BlobStore, given: Picture) -> None:
    """Store a picture before the job that starts from it is queued.

    Raises:
        StorageError: it cannot be stored now.
    """

    def written() -> Path:
        with tempfile.NamedTemporaryFile(prefix="rushes-input-", delete=False) as file:
            file.write(given.content)
            return Path(file.name)

    path = await asyncio.to_thread(written)
    try:
        digest = hashlib.sha256(given.content).hexdigest()
        await storage.put(given.key, path, content_type=given.content_type, sha256=digest)
    finally:
        await asyncio.to_thread(path.unlink)


def plan(caller: Caller, catalogue: Catalogue, order: VideoOrder) -> NewJob:
    """Check and price a video; nothing is written.

    Raises:
        InvalidRequestError: it cannot be made like that; every problem is listed.
        NotAllowedError: the caller's key is for certain projects, and videos are in another one.
    """
    if caller.project_ids is not None:
        raise NotAllowedError("this key is for certain projects, and videos are in a project of their own")
    choice = _chosen(catalogue, order.model)
    able = choice.capability
    ratio, resolution, wrong = _shape(able, order.size)
    home = home_of(caller)
    request = GenerationRequest(
        job_id=ordered_id(),
        project_id=home,
        scene_id=_room(home),
        shot_id=None,
        kind=JobKind.VIDEO,
        model=choice.model,
        prompt=order.prompt,
        duration_seconds=able.durations.nearest(_USUAL_SECONDS) if order.seconds is None else order.seconds,
        aspect_ratio=ratio,
        resolution=resolution,
        start_frame_url=order.start.key if isinstance(order.start, Picture) else order.start,
    )
    return _priced(request, choice, wrong)


async def open_home(tx: Transaction, caller: Caller) -> None:
    """Make the caller's project unless it is there.

    In a transaction of its own: it stays when the first video is refused, since credits are granted to it.
    """
    home = home_of(caller)
    await tx.videos.make_home(home, _room(home), _TITLE)


async def admit(tx: Transaction, new: NewJob, remixed_from: UUID | None = None) -> Video:
    """Queue a planned video in a project that is there.

    Raises:
        InsufficientCreditsError: the credits of the caller's project, which it names, do not go for it.
    """
    home, room = new.request.project_id, new.request.scene_id
    assert room is not None, "planned with one"
    await tx.projects.lock(home, [room])
    try:
        made = await admission.admit(tx, home, [new])
    except InsufficientCreditsError as error:
        project = await tx.projects.find(home)
        assert project is not None, "locked above"
        where = f"{error.message}. These videos are in the project {project.receipt}"
        raise InsufficientCreditsError(where, error.code, error.problems) from error
    await tx.videos.add(new.request.job_id, remixed_from)
    return Video(made.jobs[0], remixed_from)


async def remix(tx: Transaction, caller: Caller, catalogue: Catalogue, video: UUID, prompt: str) -> Video:
    """Make a video once more, from another prompt and with everything else as it was.

    Raises:
        NotFoundError: the caller has no such video.
        InvalidRequestError: its model cannot make that, or is not configured any more.
    """
    source = (await find(tx, caller, video)).job
    choice = catalogue.choose(JobKind.VIDEO, source.provider, source.model)
    request = GenerationRequest(
        job_id=ordered_id(),
        project_id=source.project_id,
        scene_id=source.scene_id,
        shot_id=None,
        kind=JobKind.VIDEO,
        model=choice.model,
        prompt=prompt,
        duration_seconds=source.duration_seconds,
        aspect_ratio=source.aspect_ratio,
        resolution=source.resolution,
        start_frame_url=source.start_frame_url,
    )
    return await admit(tx, _priced(request, choice, []), source.id)


async def find(tx: Transaction, caller: Caller, video: UUID) -> Video:
    """Give one of the caller's videos.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    found = await tx.videos.get(home_of(caller), video) if caller.sees(home_of(caller)) else None
    if found is None:
        raise NotFoundError("there is no such video")
    return found


async def page(
    tx: Transaction, caller: Caller, *, after: UUID | None, limit: int, oldest_first: bool
) -> Listed:
    """List the caller's videos by when they were asked for.

    Raises:
        InvalidRequestError: ``after`` is no video of the caller's.
    """
    home = home_of(caller)
    if not caller.sees(home):
        return Listed([], has_more=False)
    # One more than asked for tells whether there is a next page.
    found = await tx.videos.page(home, after=after, limit=limit + 1, oldest_first=oldest_first)
    if found is None:
        raise InvalidRequestError([Problem("after", None, "allowed: the last_id of an earlier page")])
    return Listed(found[:limit], has_more=len(found) > limit)


async def delete(tx: Transaction, caller: Caller, video: UUID) -> None:
    """Hide a video, and cancel it where nobody has begun. A clip that is stored stays where it is.

    Raises:
        NotFoundError: the caller has no such video.
    """
    found = await find(tx, caller, video)
    if found.job.status in _UNSTARTED:
        await jobs.cancel(tx, found.job)
    if not await tx.videos.hide(found.job.id):
        raise NotFoundError("there is no such video")


def _chosen(catalogue: Catalogue, model: str | None) -> Choice:
    if model is None:
        return catalogue.choose(JobKind.VIDEO)
    try:
        return catalogue.maker_of(JobKind.VIDEO, model)
    except InvalidRequestError as error:
        default = catalogue.choose(JobKind.VIDEO).model
        (problem,) = error.problems
        mended = replace(problem, allowed=f"{problem.allowed}; left out, it is {default}")
        raise InvalidRequestError([mended]) from error


def _shape(able: Capability, size: str | None) -> tuple[str | None, str | None, list[Problem]]:
    """Give the aspect ratio and resolution of a size; said, so that the answer can tell them."""
    sizes = sizes_of(able)
    if size is None:
        ratio, resolution = next(iter(sizes.values()), (None, None))
        return ratio, resolution, []
    if size in sizes:
        return *sizes[size], []
    allowed = f"allowed: {', '.join(sizes)}" if sizes else "this model takes no size"
    return None, None, [Problem("size", size, allowed)]


def _priced(request: GenerationRequest, choice: Choice, wrong: list[Problem]) -> NewJob:
    found = choice.capability.problems(request)
    problems = [*wrong, *(replace(one, field=_WORDS.get(one.field, one.field), where=None) for one in found)]
    if problems:
        raise InvalidRequestError(problems)
    cost = choice.capability.quote(request)
    return NewJob(request=request, provider=choice.provider, model=choice.model, estimated_cost=cost)


def _room(home: UUID) -> UUID:
    """Give the one scene of a caller's project."""
    return uuid5(home, "videos")
