"""A plug-in that makes clips as the mock does, and stands still at a step of our choice to be killed there.

``STEP_AT`` names the step, ``STEP_FILE`` is created when it is reached, and the step ends when ``STEP_GO``
exists. Without ``STEP_AT`` it never stands still.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

from domain.capabilities import Capability
from domain.provider import Attempt, Handle, Pending, Provider, Recovered, Result
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.mock.adapter import providers as mock_providers

NAME = "stepper"
CLAIM, BEFORE_SUBMIT, AFTER_SUBMIT, POLL, OPEN, MIDWAY = (
    "claim",
    "before_submit",
    "after_submit",
    "poll",
    "open",
    "midway",
)


def providers() -> Sequence[Provider]:
    """Give the plug-in's one provider."""
    mock = next(made for made in mock_providers() if made.kind is JobKind.VIDEO)
    return [Stepper(mock)]


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
    """The mock with places to stand still."""

    name = NAME
    kind = JobKind.VIDEO

    def __init__(self, mock: Provider) -> None:
        self._mock = mock
        self.models: Mapping[str, Capability] = {
            model: Priced(**{name: getattr(able, name) for name in asdict(able)})
            for model, able in mock.models.items()
        }

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        await stand_still(BEFORE_SUBMIT)
        handle = await self._mock.submit(request, attempt)
        await stand_still(AFTER_SUBMIT)
        return handle

    async def poll(self, handle: Handle) -> Pending | Result:
        await stand_still(POLL)
        return await self._mock.poll(handle)

    @asynccontextmanager
    async def open(self, result: Result) -> AsyncIterator[AsyncIterator[bytes]]:
        await stand_still(OPEN)

        async def slowly(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            async for chunk in chunks:
                yield chunk
                await stand_still(MIDWAY)

        async with self._mock.open(result) as chunks:
            yield slowly(chunks)

    async def cancel(self, handle: Handle) -> None:
        await self._mock.cancel(handle)

    async def recover(self, attempt: Attempt) -> Recovered:
        return await self._mock.recover(attempt)

    async def check(self) -> str:
        return await self._mock.check()

    async def aclose(self) -> None:
        await self._mock.aclose()
