"""What an executor is made of, and how the parts are put together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from domain.fetching import Fetcher
from domain.media import MediaTool
from domain.moves import Move, Outcome
from domain.ports import ExecutorCard, JobQueue
from domain.provider import Provider
from domain.statuses import JobKind
from domain.storage import BlobStore
from domain.webhooks import Deliveries
from executor.frames import AT_ONCE, FrameReader
from executor.generating import Poller
from executor.heart import Heart
from executor.pacing import Pacer, Shares
from executor.previewing import Previewer
from executor.recovering import Recoverer
from executor.runner import Runner
from executor.settings import ExecutorSettings
from executor.slots import Slots
from executor.storing import Storer
from executor.submitting import Submitter
from executor.work import Parking


@dataclass(frozen=True, slots=True)
class Parts:
    """The adapters and settings of one executor, chosen by a composition root, which also closes them."""

    card: ExecutorCard
    settings: ExecutorSettings
    providers: Mapping[tuple[JobKind, str], Provider]
    blobs: BlobStore
    media: MediaTool
    fetcher: Fetcher
    spool: Path
    """An existing folder for files on their way."""
    deliveries: Deliveries | None = None
    """What is to be sent to webhooks; ``None`` for an executor that delivers nothing."""


def assemble(
    parts: Parts,
    queue: JobQueue,
    write: Callable[[Move], Awaitable[Outcome]],
    *,
    heart: Heart,
    parking: Parking,
    shares: Shares,
    rng: Random,
) -> Runner:
    """Build the runner of one executor."""
    settings = parts.settings
    places = asyncio.Semaphore(AT_ONCE)
    frames = FrameReader(queue, parts.fetcher, parts.blobs, parts.media, parking, places)
    rates = {lane: settings.rates(provider) for lane, provider in parts.providers.items()}
    pacer = Pacer(parking, shares, rates, rng)
    return Runner(
        providers=parts.providers,
        write=write,
        parking=parking,
        submitter=Submitter(queue, heart, parking, Slots(queue, rates), rng, frames),
        poller=Poller(pacer, rng, settings.max_retries),
        recoverer=Recoverer(queue, parking, settings.submit_recovery_seconds),
        storer=Storer(
            parts.blobs,
            parts.media,
            parts.spool,
            parking,
            asyncio.Semaphore(settings.upload_concurrency),
            Previewer(parts.blobs, parts.media),
        ),
    )
