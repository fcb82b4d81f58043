"""From a claimed job to a committed handle: intent first, then exactly one POST."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from uuid import uuid4

import structlog

from domain import moves
from domain.capabilities import Capability
from domain.clock import boot_time
from domain.errors import DatabaseUnavailableError, InvalidRequestError, PoisonedError, Problem
from domain.failures import RULES, ErrorCode, Retrier
from domain.job import Claim
from domain.moves import Pause
from domain.ports import JobQueue
from domain.provider import Attempt, Handle, ProviderError, SubmitRejectedError, SubmitUnknownError
from domain.requests import GenerationRequest
from domain.retry import Backoff
from domain.statuses import AttemptState, JobStatus
from executor.frames import FrameLaterError, FrameReader
from executor.heart import Heart
from executor.slots import Slots
from executor.work import JobLostError, Parking, Work

SUBMIT_TIMEOUT = 120.0
"""A submit that has not answered after this long is taken for lost; frames of 20 MB fit well inside."""
_INTENT_SECONDS = 0.1
"""About what committing an intent takes: it is begun that long before its slot opens."""
_FENCED_DELAY = 2.0
"""Before a job that was taken back unsent may be claimed again: by then another beat was tried."""
_FRAME_TRIES = 12
"""About half an hour, with the pauses between them; then a person looks at the address."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Submitter:
    """Submits jobs. ``submit`` leaves a work whose handle is committed, or tells that it is over."""

    queue: JobQueue
    heart: Heart
    parking: Parking
    slots: Slots
    rng: Random
    frames: FrameReader
    backoff: Backoff = Backoff()  # noqa: RUF009 # frozen, so it may be shared

    async def submit(self, work: Work) -> Handle | None:
        """Submit a freshly claimed job once.

        Returns its handle, or ``None`` when the job is over for now. A lost answer is raised, after it was
        noted, as ``SubmitUnknownError``: the caller goes on to recover it.
        """
        request, problems = prepare(work.claim, work.provider.models)
        if problems:
            await self._refuse(work, problems)
            return None
        async with AsyncExitStack() as frames:
            try:
                given = self.frames.given(request, work.provider.models[request.model])
                request = await frames.enter_async_context(given)
            except InvalidRequestError as error:
                await self._refuse(work, error.problems)
                return None
            except FrameLaterError as error:
                await self._wait_for_frames(work, error)
                return None
            return await self._submit(work, request)

    async def _submit(self, work: Work, request: GenerationRequest) -> Handle | None:
        await self._almost_due(work)
        fence = self.heart.fence()
        if not await self._begin(work, request):
            return None
        if work.claim.slot is not None:
            await self.slots.open(work.claim.slot, work.lane, work.submitted.model)
        attempt = work.submitted
        if not self.heart.may_submit(fence):
            await self._settle_unsent(work)
            return None
        try:
            handle = await self._post(work, request)
        except SubmitRejectedError as error:
            await self._rejected(work, error)
            return None
        except SubmitUnknownError as error:
            log.warning("the submit's answer was lost", action="submit_unknown", error=error.message)
            await work.move(moves.lose_answer(work.claim, attempt, error))
            raise
        await self._accepted(work, handle)
        return handle

    async def _refuse(self, work: Work, problems: Sequence[Problem]) -> None:
        error = SubmitRejectedError(ErrorCode.INVALID_REQUEST, "; ".join(map(str, problems)))
        await work.move(moves.fail(work.claim, JobStatus.PROCESSING, error))

    async def _wait_for_frames(self, work: Work, why: FrameLaterError) -> None:
        """Queue a job again whose frames cannot be read now: no generation, so no retry is used up."""
        claim = work.claim
        # A claim that came to no attempt was for its frames, or given back by an executor that stopped.
        tries = max(claim.job.claim_count - claim.attempts, 1)
        log.info("a frame cannot be read", action="frame_later", tries=tries, error=why.message)
        if tries % _FRAME_TRIES == 0:
            error = SubmitRejectedError(
                ErrorCode.INVALID_REQUEST, f"{why.message} (tried {_FRAME_TRIES} times)"
            )
            await work.move(moves.fail(claim, JobStatus.PROCESSING, error))
            return
        delay = self.backoff.delay(tries, self.rng)
        await work.move(moves.release(claim, delay, ProviderError(ErrorCode.DOWNLOAD_FAILED, why.message)))

    async def _almost_due(self, work: Work) -> None:
        """Wait for the slot with nothing at stake; what is left is about the time that the intent takes."""
        if work.claim.slot is not None:
            await self.parking.wait(max(0.0, work.claim.slot.opens - boot_time() - _INTENT_SECONDS))

    async def _begin(self, work: Work, request: GenerationRequest) -> bool:
        claim = work.claim
        attempt_id = uuid4()
        work.begin(
            Attempt(
                id=attempt_id,
                job_id=claim.job.id,
                number=claim.attempts + 1,
                provider=work.provider.name,
                model=request.model,
                request=request.frozen(),
                landing=f"{claim.job.id}/{attempt_id}",
                estimated_cost=work.provider.models[request.model].quote(request),
            )
        )
        if await work.move(moves.begin(claim, work.submitted)):
            return True
        await work.move(moves.let_go(claim, None, SubmitRejectedError(ErrorCode.CANCELLED)))
        return False

    async def _post(self, work: Work, request: GenerationRequest) -> Handle:
        try:
            async with asyncio.timeout(SUBMIT_TIMEOUT):
                return await work.provider.submit(request, work.submitted)
        except (SubmitRejectedError, SubmitUnknownError):
            raise
        except TimeoutError as error:
            raise SubmitUnknownError("The provider did not answer the submit in time.") from error
        # Everything, because whatever else came out of an adapter came after the call began: the provider may
        # have accepted, so it has to be searched for and must not be sent again.
        except Exception as error:  # nothing after the call began is a refusal
            raise SubmitUnknownError(raw=f"{type(error).__name__}: {error}") from error

    async def _accepted(self, work: Work, handle: Handle) -> None:
        try:
            if not await work.move(moves.accept(work.claim, work.submitted, handle)):
                await self.record(work, handle)
        except JobLostError:
            await self.record(work, handle)
            raise
        except PoisonedError:
            # What came with the handle cannot be stored; the handle itself must be, it is paid for.
            await self.record(work, Handle(handle.id))
            raise

    async def _rejected(self, work: Work, error: SubmitRejectedError) -> None:
        attempt, rule = work.submitted, RULES[error.code]
        if rule.at_submit is Retrier.PERSON:
            move = moves.fail(work.claim, JobStatus.PROCESSING, error, attempt.id, AttemptState.REJECTED)
        else:
            delay = self.backoff.delay(attempt.number, self.rng, error.retry_after or 0.0)
            pause = Pause(error.message, error.retry_after) if rule.pauses_provider else None
            move = moves.reject(work.claim, attempt, error, delay, pause)
        log.info("the provider refused the submit", action="submit_rejected", code=error.code)
        try:
            if not await work.move(move):
                await work.move(moves.let_go(work.claim, attempt.id, error))
        except JobLostError:
            await self.record(work, error)
            raise

    async def _settle_unsent(self, work: Work) -> None:
        """Take back an intent that was never sent, because others may have taken the job over meanwhile."""
        error = SubmitRejectedError(
            ErrorCode.PROVIDER_TRANSIENT, "The executor lost touch with the database before it submitted."
        )
        log.warning("fenced before the submit", action="submit_fenced")
        try:
            if not await work.move(moves.reject(work.claim, work.submitted, error, _FENCED_DELAY)):
                await work.move(moves.let_go(work.claim, work.submitted.id, error))
        except JobLostError:
            await self.record(work, error)
            raise

    async def record(self, work: Work, answer: Handle | ProviderError) -> None:
        """Write what the POST answered onto its attempt, whoever owns the job by now."""
        wait = 0.1
        while True:
            try:
                await self.queue.record_answer(work.submitted.id, answer)
            except DatabaseUnavailableError:
                await asyncio.sleep(wait)
                wait = min(wait * 2, 5.0)
            else:
                return


def prepare(claim: Claim, models: Mapping[str, Capability]) -> tuple[GenerationRequest, list[Problem]]:
    """Freeze the request and check it against its model, before anything is spent."""
    model = claim.job.model or next(iter(models))
    if model not in models:
        return claim.request(model), [Problem("model", model, f"allowed: {', '.join(models)}")]
    able = models[model]
    request = claim.request(model).with_defaults(
        aspect_ratio=able.aspect_ratios[0], resolution=able.resolutions[0] if able.resolutions else None
    )
    return request, able.problems(request)
