"""A whole executor in this process, on a real database and a real folder."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from db.engine import Database
from db.settings import DatabaseSettings
from domain.credits import CreditTerms
from domain.statuses import JobKind
from executor.main import work
from executor.settings import ExecutorSettings
from fetching.settings import FetchSettings
from providers.registry import Default, Providers
from storage.settings import StorageSettings
from tests.database import eventually
from tests.factories import Row, job_row


@asynccontextmanager
async def executing(
    database_url: str,
    home: Path,
    *made: Any,
    models: Mapping[JobKind, str] | None = None,
    private_hosts: str = "",
    terms: CreditTerms | None = None,
    **settings: Any,
) -> AsyncIterator[None]:
    """Run an executor with these providers, which are closed at the end; each is its kind's default.

    Simulators take no time: the first poll comes at once.
    """
    for one in made:
        one.models = {
            name: replace(able, typical_seconds=0.0, soonest_seconds=None)
            for name, able in one.models.items()
        }
    first = {one.kind: next(iter(one.models)) for one in made} | dict(models or {})
    defaults = {one.kind: Default(one.name, first[one.kind]) for one in made}
    providers = Providers({(one.kind, one.name): one for one in made}, defaults, {})
    stop, ready = asyncio.Event(), asyncio.Event()
    executor = asyncio.create_task(
        work(
            ExecutorSettings(**settings),
            stop,
            ready,
            database=DatabaseSettings(database_url=database_url, rushes_home=home),
            storage=StorageSettings(rushes_home=home),
            fetching=FetchSettings(fetch_private_hosts=private_hosts),
            providers=providers,
            terms=terms,
        )
    )
    try:
        up = asyncio.create_task(ready.wait())
        await asyncio.wait([up, executor], timeout=30, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if not executor.done():
            assert ready.is_set()
            yield
    finally:
        stop.set()
        try:
            await executor
        finally:
            await providers.aclose()


async def rests(database: Database, job: UUID, seconds: float = 60.0) -> Row:
    """Wait until a job is over; give it."""

    async def rested() -> bool:
        return (await job_row(database, job))["status"] in {"completed", "failed", "cancelled"}

    await eventually(rested, seconds)
    return await job_row(database, job)
