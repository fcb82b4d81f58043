"""A provider that was paused for its account's sake, and an executor that may refuse to start."""

import asyncio
from uuid import UUID

from db.engine import Database
from tests.factories import job_row, rows


async def has_status(database: Database, job: UUID, status: str) -> bool:
    """Tell whether a job has come to this status."""
    return bool((await job_row(database, job))["status"] == status)


async def is_paused(database: Database, provider: str, reason: str) -> bool:
    """Tell whether the provider is paused, and says why in these words."""
    gates = await rows(database, "SELECT * FROM gates")
    return any(
        gate["provider"] == provider and gate["kind"] == "video" and reason in (gate["paused_reason"] or "")
        for gate in gates
    )


async def started(executor: "asyncio.Task[None]", ready: asyncio.Event) -> None:
    """Wait until an executor is ready; whatever stops its start is raised."""
    waiting = asyncio.create_task(ready.wait())
    async with asyncio.timeout(30):
        await asyncio.wait({executor, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if executor.done():
        executor.result()
