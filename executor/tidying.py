"""What an executor looks after now and then: rows and jobs that nobody else sees."""

import asyncio

import structlog

from domain.errors import RushesError
from domain.ports import JobQueue
from executor.heart import Heart

_EVERY_SECONDS = 60.0
_SETTLED_SECONDS = 600.0
"""After a start or an outage, until the absence of a provider means anything: others may be coming up."""

log = structlog.get_logger(__name__)


async def tidy_forever(queue: JobQueue, heart: Heart) -> None:
    """Tidy at the start, and once a minute."""
    while True:
        try:
            await _tidy(queue, heart)
        except RushesError as error:
            # The edge of the loop: what one moment does not allow, the next round does.
            log.warning("could not tidy", action="tidy_failed", error=error.message)
        await asyncio.sleep(_EVERY_SECONDS)


async def _tidy(queue: JobQueue, heart: Heart) -> None:
    await queue.forget_executors()
    await queue.promote_overdue()
    await queue.settle_overdue()
    if heart.steady_for(_SETTLED_SECONDS) and (ended := await queue.end_stranded()):
        log.warning("ended jobs of providers that nobody has", action="stranded_ended", jobs=ended)
