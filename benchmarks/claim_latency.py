"""From a row's commit to its claim by an executor that has nothing else to do."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from uuid import UUID, uuid4

import psycopg

from benchmarks.bench import Bench
from benchmarks.figures import Baseline, Bound, Budget, Figure, Sample
from benchmarks.instant_provider import InstantProvider
from benchmarks.instant_storage import InstantMedia, InstantStore
from benchmarks.running import database_at, executing, finish, parts_of, until_settled
from benchmarks.workload import add_job
from db.engine import Database
from db.queue import PostgresQueue
from domain.job import Claim
from domain.ports import Lane
from executor.settings import ExecutorSettings

_GAP_SECONDS = 0.02
_LONGEST_WAIT = 30.0
_CENTILES = {"p50": 50, "p99": 99}
_BUDGETS = {"p50": 4, "p99": 15}


class TimedQueue(PostgresQueue):
    """Remembers when each claim was committed."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.claimed: dict[UUID, float] = {}
        self.last = asyncio.Event()

    async def claim(self, executor: UUID, lane: Lane, room: int) -> Sequence[Claim]:
        """Claim, and look at the clock."""
        claims = await super().claim(executor, lane, room)
        now = perf_counter()
        self.claimed |= {claim.job.scene_id: now for claim in claims if claim.job.scene_id}
        if claims:
            self.last.set()
        return claims


async def measure(bench: Bench) -> Sequence[Figure]:
    """Insert one row at a time, at least 20 ms apart, here and with nothing but LISTEN and NOTIFY."""
    inserts = bench.size(300, 100, 5)
    found: dict[str, dict[str, list[float]]] = {name: {"p50": [], "p99": []} for name in ("ours", "bare")}
    for turn in range(bench.rounds):
        for name, take in _turned({"ours": _product, "bare": _bare}, turn):
            waits = await take(bench, inserts)
            for centile, values in found[name].items():
                values.append(_centile(waits, _CENTILES[centile]))
    return [
        Figure(
            f"commit to claim, {centile} of {inserts}",
            "ms",
            Sample(tuple(found["ours"][centile])),
            [Baseline("bare LISTEN, NOTIFY, UPDATE", Sample(tuple(found["bare"][centile])))],
            Budget(Bound.AT_MOST, _BUDGETS[centile]),
            note="without notifications a row waits for POLL_INTERVAL_SECONDS (5 s) at most"
            if centile == "p50"
            else "",
        )
        for centile in _CENTILES
    ]


Take = Callable[[Bench, int], Awaitable[Sequence[float]]]


def _turned(takes: dict[str, Take], turn: int) -> list[tuple[str, Take]]:
    order = list(takes.items())
    return order if turn % 2 == 0 else order[::-1]


def _centile(waits: Sequence[float], percent: int) -> float:
    return statistics.quantiles(waits, n=100, method="inclusive")[percent - 1] * 1_000


async def _product(bench: Bench, inserts: int) -> Sequence[float]:
    """Give the waits in seconds, from the return of each insert's commit."""
    async with bench.server.database() as address, database_at(address) as database:
        queue = TimedQueue(database)
        parts = parts_of(InstantProvider(), InstantStore(), InstantMedia(), bench.memory, ExecutorSettings())
        async with executing(queue, parts):
            committed = await _insert(address, inserts, queue.last)
    return [queue.claimed[scene] - moment for scene, moment in committed.items()]


async def _insert(address: str, inserts: int, claimed: asyncio.Event) -> dict[UUID, float]:
    """Insert rows one by one, each when there is nothing left to do and the gap is over; say when."""
    project, committed = uuid4(), dict[UUID, float]()
    with psycopg.connect(address, autocommit=True) as connection:
        for _ in range(inserts):
            scene = uuid4()
            claimed.clear()
            # In a thread of its own, as in a process of its own: the loop hears of it when it is committed.
            committed[scene] = await asyncio.to_thread(_committed, connection, project, scene)
            async with asyncio.timeout(_LONGEST_WAIT):
                await claimed.wait()
                # On a busy machine a job's life takes longer than the gap, and the executor is to be idle.
                await until_settled(address)
            await asyncio.sleep(_GAP_SECONDS)
    return committed


def _committed(connection: psycopg.Connection, project: UUID, scene: UUID) -> float:
    add_job(connection, project, scene)
    return perf_counter()


async def _bare(bench: Bench, inserts: int) -> Sequence[float]:
    """Give the waits of the shortest loop there is."""
    waits: list[float] = []
    async with bench.server.database(empty=True) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE TABLE bare (id uuid PRIMARY KEY, claimed boolean DEFAULT false)")
            claimed, listening = dict[UUID, float](), asyncio.Event()
            arrived = asyncio.Event()
            listener = asyncio.create_task(_listen(address, claimed, listening, arrived))
            await listening.wait()
            for _ in range(inserts):
                row = uuid4()
                arrived.clear()
                moment = await asyncio.to_thread(_notify, connection, row)
                async with asyncio.timeout(_LONGEST_WAIT):
                    await arrived.wait()
                waits.append(claimed[row] - moment)
                await asyncio.sleep(_GAP_SECONDS)
            await finish(listener)
    return waits


def _notify(connection: psycopg.Connection, row: UUID) -> float:
    with connection.transaction():
        connection.execute("INSERT INTO bare (id) VALUES (%s)", (row,))
        connection.execute("NOTIFY bare")
    return perf_counter()


async def _listen(
    address: str, claimed: dict[UUID, float], listening: asyncio.Event, arrived: asyncio.Event
) -> None:
    connect = psycopg.AsyncConnection.connect
    async with (
        await connect(address, autocommit=True) as ears,
        await connect(address, autocommit=True) as hands,
    ):
        await ears.execute("LISTEN bare")
        listening.set()
        async for _ in ears.notifies():
            done = await hands.execute("UPDATE bare SET claimed = true WHERE NOT claimed RETURNING id")
            found = await done.fetchall()
            claimed |= dict.fromkeys((row[0] for row in found), perf_counter())
            arrived.set()
