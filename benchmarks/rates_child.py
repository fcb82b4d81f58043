"""An executor that talks to a simulated xAI, in a process of its own: see ``rates``."""

import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from benchmarks.child import asked, tell
from benchmarks.instant_storage import InstantMedia, InstantStore
from benchmarks.running import executing, parts_of, queue_at
from domain.provider import Attempt, Handle, Pending, Result
from domain.requests import GenerationRequest
from executor.garbage import collect_less_often
from executor.settings import ExecutorSettings
from providers.grok.adapter import GrokVideos
from providers.grok.client import XaiClient
from providers.simulators.grok.knobs import Knobs

_TYPICAL_SECONDS = 10.0
_LATEST = 1_200
"""As many moments as fit into a line that the parent reads."""


class Leaving(GrokVideos):
    """The adapter, noting when its requests leave, by the clock that all processes of a machine share."""

    def __init__(self, xai: XaiClient) -> None:
        super().__init__(xai)
        self.submits = list[float]()
        self.polls = list[float]()

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """See the port."""
        self.submits.append(time.monotonic())
        return await super().submit(request, attempt)

    async def poll(self, handle: Handle) -> Pending | Result:
        """See the port."""
        self.polls.append(time.monotonic())
        return await super().poll(handle)


async def main(address: str, url: str, places: int, rates: Sequence[float], spool: Path) -> None:
    """Run until the parent is gone; ``rates`` are of submits and polls, 0 for xAI's own."""
    submits, polls = (rate or None for rate in rates)
    settings = ExecutorSettings(
        video_concurrency=places, video_submits_per_second=submits, video_polls_per_second=polls
    )
    provider = Leaving(XaiClient(url, Knobs().api_key))
    provider.models = {
        name: replace(able, typical_seconds=_TYPICAL_SECONDS, soonest_seconds=None, longest_seconds=86_400.0)
        for name, able in provider.models.items()
    }
    parts = parts_of(provider, InstantStore(), InstantMedia(), spool, settings)
    collect_less_often()
    async with queue_at(address) as queue, executing(queue, parts) as executor:
        async for _ in asked():
            sent = {"submits": provider.submits[-_LATEST:], "polls": provider.polls[-_LATEST:]}
            tell(in_flight=executor.in_flight, polls=len(provider.polls), sent=sent)


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        # The parent reads what comes on the other stream.
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _, to, at, most, submits, polls, folder = sys.argv
    asyncio.run(main(to, at, int(most), (float(submits), float(polls)), Path(folder)))
