"""What the API is made of, put together by a composition root."""

from asyncio import Lock
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

from api.feed import Feed
from domain.records import Records
from domain.storage import BlobStore
from services.catalogue import Catalogue
from services.prompting import PromptDesk

BUILT = Path(__file__).parent / "static"
"""Where ``make studio`` builds to."""


class LinkVerifier(Protocol):
    """Tells our own links to stored objects from forged ones."""

    def verify(self, key: str, expires: int, signature: str, now: datetime) -> bool:
        """Tell whether we signed this and it has not expired; ``expires`` is in seconds since 1970."""
        ...


def now_utc() -> datetime:
    """Give the time of this machine; links expire by it."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The adapters behind the API; whoever opened them closes them."""

    records: Records
    storage: BlobStore
    catalogue: Catalogue
    desk: PromptDesk
    """Where orders have prompts written."""
    links: LinkVerifier | None
    """Set where the store's links lead to us; a bucket serves its own."""
    feed: Feed
    """What happens, for everyone who listens to this process."""
    schema_head: str
    """The revision of the database that this release needs."""
    turns: WeakValueDictionary[tuple[str, str], Lock] = field(default_factory=WeakValueDictionary)
    """Of requests with one idempotency key, by caller and key; there is none where nobody takes one."""
    studio: Path = BUILT
    """Where the built page is, if it is."""
    now: Callable[[], datetime] = now_utc
