"""kill -9 of an executor with jobs in flight, until another one carries them on; real processes."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import LiteralString
from uuid import uuid4

import psycopg

from benchmarks.bench import Bench
from benchmarks.figures import Bound, Budget, Figure, Sample
from benchmarks.running import count, finish, until_settled
from benchmarks.workload import add_jobs
from executor.heart import EXPIRY_SECONDS
from providers.mock.ledger import Ledger

COMMAND = Path(sys.executable).with_name("rushes")
_JOBS = 10
_GENERATION_SECONDS = 45
"""Long enough to be still running when the other executor has them."""
_LONGEST_WAIT = 120.0
_LOOK_SECONDS = 0.02
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG")


async def measure(bench: Bench) -> Sequence[Figure]:
    """Kill one of two executors, with default settings. Takes a minute a round."""
    if not COMMAND.exists():
        return []
    runs = [await _take_over(bench) for _ in range(bench.rounds)]
    return [
        Figure(
            f"kill -9 to {_JOBS} jobs resumed elsewhere",
            "s",
            Sample(tuple(seconds for seconds, _ in runs)),
            budget=Budget(Bound.AT_MOST, 15),
        ),
        Figure(
            "… submitted again",
            "jobs",
            Sample(tuple(float(again) for _, again in runs)),
            budget=Budget(Bound.AT_MOST, 0),
            note="by the mock's own books, after every clip was stored",
        ),
    ]


async def _take_over(bench: Bench) -> tuple[float, int]:
    home = bench.home / uuid4().hex
    async with bench.server.database() as address:
        settings = {
            "DATABASE_URL": address,
            "RUSHES_HOME": str(home),
            "VIDEO_CONCURRENCY": str(_JOBS),
            "MOCK_DELAY_SECONDS": str(_GENERATION_SECONDS),
        }
        async with _executor(bench.home, settings) as first:
            add_jobs(address, _JOBS, projects=1, seconds=1, resolution="480p")
            await _until(address, "generating")
            async with _executor(bench.home, settings):
                # As in a fleet that has been running for a while: nobody rescues in his first seconds.
                await asyncio.sleep(EXPIRY_SECONDS + 2)
                first.kill()
                killed = perf_counter()
                await _until(address, "resumed")
                seconds = perf_counter() - killed
                await until_settled(address)
        if await count(address, "completed") != _JOBS:
            raise RuntimeError("not every clip was stored")
    ledger = Ledger(home / "mock" / "ledger.sqlite3")
    again = ledger.count() - _JOBS
    ledger.close()
    return seconds, again


_QUESTIONS: Mapping[str, LiteralString] = {
    "generating": "SELECT count(*) FROM video_generation_jobs WHERE status = 'generating'",
    "resumed": "SELECT count(*) FROM video_generation_jobs WHERE claim_count = 2",
}


async def _until(address: str, question: str) -> None:
    async with asyncio.timeout(_LONGEST_WAIT):
        with psycopg.connect(address, autocommit=True) as connection:
            while connection.execute(_QUESTIONS[question]).fetchall()[0][0] < _JOBS:  # noqa: ASYNC110 # the event is in another process
                await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def _executor(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``rushes executor`` until the block is over; ready when it begins."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        "executor",
        cwd=folder,
        env={**environment, **settings, "LOG_FORMAT": "json"},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    reading: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(_LONGEST_WAIT):
            await _ready(process.stderr)
        reading = asyncio.create_task(_drop(process.stderr))
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        if reading is not None:
            await finish(reading)


async def _ready(lines: asyncio.StreamReader) -> None:
    async for line in lines:
        if line.startswith(b"{") and json.loads(line).get("action") == "executor_ready":
            return
    raise RuntimeError("the executor ended before it was ready")


async def _drop(lines: asyncio.StreamReader) -> None:
    """Read on, or the executor would stand still once the pipe is full."""
    async for _ in lines:
        pass
