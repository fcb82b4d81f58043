"""An executor with many long generations, in a process of its own: see ``in_flight``."""

import asyncio
import logging
import sys
from pathlib import Path

import structlog

from benchmarks.child import asked, tell
from benchmarks.instant_provider import InstantProvider
from benchmarks.instant_storage import InstantMedia, InstantStore
from benchmarks.running import executing, parts_of, queue_at
from executor.garbage import collect_less_often
from executor.settings import ExecutorSettings

POLLS_PER_SECOND = 450.0
_GENERATION_SECONDS, _TYPICAL_SECONDS = 3_600.0, 10.0


async def main(address: str, places: int, spool: Path) -> None:
    """Run until the parent is gone; tell it how far we are whenever it asks."""
    settings = ExecutorSettings(video_concurrency=places, video_polls_per_second=POLLS_PER_SECOND)
    provider = InstantProvider(_GENERATION_SECONDS, typical=_TYPICAL_SECONDS)
    parts = parts_of(provider, InstantStore(), InstantMedia(), spool, settings)
    collect_less_often()
    async with queue_at(address) as queue, executing(queue, parts) as executor:
        async for _ in asked():
            tell(in_flight=executor.in_flight, submits=provider.submits, polls=provider.polls)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
