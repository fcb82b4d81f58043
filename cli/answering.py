"""The API as a service of a process."""

import asyncio

import structlog

from api.main import open_parts, run
from api.settings import ApiSettings
from cli.ground import Ground
from cli.settings import load

log = structlog.get_logger(__name__)


async def run_api(ground: Ground, stop: asyncio.Event) -> None:
    """Run the API until ``stop`` is set."""
    settings = load(ApiSettings)
    async with open_parts(
        ground.database,
        ground.storage,
        ground.catalogue,
        terms=ground.terms,
        writer=ground.providers.writer,
    ) as parts:
        await run(parts, settings, stop, announce=_announce)


def _announce(address: str) -> None:
    log.info("the API is ready", action="api_ready", address=address)
