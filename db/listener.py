"""LISTEN on a connection of its own, which proves again and again that it still hears."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import psycopg
from psycopg import sql

from db.engine import Connection, Database, connect_arguments
from db.errors import translated

CHANNEL = "rushes_jobs"
PROBE_SECONDS = 15.0
"""Silence after which the listener sends itself a notification: a connection may be dead without an error
(half-open TCP, a pooler that drops LISTEN), and then only the slow fallback would find jobs."""

Wakes = AsyncIterator[None]


Heard = AsyncIterator[Sequence[psycopg.Notify]]


@asynccontextmanager
async def listen(database: Database) -> AsyncIterator[Wakes]:
    """Yield the stream of wakes; see ``domain.ports.JobQueue.listen``."""
    async with hear(database, CHANNEL) as heard:
        yield _wakes(heard)


@asynccontextmanager
async def hear(database: Database, *channels: str) -> AsyncIterator[Heard]:
    """Yield the stream of notifications on some channels, until the connection is lost or proves deaf.

    The first ones are none at all: whatever was committed before is to be looked for once.
    """
    seconds = database.timeout.total_seconds()
    with translated():
        async with asyncio.timeout(seconds):
            connection = await Connection.connect(
                database.url.set(drivername="postgresql").render_as_string(hide_password=False),
                autocommit=True,
                application_name="rushes-listener",
                **connect_arguments(database.url, int(seconds * 1000)),  # type: ignore[arg-type] # libpq takes any of them
            )
    probe = f"rushes_probe_{uuid4().hex}"
    try:
        with translated():
            async with asyncio.timeout(seconds):
                for channel in (*channels, probe):
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield _heard(connection, probe, seconds)
    finally:
        await connection.close()


async def _wakes(heard: Heard) -> Wakes:
    async for _ in heard:
        yield


async def _heard(connection: psycopg.AsyncConnection, probe: str, seconds: float) -> Heard:
    with translated():
        # Whatever was committed before LISTEN took effect was not heard.
        yield ()
        while True:
            heard = [n async for n in connection.notifies(timeout=PROBE_SECONDS, stop_after=1)]
            if not heard:
                async with asyncio.timeout(seconds):
                    await connection.execute(sql.SQL("NOTIFY {}").format(sql.Identifier(probe)))
                heard = [n async for n in connection.notifies(timeout=seconds, stop_after=1)]
                if not heard:
                    return
            # Something may have come in on the heels of the silence: heard before the probe, or with it.
            if told := [notification for notification in heard if notification.channel != probe]:
                yield told
