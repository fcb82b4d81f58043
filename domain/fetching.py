"""How an address that a user supplied is reached: through one guarded client, and in no other way.

``fetching`` is the adapter. Frames are fetched with ``get``, webhooks are delivered with ``post``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from domain.errors import RushesError, UnavailableError

LONGEST_URL = 2_048
_SCHEMES = frozenset({"http", "https"})


class UrlRefusedError(RushesError):
    """This address may not be fetched, now or later; the message is the reason, without the address."""


class FetchFailedError(UnavailableError):
    """The address could not be reached, or its answer broke off; trying again may help."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an address answered."""

    status: int
    content: bytes = field(repr=False)
    """Of a ``get`` that succeeded all of it, of a ``post`` the beginning, otherwise nothing."""
    retry_after: float | None = None
    """Seconds that it asked to wait, if it said."""

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return self.status // 100 == 2  # noqa: PLR2004 # the class of a status is its first digit


class Fetcher(Protocol):
    """Reaches public addresses alone, checked after resolution and at every redirect. Safe to share.

    It sends no credentials and no cookies, asks no proxy, and opens no compressed body.
    """

    async def get(self, url: str, *, most: int) -> Reply:
        """Fetch up to ``most`` bytes, following a few redirects.

        Raises:
            UrlRefusedError: the address or what it leads to is not to be fetched, or there is more.
            FetchFailedError: no answer, or it broke off or took too long.
        """
        ...

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a small body once, following no redirect.

        Raises:
            UrlRefusedError: the address is not to be reached.
            FetchFailedError: whether the body arrived is unknown.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


def url_problem(url: str) -> str | None:
    """Say what is wrong with the form of a URL; ``None`` where only the network can tell more."""
    parts = _split(url)
    if parts is None or parts.scheme not in _SCHEMES or not parts.hostname:
        return "allowed: an http or https URL"
    if "@" in parts.netloc:
        return "a URL must not hold a name or a password"
    if len(url) > LONGEST_URL:
        return f"at most {LONGEST_URL} characters"
    return None


def shown_url(url: str) -> str:
    """Give a URL for messages: without its query, fragment and credentials, which may be secrets."""
    parts = _split(url)
    if parts is None:
        return "(unreadable)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]


def _split(url: str) -> SplitResult | None:
    if any(sign.isspace() or not sign.isprintable() for sign in url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts
