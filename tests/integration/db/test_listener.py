"""Notifications wake, one a transaction, and a listener notices when it has gone deaf."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast

import psycopg
import pytest

from db import listener
from db.engine import Database, Joined, parse_url
from db.queue import PostgresQueue
from domain.errors import DatabaseUnavailableError
from tests.database import eventually
from tests.factories import card, claim_all, execute, insert_job, insert_jobs, lane, row, rows
from tests.tcp_proxy import wire


async def soon(wakes: AsyncIterator[object]) -> None:
    async with asyncio.timeout(10):
        await anext(wakes)


@pytest.fixture
async def wakes(database: Database) -> AsyncIterator[AsyncIterator[None]]:
    async with PostgresQueue(database).listen() as heard:
        await soon(heard)
        yield heard


async def test_whatever_was_committed_before_is_looked_for_at_once(database: Database) -> None:
    async with PostgresQueue(database).listen() as heard:
        await soon(heard)


async def test_an_insert_wakes(database: Database, wakes: AsyncIterator[None]) -> None:
    await insert_job(database)
    await soon(wakes)


async def test_a_retry_and_a_hand_over_wake(database: Database, wakes: AsyncIterator[None]) -> None:
    await PostgresQueue(database).hand_over(card().id)
    await soon(wakes)


async def test_silence_is_probed_and_survived(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "PROBE_SECONDS", 0.02)
    async with PostgresQueue(database).listen() as heard:
        await soon(heard)
        waiting = asyncio.ensure_future(anext(heard))
        probes = (
            "SELECT count(*) AS n FROM pg_stat_activity "
            "WHERE application_name = 'rushes-listener' AND datname = current_database() "
            "AND query LIKE 'NOTIFY%' AND state_change > :since"
        )
        for _ in range(3):
            since = (await row(database, "SELECT clock_timestamp() AS now"))["now"]

            async def probed(since: object = since) -> bool:
                return bool((await row(database, probes, since=since))["n"])

            await eventually(probed)
        assert not waiting.done(), "a probe is no wake"
        await insert_job(database)
        await asyncio.wait_for(waiting, 10)


async def test_a_wake_during_a_probe_is_not_lost(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # A probe all the time: nearly every wake falls into one.
    monkeypatch.setattr(listener, "PROBE_SECONDS", 0.0)
    async with PostgresQueue(database).listen() as heard:
        await soon(heard)
        for _ in range(200):
            await execute(database, "NOTIFY rushes_jobs")
            await soon(heard)


async def test_a_deaf_connection_ends_the_stream(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "PROBE_SECONDS", 0.05)
    async with wire(database_url) as line:
        through = Database(parse_url(line.url), name="rushes-test", timeout=timedelta(seconds=1))
        async with PostgresQueue(through).listen() as heard:
            await soon(heard)
            line.stall()
            # Either way the caller connects anew: the stream ends, or says that the database is away.
            with pytest.raises((StopAsyncIteration, DatabaseUnavailableError)):
                await soon(heard)
        await through.close()


async def test_a_listener_that_cannot_connect_says_so_in_time(database_url: str) -> None:
    async with wire(database_url) as line:
        line.stall()
        through = Database(parse_url(line.url), name="rushes-test", timeout=timedelta(seconds=1))
        async with asyncio.timeout(5):
            with pytest.raises(DatabaseUnavailableError):
                async with PostgresQueue(through).listen():
                    pytest.fail("nobody answered")
        await through.close()


class _Deaf:
    """A connection on which all works and nothing is ever heard, as behind a pooler that drops LISTEN."""

    async def execute(self, statement: object) -> None:
        pass

    async def notifies(self, **limits: object) -> AsyncIterator[psycopg.Notify]:
        nothing: list[psycopg.Notify] = []
        for notification in nothing:
            yield notification


async def test_a_listener_that_does_not_hear_itself_ends_the_stream() -> None:
    heard = listener._heard(cast("psycopg.AsyncConnection", _Deaf()), "probe", 1.0)
    await soon(heard)
    with pytest.raises(StopAsyncIteration):
        await soon(heard)


async def test_a_killed_listener_ends_the_stream(database: Database) -> None:
    async with PostgresQueue(database).listen() as heard:
        await soon(heard)
        await execute(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'rushes-listener' AND datname = current_database()",
        )
        with pytest.raises(DatabaseUnavailableError):
            await soon(heard)


async def test_the_listener_leaves_no_connection_behind(database: Database) -> None:
    async with PostgresQueue(database).listen() as heard:
        await soon(heard)

    async def gone() -> bool:
        return not await rows(
            database,
            "SELECT FROM pg_stat_activity "
            "WHERE application_name = 'rushes-listener' AND datname = current_database()",
        )

    await eventually(gone)


async def test_a_wake_finds_the_job_that_it_is_about(database: Database, wakes: AsyncIterator[None]) -> None:
    queue = PostgresQueue(database)
    for _ in range(20):
        async with database.transaction() as connection:
            await insert_jobs(Joined(connection), 2)
        await soon(wakes)
        assert len(await claim_all(queue, card().id, lane(1000))) == 2
