"""One job from where it stands to where it rests."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from structlog.contextvars import bind_contextvars

from domain import moves
from domain.errors import PoisonedError
from domain.failures import ErrorCode
from domain.job import Claim
from domain.moves import Move, Outcome
from domain.provider import Handle, Provider, ProviderError, Result, SubmitUnknownError
from domain.statuses import AttemptState, JobKind, JobStatus
from executor.generating import Poller
from executor.recovering import Recoverer
from executor.storing import Storer
from executor.submitting import Submitter
from executor.work import JobLostError, Parking, Work, attempt_of

_STOP_TIMEOUT = 30.0
_STANDS = {
    JobStatus.PROCESSING: AttemptState.UNKNOWN,
    JobStatus.GENERATING: AttemptState.ACCEPTED,
    JobStatus.UPLOADING: AttemptState.SUCCEEDED,
}
"""What an attempt is when its job breaks our handling: never failed, since it may have been paid for."""
_CODES = {
    JobStatus.PROCESSING: ErrorCode.SUBMIT_UNKNOWN,
    JobStatus.GENERATING: ErrorCode.PROVIDER_FAILED,
    JobStatus.UPLOADING: ErrorCode.STORAGE_FAILED,
}

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Runner:
    """Runs jobs; each in a task of its own that holds no connection while it waits."""

    providers: Mapping[tuple[JobKind, str], Provider]
    write: Callable[[Move], Awaitable[Outcome]]
    parking: Parking
    submitter: Submitter
    poller: Poller
    recoverer: Recoverer
    storer: Storer

    def close(self) -> None:
        """Let no poll go any more; all jobs are at rest, or somebody else's."""
        self.poller.pacer.close()

    def take(self, claim: Claim) -> Work:
        """Make a claim ready to run."""
        assert claim.job.provider is not None, "frozen by the claim"
        return Work(claim, self.providers[claim.job.kind, claim.job.provider], self.write)

    async def run(self, work: Work) -> None:
        """Run one claimed or taken-over job. Nothing that goes wrong with it leaves this method."""
        job = work.claim.job
        # A task has a context of its own, so that there is nothing to unbind.
        bind_contextvars(job_id=str(job.id), provider=job.provider)
        try:
            await self._run(work)
        except JobLostError:
            log.info("somebody else has this job now", action="job_lost")
        # Everything, because this is the edge of one job: nobody awaits its task, so a fault that got through
        # would leave the job in hand, neither run nor failed, for as long as this executor lives.
        except Exception as error:  # the edge of one job
            log.exception("the job could not be handled", action="job_broken")
            await self._fail_alone(work, error)

    async def _run(self, work: Work) -> None:
        status = work.claim.job.status
        if not work.claim.adopted:
            await (self._give_back(work) if self.parking.closed else self._submit(work))
            return
        work.attempt = attempt_of(work.claim)
        record = work.claim.attempt
        log.info("took the job over", action="job_adopted", status=status)
        if status is JobStatus.PROCESSING:
            await self._resume_processing(work)
        elif record is None:
            await work.move(moves.let_go(work.claim, None, ProviderError(ErrorCode.CANCELLED)))
        elif record.result is not None:
            await self._store(work, Result.from_json(record.result))
        elif record.provider_job_id is not None:
            await self._generate(work, Handle(record.provider_job_id, record.handle or {}))
        else:
            await self._recover(work)

    async def _resume_processing(self, work: Work) -> None:
        record = work.claim.attempt
        if record is not None and record.state is AttemptState.UNKNOWN:
            await self._recover(work)
        elif record is not None and record.state is AttemptState.ACCEPTED:
            handle = Handle(record.provider_job_id or "", record.handle or {})
            await work.move(moves.accept(work.claim, work.submitted, handle))
            await self._generate(work, handle)
        else:
            # Claimed, and no intent committed: nothing was asked of the provider.
            await self._give_back(work)

    async def _give_back(self, work: Work) -> None:
        await work.move(moves.release(work.claim))

    async def _submit(self, work: Work) -> None:
        try:
            handle = await self.submitter.submit(work)
        except SubmitUnknownError:
            await self._recover(work)
            return
        if handle is not None:
            await self._generate(work, handle)

    async def _recover(self, work: Work) -> None:
        found = await self.recoverer.recover(work)
        if isinstance(found, Result):
            await self._collect(work, found)
        elif found is not None:
            await self._generate(work, found)

    async def _generate(self, work: Work, handle: Handle) -> None:
        work.handle = handle
        if work.cancelled:
            await self.stop(work)
        result = await self.poller.result(work, handle)
        if result is not None:
            await self._collect(work, result)

    async def stop(self, work: Work) -> None:
        """Ask the provider to stop a cancelled job's generation; it may finish and bill all the same."""
        if work.handle is None:
            return
        try:
            async with asyncio.timeout(_STOP_TIMEOUT):
                await work.provider.cancel(work.handle)
        # Everything, because an adapter may raise anything, and asking was a courtesy: the job is cancelled
        # whether the provider stops or not, and what it bills is booked when it ends.
        except Exception as error:  # noqa: BLE001 # adapters raise anything
            log.info("the provider did not stop", action="cancel_failed", error=type(error).__name__)

    async def _collect(self, work: Work, result: Result) -> None:
        if work.cancelled or not await work.move(moves.collect(work.claim, work.submitted.id, result)):
            await work.move(moves.collect_take(work.claim, work.submitted.id, result))
        await self._store(work, result)

    async def _store(self, work: Work, result: Result) -> None:
        claim, attempt = work.claim, work.submitted
        try:
            stored, tries = await self.storer.store(work, result)
        except ProviderError as error:
            log.warning(
                "the result could not be stored", action="store_failed", code=error.code, error=error.raw
            )
            if work.cancelled or not await work.move(
                moves.fail(claim, JobStatus.UPLOADING, error, attempt.id, uploads=work.stores)
            ):
                await work.move(moves.let_go(claim, attempt.id, error))
            return
        if work.cancelled or not await work.move(moves.complete(claim, attempt.id, stored, tries)):
            await work.move(moves.keep_take(claim, attempt.id, stored, tries))
        log.info("stored", action="job_stored", key=stored["storage_path"])

    async def _fail_alone(self, work: Work, error: Exception) -> None:
        """Fail a job that broke its own handling, wherever it stands, in words that can be stored."""
        reason = error.message if isinstance(error, PoisonedError) else type(error).__name__
        attempt_id = work.attempt.id if work.attempt is not None else None
        for status, state in _STANDS.items():
            failure = ProviderError(
                ErrorCode.INVALID_REQUEST if attempt_id is None else _CODES[status],
                f"Rushes could not handle this job: {_printable(reason)}",
            )
            outcome = await self.write(moves.fail(work.claim, status, failure, attempt_id, state))
            if outcome is Outcome.APPLIED:
                return
            if outcome is Outcome.CANCELLED:
                await self.write(moves.let_go(work.claim, attempt_id, failure))
                return


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:500]
