"""Say what a job waits for now, in a sentence a film maker understands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.access import Caller
from domain.credits import Account, usd
from domain.job import AttemptRecord, Job
from domain.operations import GateState
from domain.ports import Lane
from domain.rates import AHEAD_SECONDS, LEAD_SECONDS, Rate, spacing
from domain.records import Transaction
from domain.statuses import AttemptState, JobKind, JobStatus
from services import jobs
from services.lanes import lane_for, living_lanes
from services.progress import by_sort


class Reason(StrEnum):
    """What holds a job up."""

    FINISHED = "finished"
    """Nothing: it is over."""
    ANOTHER_JOB = "another_job"
    """It needs the result of another job first."""
    NO_EXECUTOR = "no_executor"
    """No executor is alive."""
    NO_EXECUTOR_FOR_PROVIDER = "no_executor_for_provider"
    """Executors are alive, and none of them has this provider."""
    CREDITS = "credits"
    """The project's credits, or its budget, do not go for it."""
    BACK_OFF = "back_off"
    """It is to be tried again later."""
    PAUSED_PROVIDER = "paused_provider"
    """The provider, or our account there, is in trouble."""
    LIMIT = "limit"
    """All places at the provider are taken."""
    RATE = "rate"
    """The provider lets in so many a second, and others are ahead."""
    TURN = "turn"
    """Others are served first, or nobody: an executor takes it at once."""
    EXECUTOR_STALLED = "executor_stalled"
    """The executor that holds it stopped beating; another one is about to take over."""
    HANDOVER = "handover"
    """Nobody holds it just now; an executor is about to take it over."""
    SUBMITTING = "submitting"
    """The provider is being asked."""
    SUBMIT_UNKNOWN = "submit_unknown"
    """The provider's answer was lost; Rushes looks for what became of it."""
    GENERATING = "generating"
    """The provider is at work."""
    STORING = "storing"
    """The result is being stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What a job waits for."""

    reason: Reason
    sentence: str
    position: int | None = None
    """1 when it is likely to be the next one taken; ``None`` when that cannot be told."""
    limit: int | None = None
    in_flight: int | None = None
    until: datetime | None = None
    """When that is over, where it is known."""
    eta_seconds: float | None = None
    """Seconds until the job is likely to be completed."""
    waits_for: UUID | None = None
    """The job that it needs first."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was looked up to answer."""

    job: Job
    lanes: Sequence[Lane]
    anyone: bool
    now: datetime
    seconds: float | None
    """Median time that a job like this one takes."""

    @property
    def lane(self) -> Lane | None:
        return lane_for(self.lanes, self.job.provider)

    @property
    def place(self) -> str:
        return self.job.provider or (self.lane.provider if self.lane else "the default provider")


async def why(tx: Transaction, caller: Caller, job_id: UUID) -> tuple[Job, Why]:
    """Give a job and tell what it waits for, and how long it may take where that can be told."""
    job = await jobs.get(tx, caller, job_id)
    return job, await _explained(tx, job)


async def _explained(tx: Transaction, job: Job) -> Why:
    if job.status in {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}:
        return _finished(job)
    if job.status is JobStatus.WAITING:
        return await _waiting(tx, job)
    executors = await tx.operations.executors()
    lanes = living_lanes(executors, job.kind)
    lane = lane_for(lanes, job.provider)
    model = job.model or (lane.model if lane else "")
    paces = by_sort(await tx.operations.paces(job.kind))
    seen = _Seen(
        job=job,
        lanes=lanes,
        anyone=any(executor.alive for executor in executors),
        now=await tx.operations.now(),
        seconds=paces.get((lane.provider, model, job.duration_seconds)) if lane else None,
    )
    if job.status is JobStatus.QUEUED:
        return await _queued(tx, seen)
    return _in_hand(seen, await tx.jobs.attempts(job.id), {e.id for e in executors if e.alive})


def _finished(job: Job) -> Why:
    sentence = {
        JobStatus.COMPLETED: "It is finished; its result is stored.",
        JobStatus.FAILED: f"It failed: {job.error_message or job.error_code} It stays so until you retry it.",
        JobStatus.CANCELLED: "It was cancelled.",
    }[job.status]
    if job.status is JobStatus.CANCELLED and job.in_hand:
        sentence = "It was cancelled; the provider may still finish and bill it, and then its clip is kept."
    return Why(reason=Reason.FINISHED, sentence=sentence)


async def _waiting(tx: Transaction, job: Job) -> Why:
    needed = await tx.jobs.needed_by(job)
    if needed is None:
        return Why(reason=Reason.ANOTHER_JOB, sentence=await _never_made(tx, job))
    what = "a clip" if job.kind is JobKind.FILM else f"the {needed.kind} of this shot"
    sentence = f"It waits for {what}, which is {needed.status}."
    if needed.status is JobStatus.FAILED:
        sentence = f"It waits for {what}, which failed; retry that one."
    return Why(reason=Reason.ANOTHER_JOB, sentence=sentence, waits_for=needed.id)


async def _never_made(tx: Transaction, job: Job) -> str:
    """Say what a job waits for that is not even on its way."""
    if job.kind is JobKind.FILM:
        missing = (await tx.projects.cut(job.project_id, job.scene_id)).missing
        if missing:
            return f"It waits for clips that nobody has ordered: {', '.join(part.label for part in missing)}."
    return "It needs the result of another job first."


async def _queued(tx: Transaction, seen: _Seen) -> Why:
    job, lane = seen.job, seen.lane
    if not seen.anyone:
        sentence = "No executor is running. Start one with: rushes executor"
        return Why(reason=Reason.NO_EXECUTOR, sentence=sentence)
    if lane is None:
        sentence = f"Executors are running, but none of them makes a {job.kind} with {seen.place}."
        return Why(reason=Reason.NO_EXECUTOR_FOR_PROVIDER, sentence=sentence)
    gate = next(
        (
            gate
            for gate in await tx.operations.gates()
            if (gate.provider, gate.kind) == (lane.provider, job.kind)
        ),
        None,
    )
    if (needed := await tx.credits.shortfall(job.id)) is not None:
        return _short(needed, await tx.credits.account(job.project_id))
    if job.run_after > seen.now:
        sentence = f"It is tried again after a pause. {job.error_message or ''}".strip()
        eta = _after(job.run_after, seen)
        return Why(reason=Reason.BACK_OFF, sentence=sentence, until=job.run_after, eta_seconds=eta)
    if gate is not None and gate.paused_until is not None:
        sentence = f"Nothing is sent to {lane.provider} for now: {gate.paused_reason or 'it is in trouble'}"
        eta = _after(gate.paused_until, seen)
        return Why(reason=Reason.PAUSED_PROVIDER, sentence=sentence, until=gate.paused_until, eta_seconds=eta)
    return await _in_line(tx, seen, lane, gate)


def _short(needed: Decimal, account: Account) -> Why:
    sentence = f"It takes {usd(needed)}, and the project has {usd(account.balance)} of credits"
    if needed <= account.balance and account.cap is not None:
        budget, gone = usd(account.cap), usd(account.spent + account.held)
        sentence = f"It takes {usd(needed)}, and {gone} of the project's budget of {budget} are spent or held"
    return Why(reason=Reason.CREDITS, sentence=f"{sentence}; it goes on by itself once there is more.")


async def _in_line(tx: Transaction, seen: _Seen, lane: Lane, gate: GateState | None) -> Why:
    default = lane_for(seen.lanes, None)
    turn = await tx.operations.turn(seen.job, default_provider=default.provider if default else "")
    in_flight = gate.in_flight if gate else 0
    # After a fault one job at a time goes out, to see whether the provider is well again.
    limit = min(lane.limit, 1) if gate and gate.faults else lane.limit
    full = in_flight >= limit
    rate = lane.rates.get(seen.job.model or lane.model)
    booked = await _booked(tx, lane, rate) if rate and rate.submits and not full else 0.0
    ahead = f"{turn.ahead} {'is' if turn.ahead == 1 else 'are'} likely to go first"
    if not turn.exact:
        ahead = "more than 10,000 wait in line"
    if gate and gate.faults:
        sentence = f"{lane.provider} had trouble; one job at a time is tried until it is well; {ahead}."
    elif full:
        sentence = f"All {limit} places at {lane.provider} are taken; {ahead}."
    elif booked and rate and rate.submits:
        sentence = f"{lane.provider} lets in {_in_words(rate.submits)} of this model; {ahead}."
    elif turn.ahead:
        sentence = f"It is waiting its turn; {ahead}."
    else:
        sentence = "It is next; an executor takes it in a moment."
    eta, until = None, None
    if booked and rate and rate.submits and turn.exact:
        wait = booked + turn.ahead * spacing(rate.submits)
        until = seen.now + timedelta(seconds=wait)
        eta = _after(until, seen)
    elif turn.exact and seen.seconds is not None and limit > 0:
        before = turn.ahead + (in_flight if full else 0)
        eta = round(seen.seconds * (1 + before / limit), 1)
    return Why(
        reason=Reason.LIMIT if full else Reason.RATE if booked else Reason.TURN,
        sentence=sentence,
        position=turn.ahead + 1 if turn.exact else None,
        limit=limit,
        in_flight=in_flight,
        until=until,
        eta_seconds=eta,
    )


async def _booked(tx: Transaction, lane: Lane, rate: Rate) -> float:
    """Give for how long a model's submits are booked; 0 where a claim would find a slot at once."""
    for booking in await tx.operations.bookings():
        if (booking.kind, booking.provider, booking.model) == (*lane.key, rate.model):
            return booking.seconds if booking.seconds > LEAD_SECONDS + AHEAD_SECONDS else 0.0
    return 0.0


def _in_words(per_second: float) -> str:
    if per_second >= 1:
        return f"{per_second:g} a second"
    return f"{60 * per_second:g} a minute"


def _in_hand(seen: _Seen, attempts: Sequence[AttemptRecord], living: set[UUID]) -> Why:
    job = seen.job
    if job.claimed_by not in living:
        return _orphaned(seen)
    state = attempts[-1].state if attempts else None
    if job.status is JobStatus.PROCESSING and state is AttemptState.UNKNOWN:
        sentence = (
            f"The answer of {seen.place} was lost, so it may or may not be making this shot. Rushes looks "
            "for it there and does not ask again, because that could be billed twice."
        )
        return Why(reason=Reason.SUBMIT_UNKNOWN, sentence=sentence)
    if job.status is JobStatus.PROCESSING:
        return Why(
            reason=Reason.SUBMITTING,
            sentence=f"It is being sent to {seen.place}.",
            eta_seconds=_left(seen),
        )
    if job.status is JobStatus.GENERATING:
        return Why(reason=Reason.GENERATING, sentence=f"{seen.place} is making it.", eta_seconds=_left(seen))
    return Why(reason=Reason.STORING, sentence=f"{seen.place} is done; the result is being stored.")


def _orphaned(seen: _Seen) -> Why:
    if not seen.anyone:
        sentence = "The executor that held it is gone and no other is running. Start one: rushes executor"
        return Why(reason=Reason.NO_EXECUTOR, sentence=sentence)
    if seen.lane is None:
        sentence = f"It waits to be taken over, and no running executor has {seen.place}."
        return Why(reason=Reason.NO_EXECUTOR_FOR_PROVIDER, sentence=sentence)
    if seen.job.claimed_by is None:
        sentence = "Nobody holds it just now; an executor is about to take it over."
        return Why(reason=Reason.HANDOVER, sentence=sentence)
    sentence = "The executor that holds it has gone silent; another one is about to take over."
    return Why(reason=Reason.EXECUTOR_STALLED, sentence=sentence)


def _after(moment: datetime, seen: _Seen) -> float | None:
    if seen.seconds is None:
        return None
    return round((moment - seen.now).total_seconds() + seen.seconds, 1)


def _left(seen: _Seen) -> float | None:
    """Estimate what is left of a job that runs; a job that is late already is done any moment."""
    started = seen.job.processing_started_at
    if seen.seconds is None or started is None:
        return None
    return round(max(0.0, seen.seconds - (seen.now - started).total_seconds()), 1)
