"""The database, for commands that look something up or change something and are done."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cli.ground import Ground, opened_ground
from cli.settings import load
from db.engine import Database
from db.opening import address_at_head
from db.records import PostgresRecords
from db.settings import CreditSettings, DatabaseSettings
from domain.records import Records


@asynccontextmanager
async def opened_records(settings: DatabaseSettings | None = None) -> AsyncIterator[Records]:
    """Open the database that the settings name.

    Raises:
        ConfigurationError: it cannot be reached, or its schema is another release's.
    """
    chosen = settings or load(DatabaseSettings)
    # Nothing else runs on this loop yet that could be kept waiting.
    url = address_at_head(chosen)
    database = Database(url, name="rushes-cli", timeout=chosen.database_timeout, pool_size=1)
    try:
        yield PostgresRecords(database, terms=load(CreditSettings).terms)
    finally:
        await database.close()


@asynccontextmanager
async def opened_ground_and_records() -> AsyncIterator[tuple[Ground, Records]]:
    """Open the database, and what is needed to tell what can be made and at what price."""
    async with opened_ground() as ground, opened_records(ground.database) as records:
        yield ground, records
