"""What the executor needs of the database, in the words of the domain.

``domain.provider``, ``domain.storage`` and ``domain.media`` hold the other ports of the executor,
``domain.records`` those of the API.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from domain.films import Cut
from domain.job import Claim
from domain.moves import Move, Outcome
from domain.provider import Handle, ProviderError, SubmitRejectedError
from domain.rates import Member, Rate, Reading, Slot
from domain.statuses import JobKind, JobStatus


@dataclass(frozen=True, slots=True)
class Lane:
    """One stream of jobs that an executor takes from: a kind at a provider, with its cluster-wide limit."""

    kind: JobKind
    provider: str
    model: str
    """Used where a job names none."""
    limit: int
    """Generations in flight at most, over all executors."""
    is_default: bool
    """Whether jobs that name no provider are this lane's."""
    most_here: int | None = None
    """Jobs in one executor's hands at most, for work that the executor does itself."""
    rates: Mapping[str, Rate] = field(default_factory=dict, hash=False)
    """By model, those that have a limit."""

    @property
    def key(self) -> "LaneKey":
        """Tell it from every other lane, whatever its limits."""
        return self.kind, self.provider


LaneKey = tuple[JobKind, str]
"""A kind and a provider."""


@dataclass(frozen=True, slots=True)
class ExecutorCard:
    """How an executor introduces itself; the database keeps one row each."""

    id: UUID
    name: str
    host: str
    pid: int
    settings: dict[str, Any] = field(default_factory=dict)
    """Limits and providers, so that executors that disagree can be found. No secrets."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What an executor learns with every beat."""

    cancelled: Sequence[UUID] = ()
    """Its jobs that a person cancelled and that are still collected."""
    orphans: bool = False
    """Whether an executor that stopped beating still holds jobs."""
    roll_ups: bool = False
    """Whether jobs were over as they were inserted, so that their scenes have to be decided anew."""
    members: Mapping[LaneKey, Sequence[Member]] = field(default_factory=dict)
    """Who serves each lane, this executor included once the database has seen it."""
    reading: Reading | None = None
    """What the database's clock said."""


class Cuts(Protocol):
    """Knows what films are made of."""

    async def cut(self, project: UUID, scene: UUID | None) -> Cut:
        """Give what the film of a project, or of one of its scenes, would be made of now.

        Raises:
            DatabaseUnavailableError: it cannot be told now.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredResult:
    """Where a job's result is kept."""

    status: JobStatus
    key: str | None
    """In storage; ``None`` before it is stored."""


class JobQueue(Protocol):
    """The executor's side of ``video_generation_jobs``. No call holds a connection after it returns.

    Every call has a deadline and raises ``DatabaseUnavailableError`` when the database cannot be reached
    or answered too late; the effect of the call is then unknown, and calling it again is safe.
    """

    async def claim(self, executor: UUID, lane: Lane, room: int) -> Sequence[Claim]:
        """Take up to ``room`` queued jobs, in fair turns between projects, never over the lane's limit.

        Jobs whose model has a rate come with a slot each; those that would wait for one for long are left.
        """
        ...

    def held_back(self, lane: Lane) -> float:
        """Give for how many seconds nothing is to be had of a lane, because its rate is booked; usually 0."""
        ...

    async def book(self, lane: LaneKey, rate: Rate, slots: int) -> Sequence[Slot]:
        """Book slots for submits that missed their own."""
        ...

    async def adopt(
        self,
        executor: UUID,
        providers: Sequence[str],
        *,
        dead_too: bool,
        limit: int,
        kind: JobKind = JobKind.VIDEO,
    ) -> Sequence[Claim]:
        """Take over a kind's jobs in nobody's hands; with ``dead_too`` those of silent executors as well.

        An attempt left at ``intent`` becomes ``unknown``. Adopting moves no job and uses up no retry.
        """
        ...

    async def apply(self, moves: Sequence[Move]) -> Sequence[Outcome]:
        """Apply moves of distinct jobs in one transaction, one outcome each in the same order.

        Safe to repeat after an unknown outcome: a move that already holds is ``APPLIED``.

        Raises:
            PoisonedError: some move's values cannot be stored; nothing was applied. Split and try again.
        """
        ...

    async def record_answer(self, attempt: UUID, answer: Handle | ProviderError) -> None:
        """Write what a POST answered onto its attempt, whoever owns the job by now.

        The one write that is not fenced: a handle is never thrown away. It moves no job that has an owner;
        a job that was already given up as ``submit_unknown`` is put back into nobody's hands.
        """
        ...

    async def answer_of(self, attempt: UUID) -> Handle | SubmitRejectedError | None:
        """Give what ``record_answer`` wrote about an attempt, if anything."""
        ...

    async def stored(self, job: UUID, project: UUID) -> StoredResult | None:
        """Tell where the result of a job of this project is kept; ``None`` where there is no such job."""
        ...

    async def beat(self, card: ExecutorCard) -> Pulse:
        """Say that this executor lives, and learn what happened meanwhile."""
        ...

    async def promote_overdue(self) -> None:
        """Queue jobs that still wait although what they waited for is there.

        Whoever completes something queues what waited for it. This is for what nobody saw: an executor of
        an older release completed it, or the waiting job was inserted in that very moment.
        """
        ...

    async def forget_executors(self) -> None:
        """Remove the rows of executors that are long gone."""
        ...

    async def roll_up_due(self) -> None:
        """Decide the scenes of jobs that were over as they were inserted."""
        ...

    async def end_stranded(self) -> int:
        """Fail jobs in nobody's living hands whose provider no living executor has; give how many.

        A day after their submission, when results are gone at many providers. What was paid for stays on
        record as it was, so that its result can be asked for once the provider is configured again.
        """
        ...

    async def settle_overdue(self) -> int:
        """Settle the holds of jobs that ended where nobody settled them; give how many.

        That is by an executor or an API that holds no credits, by SQL, or because their provider is gone.
        """
        ...

    async def hand_over(self, executor: UUID) -> int:
        """Put every job of this executor into nobody's hands and sign off; give how many there were."""
        ...

    async def number_events(self) -> int | None:
        """Number some committed events; see ``domain.events.EventLog.number``."""
        ...

    def listen(self) -> AbstractAsyncContextManager[AsyncIterator[None]]:
        """Yield whenever jobs may have become ready; ends when the connection is lost or proves deaf."""
        ...
