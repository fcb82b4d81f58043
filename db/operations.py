"""What the API asks about executors, gates and queues, on PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from db import tables
from db.statements import statement
from domain.job import Job
from domain.operations import ExecutorState, Failures, GateState, Happening, Pace, QueueDepth, QueueTurn
from domain.ports import Lane
from domain.rates import Booking, Rate
from domain.statuses import JobKind, JobStatus

_executors, _gates, _rates, _events = tables.executors, tables.gates, tables.rates, tables.events


class OperationStore:
    """``domain.records.OperationRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection, *, expiry: timedelta = timedelta(seconds=10)) -> None:
        self._connection = connection
        self._expiry = expiry

    async def executors(self) -> Sequence[ExecutorState]:
        """See the port."""
        alive = (_executors.c.heartbeat_at > func.now() - self._expiry).label("alive")
        query = select(_executors, alive).where(_executors.c.stopped_at.is_(None))
        found = await self._connection.execute(query.order_by(_executors.c.started_at))
        return [
            ExecutorState(
                id=row["id"],
                name=row["name"],
                lanes=_lanes(row["settings"]),
                alive=row["alive"],
                settings={name: value for name, value in row["settings"].items() if name != "lanes"},
            )
            for row in found.mappings()
        ]

    async def gates(self) -> Sequence[GateState]:
        """See the port."""
        # A probe that is out keeps everything else back just as a pause does.
        until = func.greatest(_gates.c.paused_until, _gates.c.probed_until)
        query = select(_gates, until.label("until"), (until > func.now()).label("lasting"))
        query = query.order_by(_gates.c.provider, _gates.c.kind)
        return [
            GateState(
                provider=row["provider"],
                kind=JobKind(row["kind"]),
                in_flight=row["in_flight"],
                faults=row["faults"],
                paused_until=row["until"] if row["lasting"] else None,
                paused_reason=row["paused_reason"] if row["lasting"] else None,
            )
            for row in (await self._connection.execute(query)).mappings()
        ]

    async def bookings(self) -> Sequence[Booking]:
        """See the port."""
        left = func.extract("epoch", _rates.c.free_at - func.now())
        query = select(_rates, left.label("seconds")).order_by(
            _rates.c.provider, _rates.c.kind, _rates.c.model
        )
        return [
            Booking(row["provider"], JobKind(row["kind"]), row["model"], max(0.0, float(row["seconds"])))
            for row in (await self._connection.execute(query)).mappings()
        ]

    async def depths(self) -> Sequence[QueueDepth]:
        """See the port. A waiting film, which has no shot, is not counted: nothing indexes it."""
        found = await self._connection.execute(statement("depths"))
        return [QueueDepth(JobStatus(row.status), JobKind(row.kind), row.provider, row.jobs) for row in found]

    async def failures(self, within: timedelta) -> Sequence[Failures]:
        """See the port."""
        found = await self._connection.execute(statement("failures"), {"seconds": within.total_seconds()})
        return [Failures(row.error_code, JobKind(row.kind), row.provider, row.jobs) for row in found]

    async def happenings(self, limit: int) -> Sequence[Happening]:
        """See the port."""
        columns = (_events.c[name] for name in ("type", "project_id", "job_id", "data", "created_at"))
        found = await self._connection.execute(select(*columns).order_by(_events.c.id.desc()).limit(limit))
        return [Happening(**row) for row in found.mappings()]

    async def turn(self, job: Job, *, default_provider: str) -> QueueTurn:
        """See the port."""
        provider = job.provider or default_provider
        values = {
            "job": job.id,
            "project": job.project_id,
            "kind": job.kind,
            "priority": job.priority,
            "run_after": job.run_after,
            "provider": provider,
            "is_default": provider == default_provider,
        }
        row = (await self._connection.execute(statement("turn"), values)).one()
        return QueueTurn(row.ahead, row.exact)

    async def paces(self, kind: JobKind) -> Sequence[Pace]:
        """See the port."""
        found = await self._connection.execute(statement("paces"), {"kind": kind})
        return [Pace(**row) for row in found.mappings()]

    async def now(self) -> datetime:
        """See the port."""
        moment = await self._connection.scalar(select(func.now()))
        assert isinstance(moment, datetime), "now() is never null"
        return moment

    async def schema_revision(self) -> str | None:
        """See the port."""
        made = await self._connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
        if not made:
            return None
        found = await self._connection.scalar(text("SELECT version_num FROM alembic_version"))
        return None if found is None else str(found)


def _lanes(settings: Mapping[str, Any]) -> tuple[Lane, ...]:
    """Read the lanes that an executor says it serves; one of another release may say it differently."""
    found = []
    for lane in settings.get("lanes", ()):
        try:
            here = lane.get("most_here")
            found.append(
                Lane(
                    kind=JobKind(lane["kind"]),
                    provider=str(lane["provider"]),
                    model=str(lane["model"]),
                    limit=int(lane["limit"] if here is None else here),
                    is_default=bool(lane["is_default"]),
                    most_here=None if here is None else int(here),
                    rates={str(model): Rate(**rate) for model, rate in lane.get("rates", {}).items()},
                )
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
    return tuple(found)
