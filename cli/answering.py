"""The API as a service of a process."""

import asyncio
from contextlib import AbstractAsyncContextManager

import structlog

from api.main import open_parts, run
from api.parts import Parts
from api.settings import ApiSettings
from cli.ground import Ground
from cli.settings import load

log = structlog.get_logger(__name__)


async def run_api(ground: Ground, stop: asyncio.Event) -> None:
    """Run the API until ``stop`` is set."""
    settings = load(ApiSettings)
    async with opened_parts(ground) as parts:
        await run(parts, settings, stop, announce=_announce)


def opened_parts(ground: Ground) -> AbstractAsyncContextManager[Parts]:
    """Open what the API of this process stands on."""
    writer = ground.providers.writer
    return open_parts(ground.database, ground.storage, ground.catalogue, terms=ground.terms, writer=writer)


def _announce(address: str) -> None:
    log.info("the API is ready", action="api_ready", address=address)
