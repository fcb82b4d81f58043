"""A provider's rates: many generations at a simulated xAI, and two executors at its real limits."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

import psycopg

from benchmarks.bench import Bench
from benchmarks.child import Child, running
from benchmarks.figures import Bound, Budget, Figure, Sample
from benchmarks.grok_child import busiest
from benchmarks.in_flight import filled, moment
from benchmarks.workload import add_jobs
from providers.grok.models import VIDEO_MODELS

_SUBMITS, _POLLS = 50.0, 200.0
"""A second, where many are to be in flight soon."""
_FOR_EVER, _SHORT = 86_400.0, 20.0
"""How long a generation takes."""
_EXECUTOR = "benchmarks.rates_child"


async def measure(bench: Bench) -> Sequence[Figure]:
    """Watch one executor with many generations, and then two that share xAI's own rates."""
    return [*await _many(bench), *await _together(bench)]


@asynccontextmanager
async def _xai(bench: Bench, name: str, seconds: float) -> AsyncIterator[tuple[Child, str]]:
    folder = str(bench.memory / name)
    async with running("benchmarks.grok_child", folder, str(seconds)) as child:
        yield child, (await child.answer())["url"]


async def _many(bench: Bench) -> Sequence[Figure]:
    places, seconds = bench.size(2_000, 300, 10), bench.size(60, 15, 1)
    async with bench.server.database() as address, _xai(bench, "many", _FOR_EVER) as (xai, url):
        await asyncio.to_thread(add_jobs, address, places, projects=20)
        arguments = (address, url, str(places), str(_SUBMITS), str(_POLLS), str(bench.memory))
        async with running(_EXECUTOR, *arguments) as child:
            await child.ask()
            idle, began = child.resident_bytes(), perf_counter()
            with psycopg.connect(address, autocommit=True) as connection:
                await filled(connection, places)
                took_to_fill = perf_counter() - began
                before, asked = await moment(connection, child), (await xai.ask())["polls"]
                await asyncio.sleep(seconds)
                after, answered = await moment(connection, child), (await xai.ask())["polls"]
            resident = child.resident_bytes()
    took, one = after.seconds - before.seconds, Sample.of
    return [
        Figure(
            f"{places:,} generations at a simulated xAI: memory",
            "MiB",
            one(resident / 2**20),
            note=f"filled in {took_to_fill:.0f} s, watched for {took:.0f} s; idle {idle / 2**20:.0f} MiB",
        ),
        Figure("… processor", "cores", one((after.processor - before.processor) / took)),
        Figure("… polls", "/s", one((answered - asked) / took), budget=Budget(Bound.AT_MOST, _POLLS)),
        Figure(
            "… rows written, beats aside",
            "/min",
            one(60 * (after.others - before.others) / took),
            budget=Budget(Bound.AT_MOST, 0),
        ),
        Figure("… heartbeats", "/min", one(60 * (after.beats - before.beats) / took)),
    ]


async def _together(bench: Bench) -> Sequence[Figure]:
    """Let two executors share one account for a while."""
    seconds = bench.size(120, 45, 15)
    able = next(iter(VIDEO_MODELS.values()))
    async with bench.server.database() as address, _xai(bench, "together", _SHORT) as (xai, url):
        await asyncio.to_thread(add_jobs, address, 2 * seconds, projects=5)
        one, other = ((address, url, "1000", "0", "0", str(bench.memory / name)) for name in ("one", "other"))
        async with running(_EXECUTOR, *one) as first, running(_EXECUTOR, *other) as second:
            await first.ask()
            await second.ask()
            began, before = perf_counter(), await xai.ask()
            await asyncio.sleep(seconds)
            after, took = await xai.ask(), perf_counter() - began
            left = [(await child.ask())["sent"] for child in (first, second)]
    figures = []
    for use, limit in (("submits", able.submits_per_second), ("polls", able.polls_per_second)):
        assert limit is not None
        figures += [
            Figure(
                f"two executors at xAI's own rate: most {use} that left in any second",
                "",
                Sample.of(busiest([moment for sent in left for moment in sent[use]])),
                budget=Budget(Bound.AT_MOST, limit),
                note=f"within {took:.0f} s; who waits for a processor on the way may come closer to the next",
            ),
            Figure("… that arrived in any second", "", Sample.of(after[f"busiest_{use}"])),
            Figure(f"… {use} on average", "/s", Sample.of((after[use] - before[use]) / took)),
        ]
    return figures
