"""Review a scene: send it back with what is wrong, bring it back when that is mended, approve it."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.access import Caller
from domain.errors import ConflictError, NotFoundError, Problem
from domain.events import EventType
from domain.films import Film, Scene
from domain.paging import Page, Position
from domain.records import Transaction
from domain.review import Issue, IssueStatus, NewIssue, Stage
from domain.statuses import JobStatus, RenderStatus, ReviewStatus
from services import projects, reopening
from services.catalogue import Catalogue
from services.reopening import Reopening

_MOST_NAMED = 50
"""Open issues that a refusal lists."""


@dataclass(frozen=True, slots=True)
class ScenePath:
    """Where a scene is said to be."""

    project: str
    """Id or receipt."""
    scene: UUID


@dataclass(frozen=True, slots=True)
class Filed:
    """What an issue did, or would do."""

    issue: Issue | None
    """``None`` of a preview."""
    scene: Scene
    """As it is then."""
    reopens: Reopening


async def preview(
    tx: Transaction, caller: Caller, catalogue: Catalogue, where: ScenePath, new: NewIssue
) -> Filed:
    """Tell what ``file`` would do, and do nothing; raises as it does."""
    film = await projects.find_film(tx, caller, where.project)
    scene = projects.scene_of(film, where.scene)
    await reopening.check(tx, scene, new)
    stage = await _earliest(tx, scene, new.type.stage)
    returned = replace(
        scene,
        stage=stage,
        review_status=ReviewStatus.RETURNED,
        review_ready=False,
        open_issues=scene.open_issues + 1,
    )
    return Filed(None, returned, await reopening.look(tx, catalogue, film, scene, new))


async def file(
    tx: Transaction, caller: Caller, catalogue: Catalogue, where: ScenePath, new: NewIssue
) -> Filed:
    """Write an issue and send its scene back: what that stage feeds is stale, nothing is deleted or made.

    Raises:
        InvalidRequestError: the shot or the moment is not in the scene.
    """
    film = await _held(tx, caller, where)
    scene = projects.scene_of(film, where.scene)
    await reopening.check(tx, scene, new)
    stage = await _earliest(tx, scene, new.type.stage)
    reopens = await reopening.look(tx, catalogue, film, scene, new)
    issue = await tx.reviews.file(film.project.id, scene.id, new)
    await tx.reviews.send_back(scene.id, reopens.kinds, new.shot_id)
    await tx.reviews.judge(scene.id, ReviewStatus.RETURNED, stage)
    after = await _again(tx, scene)
    data = {"issue": _shown(issue), "shots": [str(shot.id) for shot in reopens.shots]}
    await _tell(tx, EventType.REVIEW_RETURNED, after, **data, kinds=reopens.kinds)
    return Filed(issue, after, reopens)


async def page(  # noqa: PLR0917 # a list, whose it is and where in it
    tx: Transaction,
    caller: Caller,
    where: ScenePath,
    status: IssueStatus | None,
    after: Position | None,
    limit: int,
) -> Page[Issue]:
    """List the issues of a scene, newest first."""
    project = await projects.find(tx, caller, where.project)
    scene = await projects.find_scene(tx, project, where.scene)
    return await tx.reviews.page(scene.id, status, after=after, limit=limit)


async def resolve(tx: Transaction, caller: Caller, where: ScenePath, issue: UUID) -> tuple[Issue, Scene]:
    """Close an issue; with the last one the scene comes back to stage 12. Once more changes nothing.

    Raises:
        NotFoundError: the scene has no such issue.
    """
    scene = projects.scene_of(await _held(tx, caller, where), where.scene)
    found = await _issue(tx, scene, issue)
    if found.status is IssueStatus.RESOLVED:
        return found, scene
    await tx.reviews.resolve(found.id)
    left = [kind.stage for kind in await tx.reviews.open_types(scene.id)]
    if left:
        await tx.reviews.judge(scene.id, ReviewStatus.RETURNED, min(left))
    else:
        await tx.reviews.judge(scene.id, ReviewStatus.PENDING, Stage.REVIEW)
        await tx.projects.roll_up(scene.project_id, [scene.id])
    closed, after = await _issue(tx, scene, issue), await _again(tx, scene)
    await _tell(tx, EventType.REVIEW_RESOLVED, after, issue=_shown(closed))
    return closed, after


async def approve(tx: Transaction, caller: Caller, where: ScenePath) -> Scene:
    """Approve a scene with what stands for its shots, stale or not. Once more changes nothing.

    Raises:
        ConflictError: ``not_review_ready``; every open issue and every shot without its clip is named.
    """
    before = projects.scene_of(await _held(tx, caller, where), where.scene)
    # Jobs that were inserted by SQL may not have been shown yet.
    await tx.projects.roll_up(before.project_id, [before.id])
    scene = await _again(tx, before)
    if scene.review_status is ReviewStatus.APPROVED:
        return scene
    if scene.review_status is not ReviewStatus.VIDEO_COMPLETE:
        raise await _not_ready(tx, scene)
    await tx.reviews.accept(scene.id)
    await tx.reviews.judge(scene.id, ReviewStatus.APPROVED, Stage.REVIEW)
    after = await _again(tx, scene)
    await _tell(tx, EventType.REVIEW_APPROVED, after)
    return after


async def _held(tx: Transaction, caller: Caller, where: ScenePath) -> Film:
    """Give the project, held with the scene: who judges it, or orders something for it, takes turns."""
    project = await projects.find(tx, caller, where.project)
    await tx.projects.lock(project.id, [where.scene])
    return await projects.find_film(tx, caller, str(project.id))


async def _again(tx: Transaction, scene: Scene) -> Scene:
    found = await tx.projects.scene(scene.project_id, scene.id)
    assert found is not None, "locked in this transaction"
    return found


async def _issue(tx: Transaction, scene: Scene, issue: UUID) -> Issue:
    found = await tx.reviews.get(scene.id, issue)
    if found is None:
        raise NotFoundError("there is no such issue of this scene")
    return found


async def _earliest(tx: Transaction, scene: Scene, stage: Stage) -> Stage:
    """Give where a scene is that goes back to ``stage`` and may have gone back further already."""
    return min([stage, *(kind.stage for kind in await tx.reviews.open_types(scene.id))])


async def _not_ready(tx: Transaction, scene: Scene) -> ConflictError:
    """Say everything that is between a scene and its approval."""
    still_open = await tx.reviews.page(scene.id, IssueStatus.OPEN, after=None, limit=_MOST_NAMED)
    problems = [
        Problem("issues", str(one.id), f"{one.type} is open; resolve it first") for one in still_open.data
    ]
    states = await tx.projects.shot_states(scene.project_id, scene.id)
    for shot in scene.shots:
        video = states[shot.id].video
        if video is not JobStatus.COMPLETED:
            standing = f"its video is {video}" if video else "it has no video"
            problems.append(
                Problem("shots", shot.label, f"{standing}; every shot needs its clip", shot.label)
            )
    said = [f"{scene.open_issues} of its issues are open"] if scene.open_issues else []
    said += (
        [f"its videos are {scene.render_status}"] if scene.render_status is not RenderStatus.COMPLETE else []
    )
    reason = ", ".join(said) or "some of its shots have no clip"
    return ConflictError(f"the scene is not ready to be approved: {reason}", "not_review_ready", problems)


def _shown(issue: Issue) -> dict[str, Any]:
    """Give an issue as events show it, which is as the HTTP interface does."""
    names = [*(field.name for field in fields(Issue)), "stage", "status"]
    return {name: _plain(getattr(issue, name)) for name in names}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


async def _tell(tx: Transaction, kind: EventType, scene: Scene, **data: Any) -> None:
    stands = {
        "stage": scene.stage,
        "review_status": scene.review_status,
        "review_ready": scene.review_ready,
        "open_issues": scene.open_issues,
    }
    await tx.events.append(scene.project_id, kind, scene=scene.id, data={**data, **stands})
