"""What can be told of a server before anything is expected of it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from db.engine import Database
from db.migrations import current
from db.opening import address, shown
from db.settings import DatabaseSettings

OLDEST = 14
"""The oldest major version of PostgreSQL that Rushes runs on."""
_WHO = text(
    "SELECT current_setting('server_version') AS version,"
    " current_setting('server_version_num')::integer / 10000 AS major, clock_timestamp() AS now"
)


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server that answered."""

    address: str
    """As people may see it."""
    version: str
    """As it says itself, such as ``16.3``."""
    major: int
    revision: str | None
    """Of the schema; ``None`` where there is none."""
    now: datetime


async def examine_server(settings: DatabaseSettings) -> ServerFacts:
    """Ask the server that the settings name who it is; the embedded one is started for it.

    Raises:
        ConfigurationError: DATABASE_URL is malformed, or the embedded server does not start.
        DatabaseUnavailableError: it does not answer.
    """
    url = await asyncio.to_thread(address, settings)
    revision = await asyncio.to_thread(current, url)
    database = Database(url, name="rushes-doctor", timeout=settings.database_timeout, pool_size=1)
    try:
        async with database.transaction() as connection:
            row = (await connection.execute(_WHO)).one()
    finally:
        await database.close()
    return ServerFacts(shown(url), row.version, row.major, revision, row.now)
