"""What finished jobs cost the living: claim, roll-up and render status beside 10 thousand and many more."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from time import perf_counter
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import text

from benchmarks.bench import Bench
from benchmarks.figures import Baseline, Bound, Budget, Figure, Sample
from benchmarks.running import database_at
from benchmarks.workload import add_jobs
from db.engine import Database
from db.queue import PostgresQueue
from db.records import PostgresRecords
from db.rollup import lock_for_roll_up, roll_up
from domain.access import LOCAL
from domain.ports import Lane
from domain.statuses import JobKind
from services.progress import film_progress

_FEW = 10_000
_MANY, _FULL = 1_000_000, 10_000_000
_PER_SCENE, _PER_PROJECT = 20, 500
_ROOM = 10
_BUDGET = 1.2
_FILL: tuple[LiteralString, ...] = (
    # As after years, without the years: no trigger, no notification.
    "SET session_replication_role = replica",
    """
    INSERT INTO projects (id) SELECT CAST(md5('old project ' || p) AS uuid)
    FROM generate_series(0, %(rows)s / %(per_project)s) p
    """,
    """
    INSERT INTO scenes (id, project_id, position, render_status)
    SELECT CAST(md5('old scene ' || s) AS uuid),
           CAST(md5('old project ' || s * %(per_scene)s / %(per_project)s) AS uuid), s, 'complete'
    FROM generate_series(0, %(rows)s / %(per_scene)s) s
    """,
    """
    INSERT INTO video_generation_jobs (
        id, project_id, scene_id, status, provider, model, prompt, duration_seconds, attempt_count, progress,
        provider_job_id, video_url, storage_path, sha256, size_bytes, actual_cost, created_at,
        processing_started_at, completed_at, finished_at)
    SELECT CAST(md5('old job ' || n) AS uuid), CAST(md5('old project ' || n / %(per_project)s) AS uuid),
           CAST(md5('old scene ' || n / %(per_scene)s) AS uuid), 'completed', 'instant', 'instant-1',
           'a door opens', 8, 1, 100, 'x', 'x', 'x', 'x', 1, 0.8,
           t.moment, t.moment, t.moment + interval '1 minute', t.moment + interval '1 minute'
    FROM generate_series(0, %(rows)s - 1) n,
         LATERAL (SELECT now() - interval '1 year' + n * interval '1 second' AS moment) t
    """,
    """
    INSERT INTO job_attempts (
        id, job_id, number, provider, model, state, request, landing, provider_job_id, finished_at)
    SELECT CAST(md5('old attempt ' || n) AS uuid), CAST(md5('old job ' || n) AS uuid), 1, 'instant',
           'instant-1', 'succeeded', '{}', 'x', 'x', now()
    FROM generate_series(0, %(rows)s - 1) n
    """,
    "SET session_replication_role = origin",
)
_ANY_LIVING = (
    "SELECT project_id, scene_id FROM video_generation_jobs WHERE status = 'queued' ORDER BY id LIMIT 1"
)

Timed = Callable[[Database, UUID, UUID], Awaitable[None]]


async def measure(bench: Bench) -> Sequence[Figure]:
    """Time the same calls in databases that differ in their past alone, in turns."""
    few, repeats = bench.size(_FEW, _FEW, 500), bench.size(200, 60, 3)
    sizes = [few, bench.size(_MANY, 100_000, 1_000), *([_FULL] if bench.full else [])]
    async with AsyncExitStack() as stack:
        pools = {}
        for size in sizes:
            address = await stack.enter_async_context(bench.server.database())
            await asyncio.to_thread(_fill, address, size)
            pools[size] = await stack.enter_async_context(database_at(address))
        found = {name: await _in_turns(timed, pools, repeats) for name, timed in _TIMED.items()}
    return [
        Figure(
            f"{name} with {size:,} finished rows",
            "ms",
            samples[size],
            [Baseline(f"with {few:,}", samples[few])],
            Budget(Bound.AT_MOST, _BUDGET, of_ratio=True),
        )
        for name, samples in found.items()
        for size in sizes[1:]
    ]


async def _in_turns(timed: Timed, pools: Mapping[int, Database], repeats: int) -> dict[int, Sample]:
    found: dict[int, list[float]] = {size: [] for size in pools}
    # The first calls find their plans and warm their caches.
    warm_up = 10
    project, scene = await _living(next(iter(pools.values())))
    for turn in range(warm_up + repeats):
        for size, database in pools.items():
            began = perf_counter()
            await timed(database, project, scene)
            if turn >= warm_up:
                found[size].append((perf_counter() - began) * 1_000)
    # The spread of single calls is the machine's; that of ten medians says how sure the median is.
    return {size: Sample(tuple(_medians(values))) for size, values in found.items()}


def _medians(values: Sequence[float]) -> Sequence[float]:
    parts = min(10, len(values))
    return [statistics.median(values[part::parts]) for part in range(parts)]


async def _living(database: Database) -> tuple[UUID, UUID]:
    """Give a project that is being rendered, the same in every database, and one of its scenes."""
    statement = text(_ANY_LIVING)
    async with database.engine.connect() as connection:
        found = (await connection.execute(statement)).one()
    return found.project_id, found.scene_id


async def _claim(database: Database, _project: UUID, _scene: UUID) -> None:
    lane = Lane(JobKind.VIDEO, "instant", "instant-1", 1_000_000, is_default=True)
    if len(await PostgresQueue(database).claim(uuid4(), lane, _ROOM)) != _ROOM:
        raise RuntimeError("there was too little to claim: this run measured nothing")


async def _adopt(database: Database, _project: UUID, _scene: UUID) -> None:
    """Look for orphans, as every round does, and find none."""
    await PostgresQueue(database).adopt(uuid4(), ["instant"], dead_too=True, limit=500)


async def _roll_up(database: Database, project: UUID, scene: UUID) -> None:
    async with database.transaction() as connection:
        await lock_for_roll_up(connection, [project], [scene])
        await roll_up(connection, [project], [scene])


async def _render_status(database: Database, project: UUID, _scene: UUID) -> None:
    async with PostgresRecords(database).transaction() as records:
        await film_progress(records, LOCAL, str(project))


_TIMED: Mapping[str, Timed] = {
    "claim of 10": _claim,
    "look for orphans": _adopt,
    "roll-up": _roll_up,
    "render status": _render_status,
}


def _fill(address: str, rows: int) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in _FILL:
            values = {"rows": rows, "per_scene": _PER_SCENE, "per_project": _PER_PROJECT}
            connection.execute(statement, values if "%(" in statement else None)
    # What is measured: films of today, more of their jobs than all claims take.
    add_jobs(address, 5_000)
