"""What to do about a submission whose answer was lost: look for it, never submit it again."""

from dataclasses import dataclass

import structlog

from domain import moves
from domain.errors import DatabaseUnavailableError
from domain.failures import ErrorCode
from domain.ports import JobQueue
from domain.provider import (
    Handle,
    NeverAccepted,
    Recovered,
    Result,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.statuses import AttemptState, JobStatus
from executor.work import Parking, Work

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Recoverer:
    """Searches until the orphan is found, proven never accepted, or the search is over."""

    queue: JobQueue
    parking: Parking
    seconds: float
    """``SUBMIT_RECOVERY_SECONDS``, counted from the submission."""

    async def recover(self, work: Work) -> Handle | Result | None:
        """Look for the submission; ``None`` when the job is over for now."""
        wait, freed = _FIRST_WAIT, False
        while True:
            found = await self._look(work)
            if isinstance(found, Handle | Result):
                log.info("found the lost submission", action="submit_recovered")
                return await self._adopt(work, found)
            if isinstance(found, NeverAccepted):
                error = SubmitRejectedError(
                    ErrorCode.PROVIDER_TRANSIENT, "The provider confirms that it never got the request."
                )
                if work.cancelled or not await work.move(
                    moves.reject(work.claim, work.submitted, error, 0.0)
                ):
                    await work.move(moves.let_go(work.claim, work.submitted.id, error))
                return None
            if work.age > self.seconds:
                await self._give_up(work)
                return None
            if not freed and work.age > work.capability.longest_seconds:
                # Whatever it started is over by now, so it blocks nobody any longer.
                freed = await work.move(moves.free_slot(work.claim, cancelled=work.cancelled))
            await self.parking.wait(min(wait, max(self.seconds - work.age, 0.0) + 0.05))
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _look(self, work: Work) -> Recovered:
        try:
            late = await self.queue.answer_of(work.submitted.id)
        except DatabaseUnavailableError:
            return None
        if late is not None:
            return late if isinstance(late, Handle) else NeverAccepted()
        try:
            return await work.provider.recover(work.submitted)
        # Everything, because an adapter may raise anything, and a search that broke proves neither that the
        # submission was accepted nor that it was not: taken for an answer it would pay twice or lose a clip.
        except Exception as error:  # noqa: BLE001 # adapters raise anything
            log.info("the search failed", action="recover_failed", error=f"{type(error).__name__}: {error}")
            return None

    async def _adopt(self, work: Work, found: Handle | Result) -> Handle | Result:
        attempt = work.submitted
        handle = found if isinstance(found, Handle) else Handle(f"recovered:{attempt.landing}")
        if work.cancelled or not await work.move(moves.accept(work.claim, attempt, handle)):
            await self.queue.record_answer(attempt.id, handle)
        return found

    async def _give_up(self, work: Work) -> None:
        error = SubmitUnknownError()
        log.warning("gave the lost submission up", action="submit_given_up")
        move = moves.fail(work.claim, JobStatus.PROCESSING, error, work.submitted.id, AttemptState.UNKNOWN)
        if work.cancelled or not await work.move(move):
            await work.move(moves.let_go(work.claim, work.submitted.id, error))
