"""Two queues that others run, draining jobs that do nothing; only where they are installed."""

from importlib.util import find_spec
from time import perf_counter

import psycopg

from benchmarks.bench import Bench, Measure


def missing() -> list[str]:
    """Say which peers are not installed."""
    return [f"{name} skipped: not installed" for name in ("procrastinate", "pgqueuer") if not _there(name)]


def measures(bench: Bench) -> dict[str, Measure]:
    """Give the drains of the peers that are installed, each with its default settings."""
    jobs = bench.size(2_000, 1_000, 0)
    found: dict[str, Measure] = {}
    if not jobs:
        return found

    async def procrastinate() -> float:
        async with bench.server.database(empty=True) as address:
            return await _procrastinate(address, jobs)

    async def pgqueuer() -> float:
        async with bench.server.database(empty=True) as address:
            return await _pgqueuer(address, jobs)

    if _there("procrastinate"):
        found["procrastinate, no-op jobs"] = procrastinate
    if _there("pgqueuer"):
        found["pgqueuer, no-op jobs"] = pgqueuer
    return found


def _there(package: str) -> bool:
    return find_spec(package) is not None


class Stopwatch:
    """Times the jobs themselves, from the first one's start to the last one's end: generous to the peers."""

    def __init__(self) -> None:
        self._began = self._ended = 0.0
        self._jobs = 0

    def lap(self) -> None:
        """Take note of one job."""
        self._ended = perf_counter()
        self._began = self._began or self._ended
        self._jobs += 1

    @property
    def rate(self) -> float:
        """Jobs/s."""
        return self._jobs / max(self._ended - self._began, 1e-9)


async def _procrastinate(address: str, jobs: int) -> float:
    from procrastinate import App, PsycopgConnector  # noqa: PLC0415 # installed by `make bench` alone

    app, watch = App(connector=PsycopgConnector(conninfo=address)), Stopwatch()

    @app.task(name="nothing")
    async def nothing() -> None:
        watch.lap()

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await nothing.batch_defer_async(*({} for _ in range(jobs)))
        await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)
    return watch.rate


async def _pgqueuer(address: str, jobs: int) -> float:
    from pgqueuer import PgQueuer  # noqa: PLC0415 # installed by `make bench` alone
    from pgqueuer.models import Job  # noqa: PLC0415 # see above
    from pgqueuer.types import QueueExecutionMode  # noqa: PLC0415 # see above

    watch = Stopwatch()
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
        queue = PgQueuer.from_psycopg_connection(connection)
        await queue.qm.queries.install()
        await queue.qm.queries.enqueue(["nothing"] * jobs, [None] * jobs, [0] * jobs)

        @queue.entrypoint("nothing")
        async def nothing(_job: Job) -> None:
            watch.lap()

        await queue.run(mode=QueueExecutionMode.drain)
    return watch.rate
