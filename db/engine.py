"""The connection pool, with a deadline on everything that goes through it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.rows import namedtuple_row
from sqlalchemy import event, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from db.errors import translated
from db.statements import driver_text, statement
from domain.errors import ConfigurationError


def parse_url(url: str) -> URL:
    """Read a DATABASE_URL, whatever driver it names, as one for psycopg.

    Raises:
        ConfigurationError: it is not the address of a PostgreSQL. The password is not shown.
    """
    allowed = "allowed: postgresql://user:password@host:port/name"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # A ValueError is about the port, which may be a piece of an unescaped password.
        raise ConfigurationError("DATABASE_URL", "(unreadable)", allowed) from None
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        # Not even the rest of it is shown: a query may carry secrets under any name.
        raise ConfigurationError("DATABASE_URL", f"{parsed.drivername}://…", allowed)
    return parsed.set(drivername="postgresql+psycopg")


_WRITE = text("UPDATE gates SET kind = kind WHERE false")
"""What a standby refuses, and nobody notices anywhere else."""

_LIMITS = 17_00_00
"""The first version of the server that limits whole transactions."""

Step = tuple[str, Mapping[str, Any]]
"""The name of a statement and its values."""


class Transactions(Protocol):
    """Where a store's transactions come from: a database, or a transaction that is open already."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a connection in a transaction; see ``Database.transaction``."""
        ...

    async def together(self, *steps: Step) -> list[Sequence[Any]]:
        """Run statements in one transaction; give the rows of each, with columns as attributes."""
        async with self.transaction() as connection:
            found = [await connection.execute(statement(name), values) for name, values in steps]
            return [result.all() if result.returns_rows else [] for result in found]


class Joined(Transactions):
    """A transaction that is open already, for a store that would open one of its own."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Give the open transaction, which its owner commits; errors are translated as usual."""
        with translated():
            yield self._connection


class Database:
    """A pool of connections; every transaction has a deadline. Owns its engine: close it."""

    def __init__(
        self, url: URL, *, name: str, timeout: timedelta = timedelta(seconds=10), pool_size: int = 8
    ) -> None:
        self.url = url
        self.timeout = timeout
        milliseconds = int(timeout.total_seconds() * 1000)
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=timeout.total_seconds(),
            # The connection used last has its statements prepared and its caches warm.
            pool_use_lifo=True,
            connect_args={
                "application_name": name,
                "async_creator_fn": Connection.connect,
                **connect_arguments(url, milliseconds),
            },
        )
        event.listen(self.engine.sync_engine, "connect", partial(_set_up, milliseconds))
        event.listen(self.engine.sync_engine, "handle_error", _leave_standby)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction, committed at the end unless an exception leaves the block.

        Raises:
            DatabaseUnavailableError: it cannot be reached, or did not answer in time.
            PoisonedError: the database refused the values.
        """
        with translated():
            async with asyncio.timeout(self.timeout.total_seconds()):
                async with self.engine.begin() as connection:
                    yield connection

    async def together(self, *steps: Step) -> list[Sequence[Any]]:
        """Run statements in one transaction and one round trip: all are sent before any is answered.

        Each wait for an answer is a turn of the event loop, and the steps of a thousand jobs may go first;
        meanwhile the locks stay and the server idles. The errors are those of ``transaction``.
        """
        with translated():
            async with asyncio.timeout(self.timeout.total_seconds()), self.engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                assert isinstance(driver, Connection), "made by our own creator"
                try:
                    return await driver.together(steps)
                except psycopg.errors.ReadOnlySqlTransaction:
                    # Met once more through the engine, which then drops its pool.
                    await connection.execute(_WRITE)
                    raise
                finally:
                    if driver.closed:
                        # It hung up, cancelled perhaps: the pool is to forget it, not to clean it up.
                        await connection.invalidate()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction that sees one moment and only reads; raises likewise."""
        with translated():
            async with asyncio.timeout(self.timeout.total_seconds()):
                async with self.engine.connect() as connection:
                    await connection.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
                    async with connection.begin():
                        yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


class Connection(psycopg.AsyncConnection[Any]):
    """A connection that hangs up when its query is cancelled, instead of asking the server to stop it.

    Asking takes another connection, and ten seconds more where the server is out of reach, which is what
    most deadlines are about. The server rolls back, by its own ``statement_timeout`` at the latest.
    """

    async def together(self, steps: Sequence[Step]) -> list[Sequence[Any]]:
        """Run statements in one pipeline, which the server takes for one transaction; see ``Database``."""
        await self.set_autocommit(True)
        try:
            async with self.pipeline():
                cursors = [self.cursor(row_factory=namedtuple_row) for _ in steps]
                for cursor, (name, values) in zip(cursors, steps, strict=True):
                    await cursor.execute(driver_text(name), values)
            return [await cursor.fetchall() if cursor.description else [] for cursor in cursors]
        finally:
            if not self.closed:
                await self.set_autocommit(False)

    async def wait(self, gen: PQGen[RV], *limits: Any, **named: Any) -> RV:
        """Wait for an answer; a wait that is cancelled leaves the connection closed.

        The driver closes it where reading on fails, but not where the answer had arrived before we hung up:
        the pool would give that connection to the next caller.
        """
        try:
            return await super().wait(gen, *limits, **named)
        except asyncio.CancelledError:
            self.pgconn.finish()
            raise

    async def cancel_safe(self, *, timeout: float = 30.0) -> None:  # noqa: ASYNC109, ARG002 # as the driver calls it
        """End the connection; what waits for its answer goes on at once."""
        # A copy: the driver still watches the original, which must stay what it is until it lets go.
        with socket.socket(fileno=os.dup(self.pgconn.socket)) as copy, suppress(OSError):
            copy.shutdown(socket.SHUT_RDWR)


def connect_arguments(url: URL, milliseconds: int) -> dict[str, object]:
    """Give libpq's settings: a dead peer is noticed, and the server gives up no later than the client.

    Options in the URL, such as a search path, stay in force next to ours.
    """
    given = url.query.get("options", ())
    return {
        "connect_timeout": 5,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": milliseconds,
        "options": f"{given if isinstance(given, str) else ' '.join(given)} "
        f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} "
        f"-c idle_in_transaction_session_timeout={milliseconds} -c timezone=UTC",
    }


def _set_up(milliseconds: int, connection: Any, _record: object) -> None:
    """Keep the JIT off, which costs tens of milliseconds on statements that run in one; end lost pipelines.

    A client frozen half-way through sending a pipeline is no idle transaction to the server: it would keep
    its locks for as long as it is frozen. Only PostgreSQL 17 and later have a limit for that.
    """
    limit = f"; SET transaction_timeout = {milliseconds}" if connection.info.server_version >= _LIMITS else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SET jit = off{limit}")
    connection.commit()


def _leave_standby(context: ExceptionContext) -> None:
    """Drop the pool when the server turns out to be a standby: new connections may lead to its successor."""
    if isinstance(context.original_exception, psycopg.errors.ReadOnlySqlTransaction):
        context.is_disconnect = True
