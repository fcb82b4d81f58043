"""Memory while one large clip goes from the provider through the spool into storage."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import psycopg

from benchmarks.bench import Bench
from benchmarks.child import running
from benchmarks.figures import Bound, Budget, Figure, Sample
from benchmarks.running import count, until_settled
from benchmarks.workload import add_job
from storage.open import open_store
from storage.settings import StorageSettings

_BUDGET_MIB = 64


@dataclass(frozen=True, slots=True)
class Run:
    """What one clip took."""

    above_idle: float
    """MiB."""
    seconds: float


async def measure(bench: Bench) -> Sequence[Figure]:
    """Store a clip in a folder, and in a bucket where STORAGE_URL and S3_ENDPOINT_URL name one."""
    mebibytes = bench.size(1_024, 256, 8)
    stores = {"a folder": "file:"}
    if os.environ.get("S3_ENDPOINT_URL") and os.environ.get("STORAGE_URL", "").startswith("s3:"):
        stores["a bucket"] = os.environ["STORAGE_URL"]
    figures = []
    for name, address in stores.items():
        runs = [await _stream(bench, address, mebibytes) for _ in range(bench.rounds)]
        figures.append(
            Figure(
                f"memory above idle, a clip of {mebibytes:,} MiB into {name}",
                "MiB",
                Sample(tuple(run.above_idle for run in runs)),
                budget=Budget(Bound.AT_MOST, _BUDGET_MIB),
                note="the whole way but the probe, whose decoder is bounded by the frame and not by the clip"
                + ("" if len(stores) > 1 else "; a bucket is measured too where STORAGE_URL names one"),
            )
        )
        rates = Sample(tuple(mebibytes / run.seconds for run in runs))
        figures.append(Figure(f"… its speed into {name}", "MiB/s", rates))
    return figures


async def _stream(bench: Bench, storage_url: str, mebibytes: int) -> Run:
    async with bench.server.database() as address:
        arguments = (address, storage_url, str(bench.home), str(mebibytes))
        async with running("benchmarks.streaming_child", *arguments) as child:
            idle = (await child.ask())["resident"]
            began = asyncio.get_running_loop().time()
            with psycopg.connect(address, autocommit=True) as connection:
                add_job(connection, uuid4(), uuid4())
            await until_settled(address)
            seconds = asyncio.get_running_loop().time() - began
            peak = (await child.ask())["peak"]
        if not await count(address, "completed"):
            raise RuntimeError("the clip was not stored: this run measured nothing")
        await _remove(bench, address, storage_url)
    return Run((peak - idle) / 2**20, seconds)


async def _remove(bench: Bench, address: str, storage_url: str) -> None:
    with psycopg.connect(address) as connection:
        paths = connection.execute("SELECT storage_path FROM video_generation_jobs").fetchall()
    store = open_store(StorageSettings(storage_url=storage_url, rushes_home=bench.home))
    for (path,) in paths:
        await store.delete(path)
    await store.aclose()
