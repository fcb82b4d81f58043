"""The named statements under ``db/sql``, each read once."""

from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text


@cache
def statement(name: str) -> TextClause:
    """Give the statement of ``db/sql/{name}.sql``; its values are bound, never pasted in."""
    return text((Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8"))
