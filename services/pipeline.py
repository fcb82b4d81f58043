"""A whole film as one order: images, clips that start from them, the films of its scenes and of all of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from domain.access import Caller
from domain.errors import ConflictError, InvalidRequestError, NotAllowedError, Problem
from domain.films import Cut, Film, NewProject, Scene, Shot
from domain.job import Job
from domain.pipeline import NOTHING_YET, RenderScope, ShotState
from domain.records import JobFilter, Records, Transaction
from domain.statuses import LIVE, JobKind, JobStatus
from services import admission, projects
from services.admission import Admission
from services.advice import Recommendation, advise
from services.catalogue import Catalogue
from services.films import is_current, new_film
from services.planning import Estimate, Plan, Planner, busy, check, makers_of
from services.rehearsing import rehearsed
from services.scoping import Pick, named

_MOST_FILMS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmOrder:
    """Which shots of a project to make, and with what."""

    project: str
    """Id or receipt."""
    scope: RenderScope | Sequence[str] = RenderScope.MISSING
    """Or ids of scenes, ids of shots, or labels of shots."""
    provider: str | None = None
    """Who makes the clips; ``None`` leaves it to the executor that claims."""
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmEstimate(Estimate):
    """What the order of a film would come to."""

    counts: Mapping[JobKind, int]
    recommendations: Sequence[Recommendation] = ()


@dataclass(slots=True)
class _Draft:
    """An order on its way to become jobs."""

    film: Film
    planner: Planner
    picks: Sequence[Pick]
    plan: Plan = field(default_factory=Plan)

    @property
    def making(self) -> set[UUID]:
        """Shots whose clip is on its way, or would be."""
        planned = {job.request.shot_id for job in self.plan.jobs if job.request.kind is JobKind.VIDEO}
        coming = {shot for shot, state in self.planner.states.items() if state.video_live}
        return coming | {shot for shot in planned if shot is not None}


async def estimate(tx: Transaction, caller: Caller, catalogue: Catalogue, order: FilmOrder) -> FilmEstimate:
    """Tell what ``generate`` would do, and do nothing.

    What cannot be made is in the problems and not in the quote.
    """
    film = await projects.find_film(tx, caller, order.project)
    try:
        draft = await _draft(tx, film, catalogue, order, {})
    except InvalidRequestError as error:
        return FilmEstimate(Decimal(0), error.problems, counts=dict.fromkeys(JobKind, 0))
    plan = draft.plan
    found = _estimated(draft, [] if plan.jobs or plan.wrong or plan.busy else [_nothing(film)])
    return replace(found, means=await admission.means(tx, film.project.id, plan.jobs))


async def estimate_new(
    records: Records, caller: Caller, catalogue: Catalogue, new: NewProject
) -> FilmEstimate | None:
    """Tell what the film of a project would come to that is not made yet; nothing is left of it.

    It is made, estimated and taken back: so the answer is the one that its order would get, credits that a
    project begins with included. ``None`` where the caller may make no project.
    """

    async def look(tx: Transaction) -> FilmEstimate:
        film = await projects.create(tx, caller, new)
        return await estimate(tx, caller, catalogue, FilmOrder(project=str(film.project.id)))

    try:
        return await rehearsed(records, look)
    except NotAllowedError:
        return None


async def estimate_anew(
    tx: Transaction, film: Film, catalogue: Catalogue, shots: Collection[UUID], *, images: bool
) -> FilmEstimate:
    """Tell what new takes of these shots would come to, were their clips, and ``images`` as well, stale."""
    try:
        makers = makers_of(catalogue, None, None)
    except InvalidRequestError as error:
        return FilmEstimate(Decimal(0), error.problems, counts=dict.fromkeys(JobKind, 0))
    states = dict(await tx.projects.shot_states(film.project.id))
    if images:
        states |= {shot: replace(states[shot], image_stale=True) for shot in shots}
    every = [Pick(scene, shot) for scene in film.scenes for shot in scene.shots]
    planner = Planner(film.project, states, makers)
    draft = _Draft(film, planner, [pick for pick in every if pick.shot.id in shots])
    _plan_shots(draft, fresh=True, named=True)
    await _plan_films(tx, draft)
    return _estimated(draft, ())


async def generate(
    tx: Transaction,
    caller: Caller,
    catalogue: Catalogue,
    order: FilmOrder,
    written: Mapping[UUID, str] | None = None,
) -> Admission:
    """Queue everything that the order lacks, or nothing at all. Images come first, what needs them waits.

    ``written`` are video prompts for shots that have none; they are kept with their shots.

    Raises:
        InvalidRequestError: some shot cannot be made as it is; every problem is listed.
        ConflictError: ``shot_busy`` names each named shot that has a video job on its way;
            ``nothing_to_render`` when nothing is missing.
        InsufficientCreditsError: nothing else is in the way, and the project's credits do not go for it.
    """
    film = await projects.locked_film(tx, await projects.find(tx, caller, order.project))
    draft = await _draft(tx, film, catalogue, order, written or {})
    await check(tx, film.project, draft.plan)
    if not draft.plan.jobs:
        raise ConflictError(_nothing(film).allowed, "nothing_to_render")
    return await _admit(tx, film, draft.plan)


async def fill_up(
    tx: Transaction,
    film: Film,
    catalogue: Catalogue,
    written: Mapping[UUID, str],
    *,
    but: Collection[UUID],
    again: Sequence[Job],
) -> Admission | None:
    """Queue what a film lacks, but for some shots, as ``generate`` does; ``None`` where that is nothing.

    ``again`` are jobs of the same order that are paid for as well.
    """
    order = FilmOrder(project=str(film.project.id))
    plan = (await _draft(tx, film, catalogue, order, written, but=but)).plan
    await check(tx, film.project, plan, again)
    return await _admit(tx, film, plan) if plan.jobs else None


async def make_failed_films_anew(tx: Transaction, film: Film, catalogue: Catalogue) -> Admission | None:
    """Queue new films in the place of those that failed, where their clips are there or coming."""
    failed = JobFilter(project_id=film.project.id, kind=JobKind.FILM, statuses=[JobStatus.FAILED])
    newest = {job.scene_id: job.created_at for job in await tx.jobs.newest_films(film.project.id)}
    scopes = {
        job.scene_id
        for job in (await tx.jobs.page(failed, after=None, limit=_MOST_FILMS)).data
        if job.scene_id not in newest or newest[job.scene_id] < job.created_at
    }
    if not scopes:
        return None
    states = await tx.projects.shot_states(film.project.id)
    draft = _Draft(film, Planner(film.project, states, makers_of(catalogue, None, None)), ())
    await _plan_films(tx, draft, scopes)
    return await _admit(tx, film, draft.plan) if draft.plan.jobs else None


def _estimated(draft: _Draft, problems: Sequence[Problem]) -> FilmEstimate:
    plan = draft.plan
    return FilmEstimate(
        plan.quote,
        [*plan.wrong, *plan.busy, *problems],
        counts={kind: plan.count(kind) for kind in JobKind},
        recommendations=advise(draft.picks, draft.planner),
    )


async def _admit(tx: Transaction, film: Film, plan: Plan) -> Admission:
    await tx.script.write_prompts(film.project.id, plan.prompts)
    images = {job.request.shot_id for job in plan.jobs if job.request.kind is JobKind.IMAGE}
    # What was chosen among the older ones does not stand against the one that is ordered now.
    await tx.script.choose({shot for shot in images if shot}, JobKind.IMAGE, None)
    return await admission.admit(tx, film.project.id, plan.jobs)


async def _draft(  # noqa: PLR0917 # private, and each of them is what a draft is made of
    tx: Transaction,
    film: Film,
    catalogue: Catalogue,
    order: FilmOrder,
    written: Mapping[UUID, str],
    but: Collection[UUID] = (),
) -> _Draft:
    makers = makers_of(catalogue, order.provider, order.model)
    states = await tx.projects.shot_states(film.project.id)
    picks = [pick for pick in _pick(film, states, order.scope) if pick.shot.id not in but]
    draft = _Draft(film, Planner(film.project, states, makers, written), picks)
    is_list = not isinstance(order.scope, RenderScope)
    _plan_shots(draft, fresh=is_list or order.scope is RenderScope.ALL, named=is_list)
    await _plan_films(tx, draft)
    return draft


def _pick(film: Film, states: Mapping[UUID, ShotState], scope: RenderScope | Sequence[str]) -> Sequence[Pick]:
    if not isinstance(scope, RenderScope):
        return named(film, scope)
    every = [Pick(scene, shot) for scene in film.scenes for shot in scene.shots]
    return [pick for pick in every if _wants(scope, states.get(pick.shot.id, NOTHING_YET))]


def _wants(scope: RenderScope, state: ShotState) -> bool:
    match scope:
        case RenderScope.MISSING:
            return state.clip is None and not state.on_its_way
        case RenderScope.FAILED:
            return state.failed
        case RenderScope.ALL:
            return not state.on_its_way


def _plan_shots(draft: _Draft, *, fresh: bool, named: bool) -> None:
    """Plan all images first, so that they are the first to run, and then the clips."""
    plan, planner = draft.plan, draft.planner
    images: dict[UUID, UUID | None] = {}
    for scene, shot in draft.picks:
        if planner.state(shot).on_its_way:
            plan.busy += [busy(shot)] if named else []
        elif planner.needs_image(shot, fresh=fresh):
            images[shot.id] = planner.plan_image(plan, scene, shot)
    for scene, shot in draft.picks:
        if not planner.state(shot).video_live:
            planner.plan_video(plan, scene, shot, image=images.get(shot.id))


async def _plan_films(tx: Transaction, draft: _Draft, only: Collection[UUID | None] | None = None) -> None:
    """Plan the films whose clips are all there or coming, unless they are made already of just these."""
    project = draft.film.project.id
    cut = await tx.projects.cut(project)
    films = await tx.jobs.newest_films(project)
    making = draft.making
    for scene, shots in _scopes(draft.film):
        own = [film for film in films if film.scene_id == scene]
        parts = Cut(tuple(part for part in cut.parts if scene in {None, part.scene_id}))
        clips = {part.shot_id for part in parts.parts if part.job_id is not None}
        if only is not None and scene not in only:
            continue
        if not shots or any(shot.id not in clips | making for shot in shots):
            continue
        if any(film.status in LIVE for film in own):
            continue
        changes = any(shot.id in making for shot in shots)
        if changes or not any(is_current(film, parts) for film in own):
            draft.plan.jobs.append(new_film(project, scene, JobStatus.WAITING))


def _scopes(film: Film) -> Iterator[tuple[UUID | None, Sequence[Shot]]]:
    """Give what there are films of: each scene, and all of it."""
    for scene in film.scenes:
        yield scene.id, scene.shots
    yield None, [shot for scene in film.scenes for shot in scene.shots]


def _nothing(film: Film) -> Problem:
    scenes: Sequence[Scene] = film.scenes
    if not any(scene.shots for scene in scenes):
        return Problem("scope", None, "the project has no shots")
    allowed = "every shot has its clip or one on its way; scope all, or a list, makes new takes"
    return Problem("scope", None, allowed)
