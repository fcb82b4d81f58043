"""A plug-in that makes clips as another provider does, and stands still at a step to be killed there.

``STEP_AT`` names the step, ``STEP_FILE`` is created when it is reached, and the step ends when ``STEP_GO``
exists. Without ``STEP_AT`` it never stands still. ``STEP_OVER`` names the other provider: the mock, or grok
or veo3, whose simulators take no time, so that they are polled at once.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from domain.capabilities import Capability
from domain.provider import Attempt, Handle, Pending, Provider, Recovered, Result
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from domain.storage import Source, StoredObject
from providers.grok.adapter import providers as grok_providers
from providers.mock.adapter import providers as mock_providers
from providers.veo3.adapter import providers as veo_providers
from storage.folder import FolderStore

NAME = "stepper"
CLAIM, BEFORE_SUBMIT, AFTER_SUBMIT, POLL, OPEN, MIDWAY, DOWNLOADED, UPLOAD, UPLOADED = (
    "claim",
    "before_submit",
    "after_submit",
    "poll",
    "open",
    "midway",
    "downloaded",
    "upload",
    "uploaded",
)
_OVER = {"mock": mock_providers, "grok": grok_providers, "veo3": veo_providers}


def providers() -> Sequence[Provider]:
    """Give the plug-in's one provider."""
    over = os.environ.get("STEP_OVER", "mock")
    made = next(made for made in _OVER[over]() if made.kind is JobKind.VIDEO)
    if os.environ.get("STEP_AT") in {UPLOAD, UPLOADED}:
        _let_uploads_stand_still()
    return [Stepper(made, **({} if over == "mock" else {"typical_seconds": 0.0, "soonest_seconds": None}))]


def _let_uploads_stand_still() -> None:
    """Put steps around the folder store's writing, which no plug-in can reach otherwise."""
    put = FolderStore.put

    async def standing(
        self: FolderStore, key: str, source: Source, *, content_type: str, sha256: str
    ) -> StoredObject:
        clip = key.endswith(".mp4")
        if clip:
            await stand_still(UPLOAD)
        stored = await put(self, key, source, content_type=content_type, sha256=sha256)
        if clip:
            await stand_still(UPLOADED)
        return stored

    FolderStore.put = standing  # type: ignore[method-assign] # in the process that is to be killed


def reached(step: str) -> bool:
    """Say that a step is reached; tell whether to stand still there."""
    if os.environ.get("STEP_AT") != step or Path(os.environ["STEP_GO"]).exists():
        return False
    Path(os.environ["STEP_FILE"]).touch()
    return True


async def stand_still(step: str) -> None:
    """Stay at a step until told to go on."""
    if reached(step):
        while not Path(os.environ["STEP_GO"]).exists():  # noqa: ASYNC110 # another process creates it
            await asyncio.sleep(0.02)


class Priced(Capability):
    """A capability whose quote, asked for between claim and intent, is a step as well."""

    def quote(self, request: GenerationRequest) -> Decimal:
        if reached(CLAIM):
            threading.Event().wait()
        return Capability.quote(self, request)


class Stepper:
    """Another provider with places to stand still."""

    name = NAME
    kind = JobKind.VIDEO

    def __init__(self, other: Provider, **changes: Any) -> None:
        self._other = other
        self.models: Mapping[str, Capability] = {
            model: Priced(**{name: getattr(able, name) for name in asdict(able)} | changes)
            for model, able in other.models.items()
        }

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        await stand_still(BEFORE_SUBMIT)
        handle = await self._other.submit(request, attempt)
        await stand_still(AFTER_SUBMIT)
        return handle

    async def poll(self, handle: Handle) -> Pending | Result:
        await stand_still(POLL)
        return await self._other.poll(handle)

    @asynccontextmanager
    async def open(self, result: Result) -> AsyncIterator[AsyncIterator[bytes]]:
        await stand_still(OPEN)

        async def slowly(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            async for chunk in chunks:
                yield chunk
                await stand_still(MIDWAY)
            await stand_still(DOWNLOADED)

        async with self._other.open(result) as chunks:
            yield slowly(chunks)

    async def cancel(self, handle: Handle) -> None:
        await self._other.cancel(handle)

    async def recover(self, attempt: Attempt) -> Recovered:
        return await self._other.recover(attempt)

    async def check(self) -> str:
        return await self._other.check()

    async def aclose(self) -> None:
        await self._other.aclose()
