"""What the calls need to know about credentials."""

from collections.abc import Mapping
from typing import Protocol


class Tokens(Protocol):
    """Gives the headers that say who we are."""

    async def headers(self, *, refused: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give headers with a valid token; a new one where ``refused`` is what it had.

        Raises:
            ProviderError: there is none to be had.
        """
        ...
