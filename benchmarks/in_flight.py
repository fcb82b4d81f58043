"""Tens of thousands of generations in flight in one executor: what they cost it, and the database."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from uuid import uuid4

import psycopg

from benchmarks.bench import Bench
from benchmarks.child import Child, running
from benchmarks.figures import Baseline, Bound, Budget, Figure, Sample
from benchmarks.in_flight_child import POLLS_PER_SECOND
from benchmarks.running import queue_at
from benchmarks.workload import add_jobs
from domain.ports import ExecutorCard

_BEAT_LOOK_SECONDS = 0.25
_REPORTED_SECONDS = 11.0
"""A connection that has gone idle tells what it wrote after ten seconds at the latest."""
_WRITES = """
SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FILTER (WHERE relname <> 'executors') AS others,
       sum(n_tup_upd) FILTER (WHERE relname = 'executors') AS beats
FROM pg_stat_user_tables
"""
_AGE = "SELECT extract(epoch FROM clock_timestamp() - max(heartbeat_at))::float8 FROM executors"


@dataclass(frozen=True, slots=True)
class Moment:
    """The counters at one time."""

    seconds: float
    processor: float
    polls: int
    others: int
    """Rows written to any table but the heartbeats'."""
    beats: int


async def measure(bench: Bench) -> Sequence[Figure]:
    """Fill one executor to the brim and watch it for a while. One round: it takes minutes."""
    places, seconds = bench.size(27_000, 2_000, 50), bench.size(60, 15, 1)
    async with bench.server.database() as address:
        await asyncio.to_thread(add_jobs, address, places, projects=100)
        async with running("benchmarks.in_flight_child", address, str(places), str(bench.memory)) as child:
            await child.ask()
            idle = child.resident_bytes()
            began = perf_counter()
            with psycopg.connect(address, autocommit=True) as connection:
                await filled(connection, places)
                took_to_fill = perf_counter() - began
                before = await moment(connection, child)
                oldest = await _oldest_beat(connection, seconds)
                after = await moment(connection, child)
            resident = child.resident_bytes()
        beats, leases = await _beats(address, bench.rounds)
    took, polls = after.seconds - before.seconds, after.polls - before.polls
    one = Sample.of
    return [
        Figure(
            f"{places:,} generations in flight: memory",
            "MiB",
            one(resident / 2**20),
            budget=Budget(Bound.AT_MOST, 1_024),
            note=f"filled in {took_to_fill:.0f} s, watched for {took:.0f} s",
        ),
        Figure("… memory per generation", "KiB", one((resident - idle) / places / 2**10)),
        Figure(
            "… processor",
            "cores",
            one((after.processor - before.processor) / took),
            budget=Budget(Bound.AT_MOST, 1),
        ),
        Figure("… polls", "/s", one(polls / took), budget=Budget(Bound.AT_MOST, POLLS_PER_SECOND * 1.05)),
        Figure(
            "… rows written per poll, beats aside",
            "rows",
            one((after.others - before.others) / max(polls, 1)),
            budget=Budget(Bound.AT_MOST, 0),
        ),
        Figure("… heartbeats", "/s", one((after.beats - before.beats) / took)),
        Figure("… oldest heartbeat seen", "s", one(oldest), budget=Budget(Bound.AT_MOST, 6)),
        Figure(
            "… one heartbeat", "ms", beats, [Baseline("renewing a lease on every one of the jobs", leases)]
        ),
    ]


async def filled(connection: psycopg.Connection, places: int) -> None:
    """Wait until every handle is committed."""
    question = "SELECT count(*) FROM video_generation_jobs WHERE in_hand AND status = 'generating'"
    while connection.execute(question).fetchall()[0][0] < places:  # noqa: ASYNC110 # the event is in another process
        await asyncio.sleep(0.5)


async def _beats(address: str, rounds: int) -> tuple[Sample, Sample]:
    """Time a heartbeat, and beside it what renewing every job's lease would take."""
    beats, leases = list[float](), list[float]()
    card = ExecutorCard(uuid4(), "bench", "localhost", 1)
    async with queue_at(address) as queue:
        with psycopg.connect(address) as connection:
            for _ in range(rounds + 1):
                began = perf_counter()
                await queue.beat(card)
                beaten = perf_counter()
                connection.execute("UPDATE video_generation_jobs SET claim_count = claim_count WHERE in_hand")
                connection.commit()
                beats.append((beaten - began) * 1_000)
                leases.append((perf_counter() - beaten) * 1_000)
    # The first of each also paid for its connection.
    return Sample(tuple(beats[1:])), Sample(tuple(leases[1:]))


async def moment(connection: psycopg.Connection, child: Child) -> Moment:
    """Read all counters, once the database has reported what it wrote."""
    await asyncio.sleep(_REPORTED_SECONDS)
    polls = (await child.ask())["polls"]
    connection.execute("SELECT pg_stat_clear_snapshot()")
    others, beats = connection.execute(_WRITES).fetchall()[0]
    return Moment(perf_counter(), child.cpu_seconds(), polls, int(others or 0), int(beats or 0))


async def _oldest_beat(connection: psycopg.Connection, seconds: float) -> float:
    oldest, until = 0.0, perf_counter() + seconds
    while perf_counter() < until:
        oldest = max(oldest, connection.execute(_AGE).fetchall()[0][0])
        await asyncio.sleep(_BEAT_LOOK_SECONDS)
    return oldest
