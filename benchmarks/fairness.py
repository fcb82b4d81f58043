"""How long one small project waits for its first clip while another one floods the queue."""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from uuid import UUID, uuid4

import psycopg

from benchmarks.bench import Bench
from benchmarks.figures import Baseline, Bound, Budget, Figure, Sample
from benchmarks.instant_provider import InstantProvider
from benchmarks.instant_storage import InstantMedia, InstantStore
from benchmarks.running import executing, parts_of, queue_at
from benchmarks.workload import add_job, add_jobs
from executor.settings import ExecutorSettings

_PLACES = 10
_FLOOD = 10_000
_BUDGET = 2
_LONGEST_WAIT = 300.0
_LOOK_SECONDS = 0.005


async def measure(bench: Bench) -> Sequence[Figure]:
    """Let small projects come one after the other, into an idle system and into a flooded one."""
    seconds, projects = (0.1, 2) if bench.tiny else (0.5, 5) if bench.quick else (1.0, 10)
    async with bench.server.database() as address, queue_at(address) as queue:
        parts = parts_of(
            InstantProvider(seconds),
            InstantStore(),
            InstantMedia(),
            bench.memory,
            ExecutorSettings(video_concurrency=_PLACES, drain_seconds=0),
        )
        async with executing(queue, parts):
            alone = [await _wait(address) for _ in range(projects)]
            await asyncio.to_thread(add_jobs, address, bench.size(_FLOOD, _FLOOD, 100), projects=1)
            flooded = [await _wait(address) for _ in range(projects)]
    baseline = Baseline("alone", Sample(tuple(alone)))
    behind = _FLOOD * seconds / _PLACES / 60
    note = (
        f"{_PLACES} places, generations of {seconds:g} s; behind the flood it would be {behind:.0f} minutes"
    )
    budget = Budget(Bound.AT_MOST, _BUDGET, of_ratio=True)
    return [
        Figure(
            f"first clip of a small project beside {_FLOOD:,} of another",
            "s",
            Sample(tuple(flooded)),
            [baseline],
            budget,
            note,
        ),
        Figure("… the longest of all", "s", Sample.of(max(flooded)), [baseline], budget),
    ]


async def _wait(address: str) -> float:
    """Give the seconds from a new project's first row to its clip."""
    project = uuid4()
    async with asyncio.timeout(_LONGEST_WAIT):
        with psycopg.connect(address, autocommit=True) as connection:
            began = perf_counter()
            add_job(connection, project, uuid4())
            while not _completed(connection, project):  # noqa: ASYNC110 # the database is where it shows
                await asyncio.sleep(_LOOK_SECONDS)
            return perf_counter() - began


def _completed(connection: psycopg.Connection, project: UUID) -> bool:
    question = (
        "SELECT EXISTS (SELECT FROM video_generation_jobs WHERE project_id = %s AND status = 'completed')"
    )
    return bool(connection.execute(question, (project,)).fetchall()[0][0])
