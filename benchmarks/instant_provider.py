"""A provider that costs nothing: what is left of a job is the work of Rushes itself."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal

from domain.capabilities import Capability, Seconds
from domain.clock import boot_time
from domain.provider import Attempt, Handle, Pending, Recovered, Result
from domain.requests import GenerationRequest
from domain.statuses import JobKind

NAME = "instant"
MODEL = "instant-1"
CLIP = b"a clip of few bytes" * 5


class InstantProvider:
    """Accepts at once and has a small result after ``delay`` seconds; counts what it is asked.

    ``typical`` is the time it claims to take, where that is another one.
    """

    name = NAME
    kind = JobKind.VIDEO

    def __init__(self, delay: float = 0.0, *, typical: float | None = None) -> None:
        self.models: Mapping[str, Capability] = {
            MODEL: Capability(
                JobKind.VIDEO,
                Seconds(1, 60),
                ("16:9", "9:16"),
                {"720p": Decimal("0.10")},
                start_frame=True,
                typical_seconds=delay if typical is None else typical,
                longest_seconds=2 * delay + 900,
            )
        }
        self._delay = delay
        self.submits = 0
        self.polls = 0

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:  # noqa: ARG002 # the port has it
        """See the port."""
        self.submits += 1
        return Handle(str(attempt.id), {"ready_at": boot_time() + self._delay})

    async def poll(self, handle: Handle) -> Pending | Result:
        """See the port."""
        self.polls += 1
        if boot_time() < handle.data["ready_at"]:
            return Pending()
        return Result({"id": handle.id})

    def open(self, result: Result) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:  # noqa: ARG002 # the port has it
        """See the port."""
        return _clip()

    async def cancel(self, handle: Handle) -> None:
        """See the port; there is nothing to stop."""

    async def recover(self, attempt: Attempt) -> Recovered:  # noqa: ARG002 # the port has it
        """See the port; no answer is ever lost."""
        return None

    async def check(self) -> str:
        """See the port."""
        return "instant"

    async def aclose(self) -> None:
        """See the port."""


@asynccontextmanager
async def _clip() -> AsyncIterator[AsyncIterator[bytes]]:
    yield _chunks()


async def _chunks() -> AsyncIterator[bytes]:
    yield CLIP
