"""The columns of a table as people read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.schema import DefaultClause

from db.tables import jobs

_DIALECT: Any = PGDialect


@dataclass(frozen=True, slots=True)
class Described:
    """One column."""

    name: str
    type: str
    default: str | None
    """As SQL; ``None`` where there is none."""
    required: bool
    """Whether whoever inserts a row has to give it."""


def columns_of_jobs() -> Iterator[Described]:
    """Describe the columns of ``video_generation_jobs``, in order."""
    for column in jobs.columns:
        default = _default(column)
        required = not column.nullable and default is None
        yield Described(column.name, column.type.compile(dialect=_DIALECT()).lower(), default, required)


def _default(column: Column[Any]) -> str | None:
    if not isinstance(column.server_default, DefaultClause):
        return None
    given = column.server_default.arg
    return f"'{given}'" if isinstance(given, str) and not given.isdecimal() else str(given)
