"""``rushes review``: look at scenes, send them back, resolve what is wrong, approve them."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from cli.checking import refuse_wrong_settings
from cli.output import say
from cli.records import opened_ground_and_records, opened_records
from cli.tables import print_table
from domain.access import LOCAL
from domain.errors import InvalidRequestError, Problem
from domain.films import Film, Scene
from domain.records import Transaction
from domain.review import Issue, IssueStatus, IssueType, NewIssue
from domain.statuses import ReviewStatus
from services import projects, review
from services.review import Filed, ScenePath

_MOST = 500
_SCENES = ("scene", "id", "title", "status", "stage", "review", "open issues")
_ISSUES = ("id", "status", "stage", "type", "shot", "at", "description")
_WORDS = {
    ReviewStatus.PENDING: "not ready: some video is missing, failed or on its way",
    ReviewStatus.VIDEO_COMPLETE: "review ready",
    ReviewStatus.APPROVED: "approved",
    ReviewStatus.RETURNED: "sent back",
}


def list_scenes(project: str) -> None:
    """Print how the review of every scene stands."""

    async def find() -> Film:
        async with opened_records() as records, records.transaction() as tx:
            return await projects.find_film(tx, LOCAL, project)

    rows = [
        (
            number,
            scene.id,
            scene.title,
            scene.render_status,
            scene.stage,
            scene.review_status,
            scene.open_issues,
        )
        for number, scene in enumerate(asyncio.run(find()).scenes, 1)
    ]
    print_table(_SCENES, rows)


def list_issues(project: str, scene: str, status: IssueStatus | None) -> None:
    """Print the issues of a scene, newest first."""

    async def find() -> tuple[Scene, Sequence[Issue]]:
        async with opened_records() as records, records.transaction() as tx:
            found = await _scene(tx, project, scene)
            page = await review.page(tx, LOCAL, ScenePath(project, found.id), status, None, _MOST)
            return found, page.data

    found, issues = asyncio.run(find())
    labels = {shot.id: shot.label for shot in found.shots}
    rows = [
        (
            one.id,
            one.status,
            one.stage,
            one.type,
            labels.get(one.shot_id) if one.shot_id else None,
            one.at_seconds,
            one.description,
        )
        for one in issues
    ]
    print_table(_ISSUES, rows)


def file_issue(  # noqa: PLR0917 # what a person says on one line
    project: str,
    scene: str,
    kind: IssueType,
    description: str,
    shot: str | None,
    at_seconds: float | None,
    *,
    preview: bool,
) -> None:
    """Send a scene back, or say what that would open again.

    Raises:
        InvalidRequestError: the scene, the shot or the moment is not there, or nothing is said.
    """
    refuse_wrong_settings()

    async def act() -> tuple[Filed, Scene]:
        async with opened_ground_and_records() as (ground, records), records.transaction() as tx:
            found = await _scene(tx, project, scene)
            new = NewIssue(
                type=kind,
                description=description,
                shot_id=_shot(found, shot) if shot else None,
                at_seconds=at_seconds,
            )
            does = review.preview if preview else review.file
            return await does(tx, LOCAL, ground.catalogue, ScenePath(project, found.id), new), found

    filed, found = asyncio.run(act())
    opens, estimate = filed.reopens, filed.reopens.estimate
    labels = ", ".join(shot.label for shot in opens.shots) or "no shots"
    kinds = " and ".join({"image": "images", "video": "clips"}[kind] for kind in opens.kinds)
    if filed.issue is None:
        say(f"{found.title!r} would go back to stage {filed.scene.stage}; stale then: {kinds} of {labels}")
    else:
        say(f"issue {filed.issue.id}")
        say(f"{found.title!r} is back at stage {filed.scene.stage}; stale are the {kinds} of {labels}")
    say(f"to make that anew would cost ${estimate.quote:.2f} today; nothing is made by itself")
    for problem in estimate.problems:
        say(f"  {problem}")


def resolve_issue(project: str, scene: str, issue: UUID) -> None:
    """Close an issue, and say how its scene stands."""

    async def act() -> Scene:
        async with opened_records() as records, records.transaction() as tx:
            found = await _scene(tx, project, scene)
            return (await review.resolve(tx, LOCAL, ScenePath(project, found.id), issue))[1]

    _say_how_it_stands(asyncio.run(act()))


def approve_scene(project: str, scene: str) -> None:
    """Approve a scene.

    Raises:
        ConflictError: it is not ready for that; everything that is in between is listed.
    """

    async def act() -> Scene:
        async with opened_records() as records, records.transaction() as tx:
            found = await _scene(tx, project, scene)
            return await review.approve(tx, LOCAL, ScenePath(project, found.id))

    _say_how_it_stands(asyncio.run(act()))


def _say_how_it_stands(scene: Scene) -> None:
    left = f", {scene.open_issues} open issues" if scene.open_issues else ""
    say(f"{scene.title!r} is {_WORDS[scene.review_status]}, at stage {scene.stage}{left}")


async def _scene(tx: Transaction, project: str, scene: str) -> Scene:
    """Find a scene by its id or its number in the film.

    Raises:
        InvalidRequestError: the project has none such.
    """
    film = await projects.find_film(tx, LOCAL, project)
    for number, found in enumerate(film.scenes, 1):
        if scene.lower() in {str(number), str(found.id)}:
            return found
    allowed = f"1 to {len(film.scenes)}, or the id of a scene of this project"
    raise InvalidRequestError([Problem("SCENE", scene, allowed)])


def _shot(scene: Scene, name: str) -> UUID:
    for shot in scene.shots:
        if name.lower() in {shot.label.lower(), str(shot.id)}:
            return shot.id
    labels = ", ".join(shot.label for shot in scene.shots) or "none, the scene has no shots"
    raise InvalidRequestError([Problem("--shot", name, f"the id or label of a shot of this scene: {labels}")])
