"""Executors without providers: what they may do next with a job, so that a test decides what became of it."""

from collections.abc import Callable

from domain import moves
from domain.failures import ErrorCode
from domain.job import Claim
from domain.moves import Move, Pause
from domain.provider import GenerationFailedError, SubmitRejectedError, SubmitUnknownError
from domain.statuses import AttemptState, JobStatus
from tests.factories import Life, result, resumes, stored

REFUSED = SubmitRejectedError(ErrorCode.RATE_LIMITED)
FAILED = GenerationFailedError(ErrorCode.PROVIDER_FAILED)

Step = Callable[[Life], Move]


def _begin(life: Life) -> Move:
    return moves.begin(life.claim, life.attempt)


def _release(life: Life) -> Move:
    return moves.release(life.claim)


def _accept(life: Life) -> Move:
    return moves.accept(life.claim, life.attempt, life.handle)


def _reject(life: Life) -> Move:
    return moves.reject(life.claim, life.attempt, REFUSED, 0.0)


def _reject_and_pause(life: Life) -> Move:
    return moves.reject(life.claim, life.attempt, REFUSED, 0.0, Pause("slow", 0.0))


def _fail_refused(life: Life) -> Move:
    return moves.fail(life.claim, JobStatus.PROCESSING, REFUSED, life.attempt.id, AttemptState.REJECTED)


def _lose_answer(life: Life) -> Move:
    return moves.lose_answer(life.claim, life.attempt, SubmitUnknownError())


def _give_up(life: Life) -> Move:
    error = SubmitUnknownError()
    return moves.fail(life.claim, JobStatus.PROCESSING, error, life.attempt.id, AttemptState.UNKNOWN)


def _free_slot(life: Life) -> Move:
    return moves.free_slot(life.claim)


def _progress(life: Life) -> Move:
    return moves.progress(life.claim, 50)


def _collect(life: Life) -> Move:
    return moves.collect(life.claim, life.attempt.id, result())


def _retry_later(life: Life) -> Move:
    return moves.retry_later(life.claim, life.attempt.id, FAILED, FAILED.cost, 0.0)


def _give_up_late(life: Life) -> Move:
    error = GenerationFailedError(ErrorCode.DEADLINE_EXCEEDED)
    return moves.fail(life.claim, JobStatus.GENERATING, error, life.attempt.id, AttemptState.ACCEPTED)


def _fail_generation(life: Life) -> Move:
    return moves.fail(life.claim, JobStatus.GENERATING, FAILED, life.attempt.id)


def _complete(life: Life) -> Move:
    return moves.complete(life.claim, life.attempt.id, stored(life.claim), 1)


def _fail_upload(life: Life) -> Move:
    return moves.fail(life.claim, JobStatus.UPLOADING, FAILED, life.attempt.id, uploads=1)


def _let_go(life: Life) -> Move:
    return moves.let_go(life.claim, life.attempt.id, FAILED)


def _collect_take(life: Life) -> Move:
    return moves.collect_take(life.claim, life.attempt.id, result())


def _keep_take(life: Life) -> Move:
    return moves.keep_take(life.claim, life.attempt.id, stored(life.claim), 1)


NEXT: dict[str, list[Step]] = {
    "claim": [_begin, _begin, _release],
    "begin": [_accept, _accept, _accept, _lose_answer, _reject, _reject_and_pause, _fail_refused],
    "lose_answer": [_accept, _reject, _free_slot, _give_up],
    "free_slot": [_accept, _give_up],
    "accept": [_collect, _collect, _progress, _retry_later, _fail_generation, _give_up_late],
    "progress": [_collect, _retry_later],
    "collect": [_complete, _complete, _fail_upload],
    "cancelled": [_keep_take, _let_go, _collect_take],
    "collect_take": [_keep_take, _let_go],
}
"""What may come next, by the last move. The straight way comes first; what stands twice comes more often."""


def last_move(claim: Claim) -> str:
    """Say which move made a claimed or taken-over job what it is."""
    if claim.job.status is JobStatus.PROCESSING:
        if not resumes(claim) or claim.attempt is None:
            return "claim"
        return "begin" if claim.attempt.state is AttemptState.ACCEPTED else "lose_answer"
    names = {JobStatus.GENERATING: "accept", JobStatus.UPLOADING: "collect", JobStatus.CANCELLED: "cancelled"}
    return names[claim.job.status]
