"""Events on PostgreSQL: append them, number what is committed, follow what is numbered."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.listener import CHANNEL, hear
from db.statements import statement
from db.tables import events
from domain.events import Event, Stirred

NUMBERED = "rushes_events"
"""Where a numberer tells which projects have new events."""


class EventStore:
    """``domain.events.EventRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def append(
        self,
        project: UUID,
        kind: str,
        *,
        scene: UUID | None = None,
        job: UUID | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """See the port."""
        values = {"project_id": project, "type": kind, "scene_id": scene, "job_id": job, "data": data or {}}
        await self._connection.execute(insert(events).values(values))

    async def last(self, project: UUID) -> int:
        """See the port."""
        numbered = select(events.c.sequence).where(
            events.c.project_id == project, events.c.sequence.is_not(None)
        )
        # By both columns of uq_job_events_sequence, so that it is one probe.
        latest = numbered.order_by(events.c.project_id.desc(), events.c.sequence.desc()).limit(1)
        return await self._connection.scalar(latest) or 0

    async def unnumbered(self, project: UUID) -> bool:
        """See the port."""
        waiting = exists().where(events.c.sequence.is_(None), events.c.project_id == project)
        return bool(await self._connection.scalar(select(waiting)))


class PostgresEvents:
    """``domain.events.EventLog``; borrows the database, which its owner closes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def number(self) -> int | None:
        """See the port."""
        return await number(self._database)

    async def after(self, positions: Mapping[UUID, int], limit: int) -> Sequence[Event]:
        """See the port."""
        values = {"projects": list(positions), "positions": list(positions.values()), "limit": limit}
        async with self._database.transaction() as connection:
            found = await connection.execute(statement("events_after"), values)
            return [Event(**row) for row in found.mappings()]

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[Stirred]]:
        """See the port."""
        async with hear(self._database, CHANNEL, NUMBERED) as heard:
            yield _stirs(heard)


async def number(database: Database) -> int | None:
    """Number some committed events; see ``domain.events.EventLog.number``.

    Locks of gates, projects, scenes and jobs are never held here, and the rows that are numbered are
    locked by nobody else: no writer waits for this, and this waits for no writer.
    """
    async with database.transaction() as connection:
        if not (await connection.execute(statement("lock_numbering"))).one().held:
            return None
        return int((await connection.execute(statement("number_events"))).one().events)


async def _stirs(heard: AsyncIterator[Sequence[psycopg.Notify]]) -> AsyncIterator[Stirred]:
    async for notifications in heard:
        if not notifications:
            # After a silence of unknown length, anything may be new.
            yield Stirred(None, written=True)
            continue
        payloads = [note.payload for note in notifications if note.channel == NUMBERED]
        written = any(note.channel == CHANNEL for note in notifications)
        yield Stirred(
            None if "" in payloads else {UUID(hex=one) for p in payloads for one in p.split()}, written
        )
