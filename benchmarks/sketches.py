"""Bare queues for comparison: five states, a fence, a table with nothing else on it, no promise kept."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from time import perf_counter
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg

from benchmarks.running import finish

STATES = ("queued", "processing", "generating", "uploading", "completed")
_TABLE: tuple[LiteralString, ...] = (
    """
    CREATE TABLE sketch (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), status text NOT NULL DEFAULT 'queued', token uuid,
        prompt jsonb NOT NULL, position bigint GENERATED ALWAYS AS IDENTITY
    )
    """,
    "CREATE INDEX ON sketch (position) WHERE status = 'queued'",
    """
    INSERT INTO sketch (prompt)
    SELECT jsonb_build_object('prompt', repeat('a door opens ', 22)) FROM generate_series(1, %(count)s)
    """,
    "VACUUM ANALYZE sketch",
)
_CLAIM = """
WITH found AS MATERIALIZED (
    SELECT id FROM sketch WHERE status = 'queued' ORDER BY position LIMIT %(room)s FOR UPDATE SKIP LOCKED
)
UPDATE sketch s SET status = 'processing', token = %(token)s FROM found f WHERE s.id = f.id RETURNING s.id
"""
_MOVE = "UPDATE sketch SET status = %(new)s WHERE id = %(id)s AND status = %(old)s AND token = %(token)s"
_MOVE_MANY = """
UPDATE sketch s SET status = m.new
FROM unnest(%(ids)s::uuid[], %(olds)s::text[], %(news)s::text[]) AS m(id, old, new)
WHERE s.id = m.id AND s.status = m.old AND s.token = %(token)s
"""
_ROOM, _CLIENTS = 200, 8

Change = tuple[UUID, str, str, "asyncio.Future[None]"]


async def row_by_row(address: str, count: int) -> float:
    """Give jobs/s when every step of every job is an UPDATE and a commit of its own, on eight connections."""
    await asyncio.to_thread(_fill, address, count)

    async def client() -> None:
        async with await _connect(address) as connection:
            token = uuid4()
            while row := await (await connection.execute(_CLAIM, {"room": 1, "token": token})).fetchone():
                for old, new in pairwise(STATES[1:]):
                    await connection.execute(_MOVE, {"id": row[0], "old": old, "new": new, "token": token})

    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(_CLIENTS):
            group.create_task(client())
    return count / (perf_counter() - began)


async def group_commit(address: str, count: int) -> float:
    """Give jobs/s when a task per job moves it and whatever gathers meanwhile shares one commit."""
    await asyncio.to_thread(_fill, address, count)
    token, waiting, some = uuid4(), list[Change](), asyncio.Event()

    async def job(name: UUID) -> None:
        for old, new in pairwise(STATES[1:]):
            moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting.append((name, old, new, moved))
            some.set()
            await moved

    async def write() -> None:
        async with await _connect(address) as connection:
            while await some.wait():
                some.clear()
                batch = waiting.copy()
                waiting.clear()
                await _move_many(connection, token, batch)

    async with await _connect(address) as connection:
        began = perf_counter()
        writer = asyncio.create_task(write())
        async with asyncio.TaskGroup() as group:
            while rows := await (
                await connection.execute(_CLAIM, {"room": _ROOM, "token": token})
            ).fetchall():
                for row in rows:
                    group.create_task(job(row[0]))
        seconds = perf_counter() - began
        await finish(writer)
    return count / seconds


async def _move_many(connection: psycopg.AsyncConnection, token: UUID, batch: Sequence[Change]) -> None:
    ids, olds, news, moved = zip(*batch, strict=True)
    values = {"ids": list(ids), "olds": list(olds), "news": list(news), "token": token}
    await connection.execute(_MOVE_MANY, values)
    for future in moved:
        future.set_result(None)


async def _connect(address: str) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(address, autocommit=True)


def _fill(address: str, count: int) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in _TABLE:
            connection.execute(statement, {"count": count} if "%(count)s" in statement else None)
