"""Values on their way into a statement."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.errors import PoisonedError


def as_json(value: Any) -> str:
    """Give JSON text that PostgreSQL takes as ``jsonb``, without NULs, which it refuses.

    Raises:
        PoisonedError: something in it has no JSON form; plug-ins may send anything.
    """
    try:
        encoded = json.dumps(value, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise PoisonedError(f"not JSON: {error}") from error
    if "\\u0000" in encoded:
        encoded = json.dumps(_without_nul(value), default=_plain)
    return encoded


def as_text(value: str | None) -> str | None:
    """Give text that PostgreSQL stores: without NULs, and with marks in the place of lone surrogates."""
    return None if value is None else value.replace("\x00", "").encode("utf-8", "replace").decode()


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {key: _without_nul(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(item) for item in value]
    return value


def _plain(value: object) -> object:
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
