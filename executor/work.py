"""One job's way through the executor: what all its steps share."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from domain.capabilities import Capability
from domain.clock import boot_time
from domain.job import Claim
from domain.moves import Move, Outcome
from domain.ports import LaneKey
from domain.provider import Attempt, Handle, Provider
from domain.requests import GenerationRequest
from domain.statuses import JobStatus


class JobLostError(Exception):
    """The job is not ours any more; whoever holds it goes on from what is committed."""


@dataclass(slots=True)
class Work:
    """A job in hand. ``cancelled`` turns true when a person cancelled it after its submit."""

    claim: Claim
    provider: Provider
    write: Callable[[Move], Awaitable[Outcome]]
    attempt: Attempt | None = None
    handle: Handle | None = None
    """Set once the provider has accepted; of use to whoever wants to stop it."""
    started: float = field(default_factory=boot_time)
    cancelled: bool = False
    stores: int = 0
    """How often its result was fetched to be stored."""

    def __post_init__(self) -> None:
        """Count time from the submission, however many executors ago that was."""
        self.started -= self.claim.age
        self.cancelled = self.claim.job.status is JobStatus.CANCELLED

    @property
    def age(self) -> float:
        """Seconds since the submission (since the claim, before there is one)."""
        return boot_time() - self.started

    @property
    def lane(self) -> LaneKey:
        """The lane whose limits it keeps to."""
        return self.provider.kind, self.provider.name

    @property
    def model(self) -> str:
        """The attempt's model; for one that is unknown by now, the provider's default."""
        models = self.provider.models
        model = self.attempt.model if self.attempt else self.claim.job.model
        return model if model is not None and model in models else next(iter(models))

    @property
    def capability(self) -> Capability:
        """What its model can do."""
        return self.provider.models[self.model]

    def begin(self, attempt: Attempt) -> None:
        """Start counting an attempt's time."""
        self.attempt = attempt
        self.started = boot_time()

    @property
    def submitted(self) -> Attempt:
        """The attempt under way."""
        assert self.attempt is not None, "only after begin"
        return self.attempt

    async def move(self, move: Move) -> bool:
        """Write a move; tell whether it holds. When not, the job was cancelled and its attempt goes on.

        Raises:
            JobLostError: the job is not ours any more.
        """
        outcome = await self.write(move)
        if outcome is Outcome.LOST:
            raise JobLostError
        self.cancelled = self.cancelled or outcome is Outcome.CANCELLED
        return outcome is Outcome.APPLIED


def attempt_of(claim: Claim) -> Attempt | None:
    """Give the committed attempt that a taken-over job is at, with its frozen request."""
    record = claim.attempt
    if record is None:
        return None
    return Attempt(
        id=record.id,
        job_id=record.job_id,
        number=record.number,
        provider=record.provider,
        model=record.model,
        request=GenerationRequest.from_json(record.request),
        landing=record.landing,
        **({"estimated_cost": record.estimated_cost} if record.estimated_cost is not None else {}),
    )


class Parking:
    """Where tasks wait with nothing at stake: a draining executor may end them there, and only there."""

    def __init__(self) -> None:
        self._parked: set[asyncio.Task[object]] = set()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the executor drains."""
        return self._closed

    async def wait(self, seconds: float) -> None:
        """Sleep; ends in ``CancelledError`` once the executor drains."""
        with self.parked():
            await asyncio.sleep(seconds)

    @contextmanager
    def parked(self) -> Iterator[None]:
        """Have nothing at stake within the block: it ends in ``CancelledError`` once the executor drains."""
        task = asyncio.current_task()
        assert task is not None
        if self._closed:
            raise asyncio.CancelledError
        self._parked.add(task)
        try:
            yield
        finally:
            self._parked.discard(task)

    def close(self) -> None:
        """End every wait, now and from now on."""
        self._closed = True
        for task in tuple(self._parked):
            task.cancel()
