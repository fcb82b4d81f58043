"""Two transactions at once, in an order that the test decides."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database, Step, Transactions
from tests.database import eventually
from tests.factories import row


class Held(Database):
    """A database whose transactions, their work done, wait for ``go`` before they commit."""

    def __init__(self, like: Database) -> None:
        super().__init__(like.url, name="rushes-held", pool_size=1)
        self.done = asyncio.Event()
        self.go = asyncio.Event()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with super().transaction() as connection:
            yield connection
            self.done.set()
            await self.go.wait()

    async def together(self, *steps: Step) -> list[Sequence[Any]]:
        return await Transactions.together(self, *steps)


@asynccontextmanager
async def held(database: Database) -> AsyncIterator[Held]:
    """Give a second, held pool of connections to the same database."""
    other = Held(database)
    try:
        yield other
    finally:
        await other.close()


async def waiting(database: Database, count: int = 1) -> None:
    """Wait until that many connections to the database wait for a lock."""

    async def enough() -> bool:
        found = await row(
            database,
            "SELECT count(*) AS jam FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        return bool(found["jam"] >= count)

    await eventually(enough)
