"""The film of a project or of one of its scenes: order it, and see how it stands."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.access import Caller
from domain.errors import ConflictError, Problem
from domain.films import Cut, Project
from domain.ids import ordered_id
from domain.job import Job
from domain.records import NewJob, Transaction
from domain.requests import GenerationRequest
from domain.statuses import LIVE, JobKind, JobStatus
from services import admission, projects


@dataclass(frozen=True, slots=True)
class FilmState:
    """How a film stands."""

    newest: Job | None
    """The film ordered last; ``None`` where none was, or all were cancelled."""
    stored: Job | None
    """The newest one that can be played."""
    cut: Cut
    """What it would be made of now."""

    @property
    def stale(self) -> bool:
        """Whether the stored film is made of other clips than it would be now."""
        return self.stored is not None and not is_current(self.stored, self.cut)


async def look(tx: Transaction, caller: Caller, project: str, scene: UUID | None = None) -> FilmState:
    """Tell how the film of a project, or of one of its scenes, stands."""
    return await _state(tx, await _found(tx, caller, project, scene), scene)


async def order(tx: Transaction, caller: Caller, project: str, scene: UUID | None = None) -> Job:
    """Have a film made of the clips that are there now.

    Gives the film that is on its way, or the stored one where no clip has changed since.

    Raises:
        ConflictError: ``clips_missing`` names every shot without a clip.
    """
    found = await _found(tx, caller, project, scene)
    # Two orders for one film take turns here, so that the second one sees the job of the first.
    await tx.projects.lock(found.id, [] if scene is None else [scene])
    state = await _state(tx, found, scene)
    if state.newest is not None and _serves(state.newest, state.cut):
        return state.newest
    _check_whole(state.cut)
    return (await admission.admit(tx, found.id, [new_film(found.id, scene)])).jobs[0]


def new_film(project: UUID, scene: UUID | None, status: JobStatus = JobStatus.QUEUED) -> NewJob:
    """Give the job of a film, which costs nothing: its clips are paid for."""
    request = GenerationRequest(
        job_id=ordered_id(),
        project_id=project,
        scene_id=scene,
        shot_id=None,
        kind=JobKind.FILM,
        model="",
        prompt="",
    )
    return NewJob(request=request, provider=None, model=None, estimated_cost=Decimal(0), status=status)


async def _found(tx: Transaction, caller: Caller, project: str, scene: UUID | None) -> Project:
    found = await projects.find(tx, caller, project)
    if scene is not None:
        await projects.find_scene(tx, found, scene)
    return found


async def _state(tx: Transaction, project: Project, scene: UUID | None) -> FilmState:
    films = await tx.jobs.films(project.id, scene)
    stored = next((film for film in films if film.status is JobStatus.COMPLETED), None)
    return FilmState(next(iter(films), None), stored, await tx.projects.cut(project.id, scene))


def _serves(film: Job, cut: Cut) -> bool:
    return film.status in LIVE or (film.status is JobStatus.COMPLETED and is_current(film, cut))


def is_current(film: Job, cut: Cut) -> bool:
    """Tell whether a film is made of exactly these clips, which its handle is named after."""
    return film.provider_job_id == cut.digest


def _check_whole(cut: Cut) -> None:
    if cut.missing:
        problems = [Problem("shots", part.label, "has no clip yet", part.label) for part in cut.missing]
        names = ", ".join(part.label for part in cut.missing)
        raise ConflictError(f"these shots have no clip yet: {names}", "clips_missing", problems)
    if not cut.parts:
        raise ConflictError("there are no clips to make a film of", "clips_missing")
