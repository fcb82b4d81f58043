"""Change a script. What was made from something else turns stale; nothing is ever made again by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from domain.access import Caller
from domain.errors import ConflictError, InvalidRequestError, NotFoundError, Problem
from domain.events import EventType
from domain.films import Film, NewScene, NewShot, Scene, Shot
from domain.records import Transaction
from domain.statuses import JobKind
from services import projects
from services.projects import labels_for


@dataclass(frozen=True, slots=True)
class ShotPath:
    """Where a shot is said to be."""

    project: str
    """Id or receipt."""
    scene: UUID
    shot: UUID


async def edit_project(tx: Transaction, caller: Caller, project: str, changes: Mapping[str, Any]) -> Film:
    """Change a project's own words."""
    film = await _held(tx, caller, project)
    await tx.script.change_project(film.project.id, changes)
    await tx.events.append(film.project.id, EventType.PROJECT_CHANGED, data=dict(changes))
    return await _again(tx, film)


async def edit_scene(
    tx: Transaction, caller: Caller, project: str, scene: UUID, changes: Mapping[str, Any]
) -> Scene:
    """Change a scene's own words."""
    film = await _held(tx, caller, project)
    found = projects.scene_of(film, scene)
    await tx.script.change_scene(found.id, changes)
    await tx.events.append(film.project.id, EventType.SCENE_CHANGED, scene=found.id, data=dict(changes))
    return projects.scene_of(await _again(tx, film), scene)


async def edit_shot(tx: Transaction, caller: Caller, where: ShotPath, changes: Mapping[str, Any]) -> Shot:
    """Change a shot: its label, prompts, narration, duration, frames.

    Raises:
        InvalidRequestError: another shot of the scene has this label.
    """
    film = await _held(tx, caller, where.project)
    scene = projects.scene_of(film, where.scene)
    shot = _shot(scene, where.shot)
    if "label" in changes:
        _check_label(scene, shot, changes["label"])
    await tx.script.change_shot(shot.id, changes)
    data = {"shot_id": str(shot.id), **changes}
    await tx.events.append(film.project.id, EventType.SHOT_CHANGED, scene=scene.id, data=data)
    return _shot(projects.scene_of(await _again(tx, film), where.scene), where.shot)


async def add_scene(  # noqa: PLR0917 # a person's change, and where it goes
    tx: Transaction, caller: Caller, project: str, new: NewScene, position: int | None, most: int
) -> Scene:
    """Put a scene into a project, by default at its end.

    Raises:
        InvalidRequestError: there are ``most`` scenes already.
    """
    film = await _held(tx, caller, project)
    _check_room("scenes", len(film.scenes) + 1, most)
    labels = [shot.label.casefold() for shot in new.shots]
    twice = [shot.label for shot in new.shots if labels.count(shot.label.casefold()) > 1]
    if twice:
        allowed = "another shot of this scene has this label"
        raise InvalidRequestError([Problem("shots", label, allowed, label) for label in twice])
    at = _place(position, len(film.scenes))
    made = await tx.script.add_scene(film.project.id, new, at)
    await tx.events.append(film.project.id, EventType.SCENE_ADDED, scene=made, data={"position": at})
    await tx.projects.roll_up(film.project.id, [made])
    return projects.scene_of(await _again(tx, film), made)


async def add_shot(  # noqa: PLR0917 # a person's change, and where it goes
    tx: Transaction,
    caller: Caller,
    project: str,
    scene: UUID,
    new: NewShot,
    position: int | None,
    most: int,
) -> Shot:
    """Put a shot into a scene, by default at its end. Without a label it gets the next usual one.

    Raises:
        InvalidRequestError: another shot has this label, or there are ``most`` shots already.
    """
    film = await _held(tx, caller, project)
    found = projects.scene_of(film, scene)
    _check_room("shots", len(found.shots) + 1, most)
    at = _place(position, len(found.shots))
    if new.label:
        _check_label(found, None, new.label)
    labels: list[str | None] = [shot.label for shot in found.shots]
    label = labels_for(film.scenes.index(found), [*labels, new.label or None])[-1]
    await tx.script.add_shots(film.project.id, found.id, [replace(new, label=label)], at)
    await tx.projects.roll_up(film.project.id, [found.id])
    after = projects.scene_of(await _again(tx, film), scene)
    made = next(shot for shot in after.shots if shot.label == label)
    data = {"shot_id": str(made.id), "label": label, "position": at}
    await tx.events.append(film.project.id, EventType.SHOT_ADDED, scene=found.id, data=data)
    return made


async def choose_take(
    tx: Transaction, caller: Caller, where: ShotPath, job: UUID | None, kind: JobKind = JobKind.VIDEO
) -> Shot:
    """Let a take stand for its shot, or with ``None`` the newest again.

    ``kind`` counts where no job is named. A film that waited for nothing else is queued by it.

    Raises:
        NotFoundError: the shot has no such take.
        ConflictError: ``not_stored_yet``: there is nothing to show for it.
    """
    film = await _held(tx, caller, where.project)
    scene = projects.scene_of(film, where.scene)
    shot = _shot(scene, where.shot)
    if job is not None:
        take = await tx.jobs.get(job)
        if take is None or take.shot_id != shot.id or take.kind is JobKind.FILM:
            raise NotFoundError("this shot has no such take")
        if take.storage_path is None:
            raise ConflictError(f"this take is {take.status}; nothing is stored of it", "not_stored_yet")
        kind = take.kind
    await tx.script.choose([shot.id], kind, job)
    if kind is JobKind.VIDEO and job != shot.chosen_job_id:
        await tx.reviews.reopen(scene.id)
    data = {"shot_id": str(shot.id), "kind": kind, "chosen": None if job is None else str(job)}
    await tx.events.append(film.project.id, EventType.SHOT_TAKE_CHOSEN, scene=scene.id, job=job, data=data)
    await tx.projects.roll_up(film.project.id, [scene.id])
    return _shot(projects.scene_of(await _again(tx, film), where.scene), where.shot)


async def _held(tx: Transaction, caller: Caller, project: str) -> Film:
    return await projects.locked_film(tx, await projects.find(tx, caller, project))


async def _again(tx: Transaction, film: Film) -> Film:
    found = await tx.projects.film(film.project.id)
    assert found is not None, "locked in this transaction"
    return found


def _shot(scene: Scene, shot: UUID) -> Shot:
    for found in scene.shots:
        if found.id == shot:
            return found
    raise NotFoundError("there is no such shot in this scene")


def _check_label(scene: Scene, shot: Shot | None, label: str) -> None:
    others: Sequence[Shot] = [other for other in scene.shots if shot is None or other.id != shot.id]
    if any(other.label.casefold() == label.casefold() for other in others):
        raise InvalidRequestError(
            [Problem("label", label, "another shot of this scene has this label", label)]
        )


def _check_room(what: str, wanted: int, most: int) -> None:
    if wanted > most:
        raise InvalidRequestError([Problem(what, wanted, f"at most {most}")])


def _place(position: int | None, there: int) -> int:
    """Give where something new goes; beyond the end is at the end."""
    return there + 1 if position is None else min(position, there + 1)
