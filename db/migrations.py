"""Bring a database to the schema of this release, from a checkout or from an installed wheel."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.pool import NullPool
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from db import api_tables, credit_tables, tables
from db.embedded import resolve_url
from db.engine import parse_url
from db.errors import translated
from db.metadata import metadata
from db.settings import DatabaseSettings
from domain.errors import DatabaseUnavailableError

DECLARED = (tables, credit_tables, api_tables)
"""The modules that declare tables, all on ``metadata``: one that is not imported would not be compared."""
LOCK_KEY = 0x7275_7368  # "rush": one migration at a time per database
"""Key of the advisory lock held while migrating."""
TURN_WAIT, TABLE_WAIT = 60.0, "5s"
"""How long to wait for another migrator, and for the tables: whoever waits for a table's lock makes every
query behind it wait as well, so a long transaction of somebody's ends a migration and not the service."""
_ASK_AGAIN = 0.1


def config(url: URL | None = None) -> Config:
    """Build Alembic's configuration in code, so that no ini file has to be found."""
    here = Path(__file__).parent
    packaged = here / "_alembic"
    made = Config()
    scripts = packaged if packaged.is_dir() else here.parent / "alembic"
    # Options are interpolated: a % in somebody's path is not a reference.
    made.set_main_option("script_location", str(scripts).replace("%", "%%"))
    if url is not None:
        made.attributes["url"] = url
    return made


def upgrade(url: URL, revision: str = "head") -> None:
    """Upgrade the database. Safe to run from several processes at once.

    Raises:
        DatabaseUnavailableError: it cannot be reached, or a lock was not to be had in time.
    """
    with translated():
        command.upgrade(config(url), revision)


def downgrade(url: URL, revision: str) -> None:
    """Take the database back to ``revision`` (``base`` for nothing at all)."""
    with translated():
        command.downgrade(config(url), revision)


def head() -> str:
    """Give the revision this release needs."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def current(url: URL) -> str | None:
    """Give the revision the database has, ``None`` for an empty one.

    Raises:
        DatabaseUnavailableError: it cannot be reached.
    """
    with translated():
        engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()


def run(context: Any) -> None:
    """Run the migrations that Alembic's ``context`` asks for; called by ``alembic/env.py``.

    Raises:
        CommandError: it asks for a script; what the migrations do depends on the schema that they find.
    """
    if context.is_offline_mode():
        raise CommandError("--sql is not supported: the functions are tied to the schema of the connection")
    url = context.config.attributes.get("url") or parse_url(resolve_url(DatabaseSettings()))
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    with engine.connect() as connection:
        _migrate(context, connection)
    engine.dispose()


def _migrate(context: Any, connection: Connection) -> None:
    _take_turn(connection)
    connection.execute(text("SELECT set_config('lock_timeout', :wait, false)"), {"wait": TABLE_WAIT})
    connection.execute(text("SET statement_timeout = '15min'"))
    connection.commit()
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
    connection.commit()


def _take_turn(connection: Connection) -> None:
    """Wait until nobody else migrates.

    By asking again and again: whoever waited inside the server would hold a snapshot, for whose end the
    other one waits while it builds an index concurrently.

    Raises:
        DatabaseUnavailableError: the other one does not come to an end.
    """
    asking = Retrying(
        retry=retry_if_result(lambda taken: not taken),
        wait=wait_fixed(_ASK_AGAIN),
        stop=stop_after_delay(TURN_WAIT),
    )
    try:
        asking(_take, connection)
    except RetryError as error:
        raise DatabaseUnavailableError(
            f"lock timeout: another migration has been running for more than {TURN_WAIT:g} s"
        ) from error


def _take(connection: Connection) -> bool:
    taken = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY})
    connection.commit()
    return bool(taken)
