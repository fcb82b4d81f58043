"""Lists by page: newest first, each page starting after the last row of the one before."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import RowMapping, Select, Table, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.paging import Page, Position

T = TypeVar("T")


async def page_of(  # noqa: PLR0917 # a query, its place in the list, and how to read a row
    connection: AsyncConnection,
    query: Select[Any],
    table: Table,
    after: Position | None,
    limit: int,
    read: Callable[[RowMapping], T],
) -> Page[T]:
    """Run ``query`` on ``table`` for one page. Rows that are added meanwhile never shift the next one."""
    at = tuple_(table.c.created_at, table.c.id)
    if after is not None:
        query = query.where(at < tuple_(after.created_at, after.id))
    # One more than asked for tells whether there is a next page.
    ordered = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit + 1)
    rows = (await connection.execute(ordered)).mappings().all()
    shown = rows[:limit]
    more = Position(shown[-1]["created_at"], shown[-1]["id"]) if len(rows) > limit else None
    return Page([read(row) for row in shown], more)
