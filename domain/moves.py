"""The named moves of an executor: what it may write about a job, each guarded by status and fence.

Every write is one ``Move``: it says which status it expects, which it leads to, and what becomes of the
attempt. The store applies many moves in one transaction (group commit) and answers for each.
Moves by a person (cancel, retry, retry-download) are statements of the store, see ``domain.ports``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.failures import RULES, ErrorCode
from domain.job import Claim
from domain.provider import Attempt, Handle, ProviderError, Result
from domain.statuses import AttemptState, JobStatus
from domain.transitions import check_move


class Outcome(StrEnum):
    """What became of a move."""

    APPLIED = "applied"
    """It holds, and so does everything that hangs on it (attempt, event, slot, roll-up)."""
    CANCELLED = "cancelled"
    """A person cancelled the job; it is still in this executor's hands until its attempt is over."""
    LOST = "lost"
    """The job is not ours any more, or over: nothing was written, drop it."""


@dataclass(frozen=True, slots=True)
class AttemptChange:
    """What a move writes about the attempt. ``None`` leaves a column as it is."""

    id: UUID
    state: AttemptState
    begun: Attempt | None = None
    """The attempt to insert, for ``begin`` alone."""
    handle: Handle | None = None
    result: Result | None = None
    actual_cost: Decimal | None = None
    error_code: ErrorCode | None = None
    error_message: str | None = None
    raw_error: str | None = None
    storage_path: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A fault of the provider or of our account there: nothing more is claimed for it for a while."""

    reason: str
    seconds: float | None = None
    """As the provider said; otherwise a wait that grows with every fault in a row."""


@dataclass(frozen=True, slots=True)
class Move:
    """One guarded write."""

    name: str
    claim: Claim
    expected: JobStatus
    target: JobStatus
    attempt: AttemptChange | None = None
    frees_slot: bool = False
    gives_back: bool = False
    """The claim did not count as a generation: nothing was accepted."""
    delay: float = 0.0
    """Seconds until a queued job may be claimed."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    """Further columns of the job to set, JSON-able."""
    pause: Pause | None = None
    uploads: int = 0
    """Uploads made since the last move."""
    settles_provider: bool = False
    """The provider answered as it should: its faults in a row are over."""

    @property
    def changes_status(self) -> bool:
        """Tell whether this is a transition and not a note on a job that stays where it is."""
        return self.expected is not self.target


def _move(name: str, claim: Claim, expected: JobStatus, target: JobStatus, **rest: Any) -> Move:
    if expected is not target:
        check_move(expected, target)
    return Move(name, claim, expected, target, **rest)


def begin(claim: Claim, attempt: Attempt) -> Move:
    """Commit the intent to submit; the one POST follows it and never precedes it."""
    return _move(
        "begin",
        claim,
        JobStatus.PROCESSING,
        JobStatus.PROCESSING,
        attempt=AttemptChange(attempt.id, AttemptState.INTENT, begun=attempt),
    )


def accept(claim: Claim, attempt: Attempt, handle: Handle) -> Move:
    """Commit the provider's handle; before this nothing is polled."""
    return _move(
        "accept",
        claim,
        JobStatus.PROCESSING,
        JobStatus.GENERATING,
        attempt=AttemptChange(attempt.id, AttemptState.ACCEPTED, handle=handle),
        columns={"provider_job_id": handle.id, "provider_metadata": dict(handle.data)},
        settles_provider=True,
    )


def lose_answer(claim: Claim, attempt: Attempt, error: ProviderError) -> Move:
    """Note that the submit's answer was lost; the job stays, nothing is submitted again."""
    return _move(
        "lose_answer",
        claim,
        JobStatus.PROCESSING,
        JobStatus.PROCESSING,
        attempt=_failed_attempt(attempt.id, AttemptState.UNKNOWN, error),
    )


def free_slot(claim: Claim, *, cancelled: bool = False) -> Move:
    """Give up the slot of a job whose submit is unknown and can no longer be running."""
    status = JobStatus.CANCELLED if cancelled else JobStatus.PROCESSING
    return _move("free_slot", claim, status, status, frees_slot=True)


def release(claim: Claim, delay: float = 0.0, error: ProviderError | None = None) -> Move:
    """Give back a job for which nothing was submitted; ``error`` says what was in the way, if anything."""
    return _move(
        "release",
        claim,
        JobStatus.PROCESSING,
        JobStatus.QUEUED,
        frees_slot=True,
        gives_back=True,
        delay=delay,
        columns=_error(error) if error else {},
    )


def reject(
    claim: Claim, attempt: Attempt, error: ProviderError, delay: float, pause: Pause | None = None
) -> Move:
    """Queue again a job whose submit was provably not accepted; no retry of the job is used up."""
    return _move(
        "reject",
        claim,
        JobStatus.PROCESSING,
        JobStatus.QUEUED,
        attempt=_failed_attempt(attempt.id, AttemptState.REJECTED, error),
        frees_slot=True,
        gives_back=True,
        delay=delay,
        pause=pause,
        columns=_error(error),
    )


def progress(claim: Claim, percent: int) -> Move:
    """Note how far the provider says it is."""
    return _move("progress", claim, JobStatus.GENERATING, JobStatus.GENERATING, columns={"progress": percent})


def collect(claim: Claim, attempt_id: UUID, result: Result) -> Move:
    """Note that the provider is done and where the result is; the slot is free from here on."""
    return _move(
        "collect",
        claim,
        JobStatus.GENERATING,
        JobStatus.UPLOADING,
        attempt=AttemptChange(
            attempt_id, AttemptState.SUCCEEDED, result=result, actual_cost=result.actual_cost
        ),
        frees_slot=True,
        columns={"progress": 100},
    )


def collect_take(claim: Claim, attempt_id: UUID, result: Result) -> Move:
    """Note that the generation of a cancelled job is over: its cost, its place; the slot is free."""
    return _move(
        "collect_take",
        claim,
        JobStatus.CANCELLED,
        JobStatus.CANCELLED,
        attempt=AttemptChange(
            attempt_id, AttemptState.ABANDONED, result=result, actual_cost=result.actual_cost
        ),
        frees_slot=True,
    )


def complete(claim: Claim, attempt_id: UUID, stored: Mapping[str, Any], uploads: int) -> Move:
    """Note that the verified object is in storage."""
    return _move(
        "complete",
        claim,
        JobStatus.UPLOADING,
        JobStatus.COMPLETED,
        attempt=AttemptChange(attempt_id, AttemptState.SUCCEEDED, storage_path=stored["storage_path"]),
        columns=stored,
        uploads=uploads,
    )


def retry_later(  # noqa: PLR0917 # every one of them is part of what a failure is
    claim: Claim,
    attempt_id: UUID,
    error: ProviderError,
    cost: Decimal,
    delay: float,
    pause: Pause | None = None,
) -> Move:
    """Queue a job again whose generation failed at the provider."""
    return _move(
        "retry_later",
        claim,
        JobStatus.GENERATING,
        JobStatus.QUEUED,
        attempt=_failed_attempt(attempt_id, AttemptState.FAILED, error, cost),
        frees_slot=True,
        delay=delay,
        pause=pause,
        columns=_error(error),
    )


def fail(  # noqa: PLR0917 # every one of them is part of what a failure is
    claim: Claim,
    expected: JobStatus,
    error: ProviderError,
    attempt_id: UUID | None = None,
    state: AttemptState = AttemptState.FAILED,
    cost: Decimal | None = None,
    uploads: int = 0,
    pause: Pause | None = None,
) -> Move:
    """End a job until a person retries it."""
    return _move(
        "fail",
        claim,
        expected,
        JobStatus.FAILED,
        attempt=_failed_attempt(attempt_id, state, error, cost) if attempt_id else None,
        frees_slot=True,
        gives_back=state is AttemptState.REJECTED or attempt_id is None,
        columns=_error(error),
        uploads=uploads,
        pause=pause,
        # A provider that refuses this job alone is well.
        settles_provider=state is AttemptState.REJECTED and not RULES[error.code].pauses_provider,
    )


def keep_take(claim: Claim, attempt_id: UUID, stored: Mapping[str, Any], uploads: int) -> Move:
    """Store the clip of a job that was cancelled while the provider worked: paid for, so kept."""
    return _move(
        "keep_take",
        claim,
        JobStatus.CANCELLED,
        JobStatus.CANCELLED,
        attempt=AttemptChange(attempt_id, AttemptState.ABANDONED, storage_path=stored["storage_path"]),
        columns=stored,
        frees_slot=True,
        uploads=uploads,
    )


def let_go(claim: Claim, attempt_id: UUID | None, error: ProviderError, cost: Decimal | None = None) -> Move:
    """End the collecting of a cancelled job whose attempt came to nothing."""
    return _move(
        "let_go",
        claim,
        JobStatus.CANCELLED,
        JobStatus.CANCELLED,
        attempt=_failed_attempt(attempt_id, AttemptState.ABANDONED, error, cost) if attempt_id else None,
        frees_slot=True,
    )


def _error(error: ProviderError) -> dict[str, str]:
    return {"error_code": error.code.value, "error_message": error.message}


def _failed_attempt(
    attempt_id: UUID, state: AttemptState, error: ProviderError, cost: Decimal | None = None
) -> AttemptChange:
    return AttemptChange(
        attempt_id,
        state,
        actual_cost=cost,
        error_code=error.code,
        error_message=error.message,
        raw_error=error.raw,
    )
