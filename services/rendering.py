"""Admit the clips of a scene: check, quote and queue them, all or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.access import Caller
from domain.errors import ConflictError, InvalidRequestError, Problem
from domain.films import Project, Scene, Shot
from domain.pipeline import ShotState
from domain.records import Transaction
from services import admission, projects
from services.admission import Admission
from services.catalogue import Catalogue
from services.planning import Estimate, Plan, Planner, busy, check, makers_of


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


async def estimate(tx: Transaction, caller: Caller, catalogue: Catalogue, order: RenderOrder) -> Estimate:
    """Tell what ``admit`` would do, and do nothing.

    Shots that cannot be rendered are in the problems and not in the quote.
    """
    project = await projects.find(tx, caller, order.project)
    try:
        plan = await _plan(tx, project, catalogue, order, {})
    except InvalidRequestError as error:
        return Estimate(Decimal(0), error.problems)
    return Estimate(plan.quote, [*plan.wrong, *plan.busy], await admission.means(tx, project.id, plan.jobs))


async def admit(
    tx: Transaction,
    caller: Caller,
    catalogue: Catalogue,
    order: RenderOrder,
    written: Mapping[UUID, str] | None = None,
) -> Admission:
    """Queue a video job for each shot of the order, or none at all.

    ``written`` are video prompts for shots that have none; they are kept with their shots.

    Raises:
        InvalidRequestError: some shot cannot be made as it is; every problem is listed.
        ConflictError: ``shot_busy`` names each shot that has a video job on its way;
            ``nothing_to_render`` when no shot was named and none lacks a clip.
        InsufficientCreditsError: nothing else is in the way, and the project's credits do not go for it.
    """
    project = await projects.find(tx, caller, order.project)
    # Two orders for one scene take turns here, so that the second one sees the jobs of the first.
    await tx.projects.lock(project.id, [order.scene])
    plan = await _plan(tx, project, catalogue, order, written or {})
    if plan.busy and not plan.wrong and order.shots is None:
        raise ConflictError(plan.busy[0].allowed, "nothing_to_render")
    await check(tx, project, plan)
    await tx.script.write_prompts(project.id, plan.prompts)
    return await admission.admit(tx, project.id, plan.jobs)


async def _plan(  # private, and each of them is what a plan is made of
    tx: Transaction,
    project: Project,
    catalogue: Catalogue,
    order: RenderOrder,
    written: Mapping[UUID, str],
) -> Plan:
    scene = await projects.find_scene(tx, project, order.scene)
    makers = makers_of(catalogue, order.provider, order.model)
    planner = Planner(project, await tx.projects.shot_states(project.id, scene.id), makers, written)
    plan = Plan()
    if order.shots is None:
        shots = [shot for shot in scene.shots if _lacks_clip(planner.state(shot))]
        plan.busy += [] if shots else [_nothing(scene)]
    else:
        shots = _named(scene, order.shots)
        plan.busy += [busy(shot) for shot in shots if planner.state(shot).video_live]
    for shot in shots:
        planner.plan_video(plan, scene, shot)
    return plan


def _lacks_clip(state: ShotState) -> bool:
    return state.clip is None and not state.video_live


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


def _nothing(scene: Scene) -> Problem:
    if not scene.shots:
        return Problem("shots", None, "the scene has no shots")
    allowed = "every shot has its clip or one on its way; name shots to make new takes of them"
    return Problem("shots", None, allowed)
