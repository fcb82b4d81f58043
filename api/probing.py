"""Whether the database, its schema and the storage are as they should be."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from api.parts import Parts
from api.schemas.operations import Check, Readiness
from domain.errors import RushesError

_DEADLINE = 5.0
_STORAGE_GOOD_FOR = 60.0
"""Seconds that a storage round trip counts: each one writes, and probes come every few seconds."""


class Prober:
    """Answers readiness probes; one per process."""

    def __init__(self, parts: Parts, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._parts = parts
        self._seconds = seconds
        self._stored_until = 0.0

    async def probe(self) -> Readiness:
        """Check everything that requests need."""
        checks = [
            await _check("database", self._database),
            await _check("migrations", self._migrations),
            await _check("storage", self._storage),
        ]
        return Readiness(status="ready" if all(check.ok for check in checks) else "unready", checks=checks)

    async def _database(self) -> None:
        async with self._parts.records.transaction() as tx:
            await tx.operations.now()

    async def _migrations(self) -> None:
        async with self._parts.records.transaction() as tx:
            revision = await tx.operations.schema_revision()
        if revision != self._parts.schema_head:
            raise RushesError(
                f"the database is at revision {revision or 'none'}, this release needs "
                f"{self._parts.schema_head}; run: rushes migrate"
            )

    async def _storage(self) -> None:
        if self._seconds() < self._stored_until:
            return
        await self._parts.storage.check()
        self._stored_until = self._seconds() + _STORAGE_GOOD_FOR


async def _check(name: str, look: Callable[[], Awaitable[None]]) -> Check:
    try:
        async with asyncio.timeout(_DEADLINE):
            await look()
    except RushesError as error:
        return Check(name=name, ok=False, reason=error.message)
    except TimeoutError:
        return Check(name=name, ok=False, reason=f"no answer within {_DEADLINE:g} s")
    return Check(name=name, ok=True, reason=None)
