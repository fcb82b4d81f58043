"""Admit the clips of a scene: check, quote and queue them, all or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid5

from domain.access import Caller
from domain.errors import ConflictError, InvalidRequestError, NotFoundError, Problem
from domain.films import Project, Scene, Shot
from domain.ids import ordered_id
from domain.job import Job
from domain.prompts import video_prompt
from domain.records import NewJob, Transaction
from domain.requests import GenerationRequest
from domain.statuses import LIVE, JobKind, JobStatus
from services import projects
from services.catalogue import Catalogue, Choice

_MADE = LIVE | {JobStatus.COMPLETED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOrder:
    """Which shots of a scene to render, and with what."""

    project: str
    """Id or receipt."""
    scene: UUID
    shots: Sequence[str] | None
    """Ids or labels; ``None`` for every shot that has neither a clip nor one on its way."""
    provider: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an order would cost, USD, and everything that stands in its way."""

    quote: Decimal
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class Admission:
    """What an order was turned into."""

    jobs: Sequence[Job]
    quote: Decimal
    """USD, for all of the jobs."""
    receipt_id: UUID
    """Follows from the project and its jobs alone: whoever has those can tell that nothing was added."""


@dataclass(frozen=True, slots=True)
class _Plan:
    scene: Scene
    jobs: Sequence[NewJob]
    wrong: Sequence[Problem]
    """What no wait would mend."""
    busy: Sequence[Problem]
    """What the state of the scene does not allow now."""

    @property
    def quote(self) -> Decimal:
        return sum((job.estimated_cost for job in self.jobs), Decimal(0))


async def estimate(tx: Transaction, caller: Caller, catalogue: Catalogue, order: RenderOrder) -> Estimate:
    """Tell what ``admit`` would do, and do nothing.

    Shots that cannot be rendered are in the problems and not in the quote.
    """
    project = await projects.find(tx, caller, order.project)
    try:
        plan = await _plan(tx, project, catalogue, order)
    except InvalidRequestError as error:
        return Estimate(Decimal(0), error.problems)
    return Estimate(plan.quote, [*plan.wrong, *plan.busy])


async def admit(tx: Transaction, caller: Caller, catalogue: Catalogue, order: RenderOrder) -> Admission:
    """Queue a video job for each shot of the order, or none at all.

    Raises:
        InvalidRequestError: some shot cannot be made as it is; every problem is listed.
        ConflictError: ``shot_busy`` names each shot that has a video job on its way;
            ``nothing_to_render`` when no shot was named and none lacks a clip.
    """
    project = await projects.find(tx, caller, order.project)
    # Two orders for one scene take turns here, so that the second one sees the jobs of the first.
    await tx.projects.lock(project.id, [order.scene])
    plan = await _plan(tx, project, catalogue, order)
    if plan.wrong:
        raise InvalidRequestError([*plan.wrong, *plan.busy])
    if plan.busy:
        if order.shots is None:
            raise ConflictError(plan.busy[0].allowed, "nothing_to_render")
        raise ConflictError("some of these shots have a video job on its way", "shot_busy", plan.busy)
    jobs = await tx.jobs.admit(plan.jobs)
    await tx.projects.roll_up(project.id, [plan.scene.id])
    return Admission(jobs, plan.quote, uuid5(project.id, ",".join(str(job.id) for job in jobs)))


async def _plan(tx: Transaction, project: Project, catalogue: Catalogue, order: RenderOrder) -> _Plan:
    scene = await tx.projects.scene(project.id, order.scene)
    if scene is None:
        raise NotFoundError("there is no such scene in this project")
    choice = catalogue.choose(JobKind.VIDEO, order.provider, order.model)
    videos = await tx.jobs.videos(scene.id)
    if order.shots is None:
        shots = [shot for shot in scene.shots if videos.get(shot.id, frozenset()).isdisjoint(_MADE)]
        return _planned(project, scene, choice, order, shots, [] if shots else [_nothing(scene)])
    shots = _named(scene, order.shots)
    busy = [_busy(shot) for shot in shots if not videos.get(shot.id, frozenset()).isdisjoint(LIVE)]
    return _planned(project, scene, choice, order, shots, busy)


def _planned(  # noqa: PLR0917 # private, and each of them is what a plan is made of
    project: Project,
    scene: Scene,
    choice: Choice,
    order: RenderOrder,
    shots: Sequence[Shot],
    busy: Sequence[Problem],
) -> _Plan:
    jobs, wrong = [], []
    for shot in shots:
        request = _request(project, scene, shot, choice)
        if found := choice.capability.problems(request):
            wrong.extend(found)
            continue
        cost = choice.capability.quote(request)
        jobs.append(NewJob(request=request, provider=order.provider, model=order.model, estimated_cost=cost))
    return _Plan(scene, jobs, wrong, busy)


def _request(project: Project, scene: Scene, shot: Shot, choice: Choice) -> GenerationRequest:
    return GenerationRequest(
        job_id=ordered_id(),
        project_id=project.id,
        scene_id=scene.id,
        shot_id=shot.id,
        kind=JobKind.VIDEO,
        model=choice.model,
        prompt=video_prompt(shot),
        duration_seconds=shot.duration_seconds,
        start_frame_url=shot.start_frame_url,
        end_frame_url=shot.end_frame_url,
        project_title=project.title,
        scene_title=scene.title,
        shot_label=shot.label,
    )


def _named(scene: Scene, names: Sequence[str]) -> list[Shot]:
    """Give the shots that an order names, in film order, each once."""
    by_name = {str(shot.id): shot for shot in scene.shots}
    by_name |= {shot.label.casefold(): shot for shot in scene.shots}
    labels = ", ".join(shot.label for shot in scene.shots) or "none, the scene has no shots"
    unknown = [name for name in names if name.casefold() not in by_name]
    if unknown:
        allowed = f"the id or label of a shot of this scene: {labels}"
        raise InvalidRequestError([Problem("shots", name, allowed) for name in unknown])
    wanted = {by_name[name.casefold()].id for name in names}
    return [shot for shot in scene.shots if shot.id in wanted]


def _busy(shot: Shot) -> Problem:
    allowed = "has a video job on its way; cancel that first, or leave the shot out"
    return Problem("shots", shot.label, allowed, shot.label)


def _nothing(scene: Scene) -> Problem:
    if not scene.shots:
        return Problem("shots", None, "the scene has no shots")
    allowed = "every shot has its clip or one on its way; name shots to make new takes of them"
    return Problem("shots", None, allowed)
