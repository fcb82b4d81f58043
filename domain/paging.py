"""Lists by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ends: the next one starts after this row, newest first."""

    created_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list."""

    data: Sequence[T]
    next: Position | None
    """``None`` on the last page."""
