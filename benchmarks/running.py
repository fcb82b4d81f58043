"""One executor in this process, over a database of the benchmark's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg

from benchmarks.instant_storage import NoFetcher
from db.engine import Database, parse_url
from db.queue import PostgresQueue
from domain.credits import Paying
from domain.media import MediaTool
from domain.ports import ExecutorCard, JobQueue, Lane
from domain.provider import Provider
from domain.storage import BlobStore
from executor.executor import Executor
from executor.parts import Parts
from executor.settings import ExecutorSettings

_LOOK_SECONDS = 0.05
_LIVE = """
SELECT EXISTS (SELECT FROM video_generation_jobs WHERE status = 'queued')
    OR EXISTS (SELECT FROM video_generation_jobs WHERE in_hand)
    OR EXISTS (SELECT FROM job_events WHERE sequence IS NULL)
"""


@asynccontextmanager
async def database_at(address: str) -> AsyncIterator[Database]:
    """Give a pool of connections, closed afterwards."""
    database = Database(parse_url(address), name="rushes-bench")
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def queue_at(address: str, paying: Paying | None = None) -> AsyncIterator[PostgresQueue]:
    """Give the queue of a database, on a pool of its own."""
    async with database_at(address) as database:
        yield PostgresQueue(database, paying=paying)


def parts_of(
    provider: Provider, blobs: BlobStore, media: MediaTool, spool: Path, settings: ExecutorSettings
) -> Parts:
    """Put an executor's parts together around one provider."""
    spool.mkdir(parents=True, exist_ok=True)
    card = ExecutorCard(uuid4(), "bench", "localhost", 1)
    return Parts(card, settings, {(provider.kind, provider.name): provider}, blobs, media, NoFetcher(), spool)


@asynccontextmanager
async def executing(queue: JobQueue, parts: Parts) -> AsyncIterator[Executor]:
    """Run an executor that is ready when the block begins and drained when it is over."""
    ((kind, name), provider), *_ = parts.providers.items()
    lane = Lane(
        kind,
        name,
        next(iter(provider.models)),
        parts.settings.video_concurrency,
        is_default=True,
        rates=parts.settings.rates(provider),
    )
    executor = Executor(queue, [lane], parts)
    ready, stop = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(executor.run(stop, ready))
        await ready.wait()
        try:
            yield executor
        finally:
            stop.set()


async def until_settled(address: str) -> None:
    """Wait until no job can move and every event has its number. Asks indexes of live rows alone."""
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
        while True:
            found = await (await connection.execute(_LIVE)).fetchone()
            if found is not None and not found[0]:
                return
            await asyncio.sleep(_LOOK_SECONDS)


async def count(address: str, status: str) -> int:
    """Count the jobs in a status."""
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
        question = "SELECT count(*) FROM video_generation_jobs WHERE status = %s"
        found = await (await connection.execute(question, (status,))).fetchone()
    return int(found[0]) if found else 0


async def finish(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait until it is gone."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
