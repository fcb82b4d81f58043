"""Sessions of the page: a cookie in place of a key, since a browser's streams send no headers."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from domain.access import Caller
from domain.errors import NotAuthenticatedError
from domain.records import Transaction
from services.keys import caller_of, digest

LIFETIME = timedelta(days=7)
_PREFIX = "rshs_"


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was just opened."""

    secret: str = field(repr=False)
    """Shown this once and kept nowhere."""
    caller: Caller


async def open_with(tx: Transaction, key: str) -> Opened:
    """Open a session that allows what this key allows, for as long as the key is valid.

    Raises:
        NotAuthenticatedError: the key is not valid.
    """
    found = await tx.keys.find(digest(key))
    if found is None:
        raise NotAuthenticatedError("this API key is not valid")
    secret = _PREFIX + secrets.token_urlsafe(32)
    await tx.keys.open_session(found.id, digest(secret), LIFETIME)
    return Opened(secret, caller_of(found))


async def recognise(tx: Transaction, secret: str) -> Caller | None:
    """Tell whose session this is; ``None`` when it is over, or its key was revoked."""
    found = await tx.keys.of_session(digest(secret))
    return None if found is None else caller_of(found)


async def end(tx: Transaction, secret: str) -> None:
    """Make a session worthless."""
    await tx.keys.end_session(digest(secret))
