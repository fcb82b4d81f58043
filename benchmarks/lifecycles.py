"""Whole lifecycles a second: queued to completed, with all the database work of every promise."""

import resource
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter

from benchmarks import peers, sketches
from benchmarks.bench import Bench, Measure
from benchmarks.figures import Baseline, Bound, Budget, Figure, Sample
from benchmarks.instant_provider import InstantProvider
from benchmarks.instant_storage import InstantMedia, InstantStore
from benchmarks.running import count, database_at, executing, parts_of, queue_at, until_settled
from benchmarks.workload import add_jobs, pay_for
from domain.credits import Paying
from executor.settings import ExecutorSettings

PLACES = 1_000
"""Generations in flight at most; far fewer than a real provider has at this rate."""
_PAID = "… with credits held, charged and released"
_PRICE = Decimal("0.40")
_ROW_BY_ROW, _GROUPED = "bare sketch, row by row", "bare sketch, group commit"


@dataclass(frozen=True, slots=True)
class Run:
    """What one drain of the queue took."""

    rate: float
    """Jobs/s."""
    executor_ms: float
    """Processor time per job in the executor's process."""
    database_ms: float
    """Processor time per job in all of the server's processes."""


async def measure(bench: Bench) -> Sequence[Figure]:
    """Drain queues, the product's and the others', in turns."""
    jobs = bench.size(10_000, 3_000, 200)
    runs: list[Run] = []

    async def product() -> float:
        runs.append(await drain(bench, jobs))
        return runs[-1].rate

    async def paid() -> float:
        return (await drain(bench, jobs, Paying(lambda _: _PRICE))).rate

    async def row_by_row() -> float:
        async with bench.server.database(empty=True) as address:
            return await sketches.row_by_row(address, max(jobs // 4, 100))

    async def grouped() -> float:
        async with bench.server.database(empty=True) as address:
            return await sketches.group_commit(address, jobs)

    measures: dict[str, Measure] = {"": product, _PAID: paid, _ROW_BY_ROW: row_by_row, _GROUPED: grouped}
    found = await bench.interleaved(measures | peers.measures(bench))
    ours, with_credits = found.pop(""), found.pop(_PAID)
    return [
        Figure(
            f"lifecycles of {jobs:,} jobs",
            "jobs/s",
            ours,
            [Baseline(name, sample) for name, sample in found.items()],
            Budget(Bound.AT_LEAST, 2_000),
            note="; ".join(peers.missing()),
        ),
        Figure(_PAID, "jobs/s", with_credits, [Baseline("without", ours)], Budget(Bound.AT_LEAST, 2_000)),
        Figure("… processor time per job, executor", "ms", Sample(tuple(run.executor_ms for run in runs))),
        Figure("… processor time per job, PostgreSQL", "ms", Sample(tuple(run.database_ms for run in runs))),
    ]


async def drain(bench: Bench, jobs: int, paying: Paying | None = None) -> Run:
    """Let one executor complete so many jobs on a fresh database, held for where it is paying."""
    settings = ExecutorSettings(video_concurrency=PLACES)
    async with bench.server.database() as address:
        parts = parts_of(InstantProvider(), InstantStore(), InstantMedia(), bench.memory, settings)
        add_jobs(address, jobs)
        if paying is not None:
            async with database_at(address) as database_of_orders:
                await pay_for(database_of_orders, _PRICE)
        async with queue_at(address, paying) as queue:
            began, executor, database = perf_counter(), _cpu_seconds(), bench.server.cpu_seconds()
            async with executing(queue, parts):
                await until_settled(address)
                seconds = perf_counter() - began
                executor, database = _cpu_seconds() - executor, bench.server.cpu_seconds() - database
        completed = await count(address, "completed")
    if completed != jobs:
        raise RuntimeError(f"{completed} of {jobs} jobs completed: this run measured nothing")
    return Run(jobs / seconds, executor / jobs * 1_000, database / jobs * 1_000)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
