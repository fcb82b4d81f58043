"""A PostgreSQL of the run's own, with default durability, and fresh databases on it."""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from db.embedded import start
from db.engine import parse_url
from db.migrations import upgrade

_MEMORY = Path("/dev/shm")


class Scratch:
    """A server in a folder of its own."""

    def __init__(self, home: Path, memory: Path, address: str, postmaster: int) -> None:
        self.home = home
        """RUSHES_HOME of this run; removed when the process ends."""
        self.memory = memory
        """A folder in memory where the system has such, else inside ``home``."""
        self._address = address
        self._postmaster = psutil.Process(postmaster)
        self._template: str | None = None

    @property
    def version(self) -> str:
        """The server's version."""
        with psycopg.connect(self._address) as connection:
            return str(connection.execute("SHOW server_version").fetchall()[0][0])

    @asynccontextmanager
    async def database(self, *, empty: bool = False) -> AsyncIterator[str]:
        """Give the address of a fresh database at this release's schema, or without any; gone afterwards."""
        if self._template is None and not empty:
            self._template = await asyncio.to_thread(self._create, None)
            await asyncio.to_thread(upgrade, parse_url(self._named(self._template)))
        name = await asyncio.to_thread(self._create, None if empty else self._template)
        try:
            yield self._named(name)
        finally:
            await asyncio.to_thread(self._drop, name)

    def cpu_seconds(self) -> float:
        """Give the processor time that the server has used so far, in all of its processes."""
        times = self._postmaster.cpu_times()
        # The postmaster's account of its children has those that are gone; the living ones are asked.
        seconds: float = times.user + times.system + times.children_user + times.children_system
        for child in self._postmaster.children():
            try:
                used = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            seconds += used.user + used.system
        return seconds

    def _named(self, database: str) -> str:
        return make_url(self._address).set(database=database).render_as_string(hide_password=False)

    def _create(self, template: str | None) -> str:
        name = f"bench_{uuid4().hex}"
        with psycopg.connect(self._address, autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
            if template is not None:
                statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
            connection.execute(statement)
            # Not in the middle of a measurement.
            connection.execute("CHECKPOINT")
        return name

    def _drop(self, name: str) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def scratch(folder: Path | None = None) -> Iterator[Scratch]:
    """Start a server in a new folder (inside ``folder``, where one is given), stopped at the end."""
    home = Path(tempfile.mkdtemp(prefix="rushes-bench-", dir=folder))
    # The embedded server may run as a user of its own.
    home.chmod(0o755)
    # Registered before the server's own handlers, so that it runs after them: they still write there.
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    server = start(home)
    try:
        with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else home) as memory:
            yield Scratch(home, Path(memory), server.get_uri(), server.get_pid())
    finally:
        server.cleanup()
