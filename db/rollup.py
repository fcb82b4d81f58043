"""Decide the status of scenes and projects, in the transaction that moved their jobs."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Step
from db.statements import statement


async def lock_for_roll_up(
    connection: AsyncConnection, projects: Collection[UUID], scenes: Collection[UUID]
) -> None:
    """Lock projects and scenes, in the order everybody keeps: before any of their jobs.

    Two transactions that end a scene's last two jobs thereby take turns, and the second one's roll-up
    sees the first one's job. The lock lets others insert jobs for the same scene meanwhile.
    """
    for name, values in lock_steps(projects, scenes):
        await connection.execute(statement(name), values)


async def roll_up(connection: AsyncConnection, projects: Collection[UUID], scenes: Collection[UUID]) -> None:
    """Set the status of these scenes, then of these projects, from their jobs; write an event per change.

    Films that have nothing left to wait for are queued. The caller holds the locks of ``lock_for_roll_up``
    and has already moved or inserted the jobs.
    """
    for name, values in roll_up_steps(projects, scenes):
        await connection.execute(statement(name), values)


def lock_steps(projects: Collection[UUID], scenes: Collection[UUID]) -> Sequence[Step]:
    """Give what ``lock_for_roll_up`` executes, to be sent together with the rest."""
    return [("lock_projects", {"projects": list(projects)}), ("lock_scenes", {"scenes": list(scenes)})]


def roll_up_steps(projects: Collection[UUID], scenes: Collection[UUID]) -> Sequence[Step]:
    """Give what ``roll_up`` executes, to be sent together with the rest."""
    return [
        ("roll_up_scenes", {"scenes": list(scenes)}),
        ("promote_films", {"projects": list(projects)}),
        ("roll_up_projects", {"projects": list(projects)}),
    ]
