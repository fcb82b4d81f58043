"""The executor as a service of a process."""

import asyncio

from cli.ground import Ground
from cli.settings import load
from executor.main import work
from executor.settings import ExecutorSettings
from fetching.settings import FetchSettings


async def run_executor(
    ground: Ground,
    stop: asyncio.Event,
    ready: asyncio.Event | None = None,
    settings: ExecutorSettings | None = None,
) -> None:
    """Run an executor until ``stop`` is set, with its settings as they are read unless some are given."""
    await work(
        settings or load(ExecutorSettings),
        stop,
        ready,
        database=ground.database,
        storage=ground.storage,
        fetching=load(FetchSettings),
        providers=ground.providers,
        terms=ground.terms,
    )
