"""From settings to the address of a database that has this release's schema."""

from sqlalchemy.engine import URL

from db.embedded import resolve_url
from db.engine import parse_url
from db.migrations import current, head, upgrade
from db.settings import DatabaseSettings
from domain.errors import ConfigurationError, DatabaseUnavailableError

_SHOWN = frozenset({"host", "port", "sslmode"})
"""What may be shown of an address's query."""


def address(settings: DatabaseSettings) -> URL:
    """Give the address of the database; starts the embedded one. Blocks: call it in a thread.

    Raises:
        ConfigurationError: DATABASE_URL is malformed, or the embedded server does not start.
    """
    return parse_url(resolve_url(settings))


def address_at_head(settings: DatabaseSettings) -> URL:
    """Give the address of a database at this release's schema. Blocks: call it in a thread.

    The embedded database is migrated on the way. Any other is left as it is: when it is migrated is its
    operator's decision, and an executor must not take it.

    Raises:
        ConfigurationError: it cannot be reached, or its schema is another release's.
    """
    url = address(settings)
    found, needed = _revision(url), head()
    if found == needed:
        return url
    if settings.database_url is None:
        upgrade(url)
        return url
    has = f"its schema is at revision {found}" if found else "it has no schema yet"
    raise ConfigurationError(
        "DATABASE_URL", shown(url), f"{has}, and this release needs {needed}; run: rushes migrate"
    )


def shown(url: URL) -> str:
    """Give an address that people can read and ``psql`` takes: without its password or the driver's name."""
    password = url.password or None
    # A query may carry the password as well; only what says where the server is may be shown.
    query = {name: value for name, value in url.query.items() if name in _SHOWN}
    plain = URL.create("postgresql", url.username, password, url.host, url.port, url.database, query=query)
    return plain.render_as_string(hide_password=True).replace("%2F", "/")


def _revision(url: URL) -> str | None:
    try:
        return current(url)
    except DatabaseUnavailableError as error:
        raise ConfigurationError("DATABASE_URL", shown(url), error.message) from error
