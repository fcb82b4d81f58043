"""The named statements under ``db/sql``, each read once."""

from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql.psycopg import dialect


@cache
def statement(name: str) -> TextClause:
    """Give the statement of ``db/sql/{name}.sql``; its values are bound, never pasted in."""
    return text((Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8"))


@cache
def driver_text(name: str) -> bytes:
    """Give the same statement in the driver's own spelling, as the engine would send it."""
    spelt = statement(name).compile(dialect=dialect())  # type: ignore[no-untyped-call] # not annotated there
    return str(spelt).encode()
