"""Deadlines on everything, and the driver's errors in the domain's words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from db.engine import Database, Joined, Step, parse_url
from db.errors import translated
from domain.errors import ConfigurationError, ConflictError, DatabaseUnavailableError, PoisonedError
from tests.database import eventually
from tests.factories import execute, insert_job, row, rows
from tests.integration.db.races import waiting
from tests.tcp_proxy import Wire, wire

SHORT = timedelta(seconds=1)
SOON = 6.0
"""Far above SHORT, far below the driver's own ten seconds of asking a silent server to cancel."""


@asynccontextmanager
async def impatient(url: str, *, pool_size: int = 1) -> AsyncIterator[Database]:
    database = Database(parse_url(url), name="rushes-test", timeout=SHORT, pool_size=pool_size)
    try:
        yield database
    finally:
        await database.close()


async def ask(database: Database, query: str = "SELECT 1") -> object:
    async with database.transaction() as connection:
        return await connection.scalar(text(query))


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Wire]:
    async with wire(database_url) as made:
        yield made


async def test_a_server_that_falls_silent_is_given_up_in_time_and_found_again(line: Wire) -> None:
    async with impatient(line.url) as database:
        assert await ask(database) == 1
        line.stall()
        for _ in range(2):
            async with asyncio.timeout(SOON):
                with pytest.raises(DatabaseUnavailableError, match="did not answer in time"):
                    await ask(database)
        line.flow()
        assert await ask(database) == 1


async def test_a_caller_who_gives_up_earlier_is_not_kept_waiting(line: Wire) -> None:
    patient = Database(parse_url(line.url), name="rushes-test", pool_size=1)
    assert await ask(patient) == 1
    line.stall()
    async with asyncio.timeout(SOON):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await ask(patient)
    line.flow()
    assert await ask(patient) == 1
    await patient.close()


async def test_a_silent_server_does_not_hold_up_the_connecting_either(line: Wire) -> None:
    line.stall()
    async with impatient(line.url) as database, asyncio.timeout(SOON):
        with pytest.raises(DatabaseUnavailableError):
            await ask(database)


async def test_a_long_statement_is_ended_on_the_server_too(database: Database, database_url: str) -> None:
    async with impatient(database_url) as other:
        with pytest.raises(DatabaseUnavailableError):
            await ask(other, "SELECT pg_sleep(60)")
        assert await ask(other) == 1

    async def ended() -> bool:
        running = "SELECT count(*) AS left FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
        return not (await row(database, running))["left"]

    await eventually(ended)


async def test_a_lock_is_not_waited_for_for_ever(database: Database, database_url: str) -> None:
    job = await insert_job(database)
    lock = "SELECT id FROM video_generation_jobs WHERE id = :job FOR UPDATE"
    async with impatient(database_url) as other, database.transaction() as connection:
        await connection.execute(text(lock), {"job": job})
        with pytest.raises(DatabaseUnavailableError):
            await execute(other, lock, job=job)


async def test_a_used_up_pool_is_not_waited_for_for_ever(database_url: str) -> None:
    async with impatient(database_url) as database:
        async with database.engine.connect(), database.engine.connect():
            with pytest.raises(DatabaseUnavailableError):
                await ask(database)
        assert await ask(database) == 1


async def test_a_killed_connection_is_an_outage_and_then_over(database: Database, database_url: str) -> None:
    async def suicide(other: Database) -> None:
        async with other.transaction() as connection:
            pid = await connection.scalar(text("SELECT pg_backend_pid()"))
            await execute(database, "SELECT pg_terminate_backend(:pid)", pid=pid)
            await connection.execute(text("SELECT 1"))

    async with impatient(database_url) as other:
        with pytest.raises(DatabaseUnavailableError):
            await suicide(other)
        assert await ask(other) == 1


async def test_a_server_turned_standby_is_left_for_its_successor(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as admin:
        name = admin.info.dbname
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        async with impatient(database_url) as database:
            with pytest.raises(DatabaseUnavailableError):
                await insert_job(database)
            admin.execute("SET default_transaction_read_only = off")
            admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            # Works on a new connection alone: the old one keeps the setting it began with.
            await insert_job(database)


async def test_nobody_listening_is_an_outage() -> None:
    async with impatient("postgresql://u:secret@127.0.0.1:1/none") as database:
        with pytest.raises(DatabaseUnavailableError) as caught:
            await ask(database)
        assert "secret" not in str(caught.value)


async def test_a_database_that_does_not_exist_is_an_outage(database_url: str) -> None:
    missing = parse_url(database_url).set(database="missing").render_as_string(hide_password=False)
    async with impatient(missing) as database:
        with pytest.raises(DatabaseUnavailableError, match="missing"):
            await ask(database)


@pytest.mark.parametrize(
    "sqlstate", ["40001", "40P01", "55P03", "57014", "53300", "57P01", "25006", "25P03", "25P04"]
)
async def test_what_passes_by_itself_is_an_outage(database: Database, sqlstate: str) -> None:
    fault = f"DO $$ BEGIN RAISE EXCEPTION 'fault' USING ERRCODE = '{sqlstate}'; END $$"
    with pytest.raises(DatabaseUnavailableError, match="fault"):
        await execute(database, fault)


@pytest.mark.parametrize(
    "insert",
    [
        "UPDATE video_generation_jobs SET progress = 101",
        "UPDATE video_generation_jobs SET estimated_cost = 10000000",
        "UPDATE video_generation_jobs SET size_bytes = '1e400'::numeric",
        "UPDATE video_generation_jobs SET prompt = NULL",
        'UPDATE video_generation_jobs SET provider_metadata = \'{"a": "\\ud800"}\'',
        "UPDATE video_generation_jobs SET shot_id = gen_random_uuid()",
    ],
)
async def test_values_that_cannot_be_stored_are_poison(database: Database, insert: str) -> None:
    await insert_job(database)
    with pytest.raises(PoisonedError):
        async with database.transaction() as connection:
            await connection.exec_driver_sql(insert)


@pytest.mark.parametrize("value", ["a\x00b", "\ud800"], ids=["nul", "lone-surrogate"])
async def test_text_that_cannot_be_sent_is_poison(database: Database, value: str) -> None:
    with pytest.raises(PoisonedError):
        await insert_job(database, prompt=value)


async def test_a_second_one_of_its_kind_is_a_conflict(database: Database) -> None:
    job = await insert_job(database)
    with pytest.raises(ConflictError) as caught:
        await execute(
            database,
            "INSERT INTO video_generation_jobs (id, project_id, scene_id) VALUES (:job, :job, :job)",
            job=job,
        )
    assert caught.value.code == "duplicate"


def test_a_connection_used_after_its_end_is_an_outage() -> None:
    with pytest.raises(DatabaseUnavailableError), translated():
        raise psycopg.InterfaceError("the connection is closed")


async def test_mistakes_of_ours_pass_through(database: Database) -> None:
    with pytest.raises(ProgrammingError):
        await execute(database, "SELECT * FROM no_such_table")
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            _ = 1 / 0


async def test_an_exception_rolls_back(database: Database) -> None:
    async def half() -> None:
        async with database.transaction() as connection:
            await insert_job(Joined(connection))
            raise KeyError

    with pytest.raises(KeyError):
        await half()
    assert (await row(database, "SELECT count(*) AS jobs FROM video_generation_jobs"))["jobs"] == 0


async def test_a_joined_store_translates_and_leaves_the_commit_to_its_owner(database: Database) -> None:
    async def spoilt() -> None:
        async with database.transaction() as connection:
            await insert_job(Joined(connection))
            await execute(Joined(connection), "UPDATE video_generation_jobs SET progress = -1")

    with pytest.raises(PoisonedError):
        await spoilt()
    assert (await row(database, "SELECT count(*) AS jobs FROM video_generation_jobs"))["jobs"] == 0


async def test_sessions_are_set_up_as_the_statements_expect(database: Database) -> None:
    for name, value in (("jit", "off"), ("TimeZone", "UTC"), ("statement_timeout", "10s")):
        assert await ask(database, f"SHOW {name}") == value
    assert await ask(database, "SHOW application_name") == "rushes-test"


async def test_options_of_the_url_stay_in_force(database_url: str) -> None:
    url = parse_url(database_url).update_query_dict({"options": "-c search_path=elsewhere -c work_mem=7MB"})
    async with impatient(url.render_as_string(hide_password=False)) as database:
        assert await ask(database, "SHOW search_path") == "elsewhere"
        assert await ask(database, "SHOW work_mem") == "7MB"
        assert await ask(database, "SHOW statement_timeout") == "1s"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not a url",
        "sqlite:///file",
        "mysql://u:secret@host/name",
        "mysql://host/name?password=secret",
        "postgresql://u:secret@host:secret/name",
        "postgresql://u:sec:ret@[::1/name",
    ],
)
def test_a_wrong_url_is_named_without_its_secrets(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_url(url)
    assert caught.value.setting == "DATABASE_URL"
    assert "postgresql://" in caught.value.allowed
    assert "secret" not in caught.value.message
    assert "ret@" not in caught.value.message


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_whatever_driver_a_url_names_it_is_ours(scheme: str) -> None:
    parsed = parse_url(f"{scheme}://u:p%25%40ss@host:5433/name?sslmode=require")
    assert parsed.drivername == "postgresql+psycopg"
    assert (parsed.password, parsed.port, parsed.query["sslmode"]) == ("p%@ss", 5433, "require")


async def test_waiters_for_a_lock_can_be_seen(database: Database, database_url: str) -> None:
    """The races of these tests rest on it."""
    job = await insert_job(database)
    update = "UPDATE video_generation_jobs SET priority = priority + 1 WHERE id = :job"
    async with database.transaction() as connection:
        await execute(Joined(connection), update, job=job)
        second = asyncio.create_task(execute(database, update, job=job))
        await waiting(database)
    await second


OPEN: Step = ("open_gate", {"provider": "mock", "kind": "video"})
LOOK: Step = ("lock_gate", {"provider": "mock", "kind": "video"})
POISON: Step = ("apply_moves", {"moves": "not JSON"})


class TestTogether:
    """Statements in one pipeline keep all that a transaction promises."""

    async def test_each_sees_what_the_ones_before_it_did(self, database: Database) -> None:
        before, nothing, (gate,) = await database.together(LOOK, OPEN, LOOK)
        assert (before, nothing, gate.provider) == ([], [], "mock")
        assert (await row(database, "SELECT in_flight FROM gates")) == {"in_flight": 0}

    async def test_one_that_fails_undoes_all(self, database_url: str) -> None:
        async with impatient(database_url) as other:
            for _ in range(2):
                with pytest.raises(PoisonedError):
                    await other.together(OPEN, POISON, LOOK)
                assert await ask(other, "SELECT count(*) FROM gates") == 0
            assert (await other.together(OPEN, LOOK))[1][0].provider == "mock"

    async def test_the_next_transaction_is_a_whole_one(self, database_url: str) -> None:
        async with impatient(database_url) as other:
            await other.together(OPEN)
            async with other.transaction() as connection:
                await connection.execute(text("DELETE FROM gates"))
                await connection.rollback()
            assert await ask(other, "SELECT count(*) FROM gates") == 1

    async def test_they_are_prepared_and_go_on(self, database_url: str) -> None:
        async with impatient(database_url) as other:
            for _ in range(10):
                assert (await other.together(OPEN, LOOK))[1][0].provider == "mock"
            named = await ask(other, "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'gates'")
            assert named == 2

    async def test_a_silent_server_is_given_up_in_time_and_found_again(
        self, line: Wire, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with impatient(line.url) as database:
            await database.together(OPEN)
            line.stall()
            async with asyncio.timeout(SOON):
                with pytest.raises(DatabaseUnavailableError, match="did not answer in time"):
                    await database.together(LOOK)
            line.flow()
            assert (await database.together(LOOK))[0][0].provider == "mock"
        assert not [record for record in caplog.records if record.name.startswith("sqlalchemy")]

    async def test_a_lock_is_not_waited_for_for_ever(self, database: Database, database_url: str) -> None:
        await database.together(OPEN)
        async with impatient(database_url) as other, database.transaction() as connection:
            await connection.execute(text("SELECT FROM gates FOR UPDATE"))
            with pytest.raises(DatabaseUnavailableError):
                await other.together(LOOK)

    async def test_a_standby_is_left(self, database: Database, database_url: str) -> None:
        """New connections may lead to its successor, so that none of the old ones is kept."""
        async with impatient(database_url) as other:
            await other.together(OPEN)
            old = await ask(other, "SELECT pg_backend_pid()")
            await ask(other, "SELECT set_config('default_transaction_read_only', 'on', false)")
            with pytest.raises(DatabaseUnavailableError):
                await other.together(LOOK)
            assert await ask(other, "SELECT pg_backend_pid()") != old


@pytest.mark.parametrize("piped", [True, False])
async def test_one_cancelled_at_any_moment_spoils_no_connection(database_url: str, *, piped: bool) -> None:
    """Even where the answer has arrived by then and only waits to be read."""

    def settle(witness: psycopg.Connection) -> None:
        busy = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'rushes-test' AND state = 'active'"
        while witness.execute(busy).fetchone():
            pass

    async def work(other: Database) -> None:
        await (other.together(OPEN, LOOK) if piped else ask(other))

    async with impatient(database_url) as other:
        with psycopg.connect(database_url, autocommit=True) as witness:
            cancelled = 0
            while True:
                task = asyncio.create_task(work(other))
                for _ in range(cancelled):
                    await asyncio.sleep(0)
                    settle(witness)
                if task.done():
                    break
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert await ask(other) == 1, f"cancelled after {cancelled} turns of the loop"
                cancelled += 1
    assert cancelled > 3


async def test_a_client_frozen_inside_a_pipeline_holds_no_lock_for_ever(
    database: Database, database_url: str
) -> None:
    await database.together(OPEN)
    async with impatient(database_url) as other, other.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        # Sent and processed, but the transaction is neither ended nor idle: the server waits for more.
        driver.pgconn.enter_pipeline_mode()
        driver.pgconn.send_query_params(b"SELECT FROM gates FOR UPDATE", None)
        driver.pgconn.send_flush_request()
        driver.pgconn.flush()

        async def locked() -> bool:
            return not await rows(database, "SELECT kind FROM gates FOR UPDATE SKIP LOCKED")

        await eventually(locked)
        # Before PostgreSQL 17 only waking up or dying ends it.
        limited = driver.info.server_version >= 17_00_00
        with nullcontext() if limited else pytest.raises(DatabaseUnavailableError):
            assert await database.together(LOOK)
        await connection.invalidate()
