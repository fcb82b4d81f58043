"""What an executor looks after now and then: rows that nobody needs, jobs that nobody saw wait."""

import asyncio

import structlog

from domain.errors import RushesError
from domain.ports import JobQueue

_EVERY_SECONDS = 60.0

log = structlog.get_logger(__name__)


async def tidy_forever(queue: JobQueue) -> None:
    """Tidy at the start, and once a minute."""
    while True:
        try:
            await queue.forget_executors()
            await queue.promote_overdue()
        except RushesError as error:
            # The edge of the loop: what one moment does not allow, the next round does.
            log.warning("could not tidy", action="tidy_failed", error=error.message)
        await asyncio.sleep(_EVERY_SECONDS)
