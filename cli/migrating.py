"""Bring the database to the schema of this release."""

from cli.settings import load
from db.migrations import current, head, upgrade
from db.opening import address, shown
from db.settings import DatabaseSettings


def migrate_database() -> str:
    """Upgrade the database; say what was done.

    Raises:
        ConfigurationError: DATABASE_URL is wrong.
        DatabaseUnavailableError: it cannot be reached, or another transaction is in the way.
    """
    settings = load(DatabaseSettings)
    url = address(settings)
    before, needed = current(url), head()
    if before == needed:
        return f"{shown(url)} is at revision {needed} already"
    upgrade(url)
    return f"{shown(url)} is at revision {needed} now (it was at {before or 'none'})"
