"""Find and create projects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.access import Caller
from domain.errors import InvalidRequestError, NotAllowedError, NotFoundError, Problem
from domain.films import Film, NewProject, Project, Scene
from domain.paging import Page, Position
from domain.records import Transaction
from domain.statuses import JobStatus

_RECEIPT = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}")


def label_of(scene: int, shot: int) -> str:
    """Give the usual label of a shot, both counted from 0: ``1A``, ``1B``, and after ``1Z``, ``1AA``."""
    letters = ""
    number = shot + 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{scene + 1}{letters}"


def labels_for(scene: int, given: list[str | None]) -> list[str]:
    """Give every shot of a scene its label: its own, or the next usual one that no other shot has."""
    taken = {label.casefold() for label in given if label}
    labels = []
    for position, own in enumerate(given):
        label, number = own, position
        while not label:
            usual = label_of(scene, number)
            label = None if usual.casefold() in taken else usual
            number += 1
        taken.add(label.casefold())
        labels.append(label)
    return labels


def reference(text: str) -> UUID | str:
    """Read a project's id or receipt.

    Raises:
        InvalidRequestError: it is neither.
    """
    if _RECEIPT.fullmatch(text.upper()):
        return text.upper()
    try:
        return UUID(text)
    except ValueError:
        allowed = "a project's id (UUID) or receipt, such as AF83-0B6D"
        raise InvalidRequestError([Problem("project_id", text, allowed)]) from None


async def find(tx: Transaction, caller: Caller, text: str) -> Project:
    """Give a project by its id or receipt.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    found = await tx.projects.find(reference(text))
    if found is None or not caller.sees(found.id):
        raise NotFoundError("there is no such project")
    return found


async def find_scene(tx: Transaction, project: Project, scene: UUID) -> Scene:
    """Give a scene of this project with its shots.

    Raises:
        NotFoundError: the project has no such scene.
    """
    found = await tx.projects.scene(project.id, scene)
    if found is None:
        raise NotFoundError("there is no such scene in this project")
    return found


def scene_of(film: Film, scene: UUID) -> Scene:
    """Give a scene of a film that was read already.

    Raises:
        NotFoundError: the film has no such scene.
    """
    for found in film.scenes:
        if found.id == scene:
            return found
    raise NotFoundError("there is no such scene in this project")


async def find_film(tx: Transaction, caller: Caller, text: str) -> Film:
    """Give a project with everything in it."""
    project = await find(tx, caller, text)
    film = await tx.projects.film(project.id)
    if film is None:
        raise NotFoundError("there is no such project")
    return film


async def locked_film(tx: Transaction, project: Project) -> Film:
    """Give a project with everything in it, held with its scenes until the transaction ends.

    Whoever changes it, or moves many of its jobs, takes turns here and sees what the others did.
    """
    before = await tx.projects.film(project.id)
    await tx.projects.lock(project.id, [scene.id for scene in before.scenes] if before else [])
    film = await tx.projects.film(project.id)
    if film is None:
        raise NotFoundError("there is no such project")
    return film


async def create(tx: Transaction, caller: Caller, new: NewProject) -> Film:
    """Write a project.

    Raises:
        NotAllowedError: the caller's key is for certain projects, and this would be another one.
    """
    if caller.project_ids is not None:
        raise NotAllowedError("this key is for certain projects and cannot create another one")
    return await tx.projects.create(new)


@dataclass(frozen=True, slots=True)
class Listed:
    """A project in a list."""

    project: Project
    counts: Mapping[JobStatus, int]
    """Its video jobs by status; statuses without any may be missing."""


async def page(tx: Transaction, caller: Caller, after: Position | None, limit: int) -> Page[Listed]:
    """List the caller's projects, newest first."""
    found = await tx.projects.page(within=caller.project_ids, after=after, limit=limit)
    counts = await tx.projects.counts([project.id for project in found.data])
    return Page([Listed(project, counts.get(project.id, {})) for project in found.data], found.next)
