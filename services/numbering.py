"""Give events their numbers: every process that runs for long does, and none of them leads."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import structlog

from domain.errors import DatabaseUnavailableError

_SPACING = 0.05
"""Seconds between two batches: under load they grow instead of costing a commit for every few events."""
_AGAIN = (0.1, 0.2)
"""Seconds until we look again where another process was numbering: it most likely did ours as well."""
_AFTER_ERROR = 1.0

log = structlog.get_logger(__name__)


class Numberer:
    """Numbers committed events as soon as it is told of some, and every ``interval`` seconds in any case."""

    def __init__(self, number: Callable[[], Awaitable[int | None]], *, interval: float) -> None:
        self._number = number
        self._interval = interval
        self._wake = asyncio.Event()
        self._rng = Random()  # noqa: S311 # spreads waits, guards nothing

    def wake(self) -> None:
        """Number what was committed up to now."""
        self._wake.set()

    async def run(self) -> None:
        """Number for ever."""
        while True:
            self._wake.clear()
            pause = await self._round()
            if pause is not None:
                await asyncio.sleep(pause)
                continue
            try:
                async with asyncio.timeout(self._interval):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _round(self) -> float | None:
        """Number once; give how soon to do so again, ``None`` when there was nothing."""
        try:
            found = await self._number()
        except DatabaseUnavailableError as error:
            log.warning("could not number events", action="number_failed", error=error.message)
            return _AFTER_ERROR
        if found is None:
            return self._rng.uniform(*_AGAIN)
        return _SPACING if found else None
