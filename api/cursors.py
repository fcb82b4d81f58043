"""Where a page of a list ends, as an opaque word."""

import base64
import binascii
import json
from datetime import UTC, datetime
from uuid import UUID

from domain.errors import InvalidRequestError, Problem
from domain.paging import Position


def encode(position: Position | None) -> str | None:
    """Give the word for a position; ``None`` on the last page."""
    if position is None:
        return None
    plain = json.dumps([position.created_at.isoformat(), str(position.id)]).encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def decode(word: str | None) -> Position | None:
    """Read what ``encode`` wrote.

    Raises:
        InvalidRequestError: it is not such a word.
    """
    if word is None:
        return None
    try:
        moment, row = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        position = Position(datetime.fromisoformat(moment).astimezone(UTC), UUID(row))
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        raise InvalidRequestError([Problem("after", word, "the next of an earlier page")]) from None
    return position
