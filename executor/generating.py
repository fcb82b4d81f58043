"""From a committed handle to a result: poll until there is one, the provider gives up, or time is over."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import structlog

from domain import moves
from domain.capabilities import Capability
from domain.clock import boot_time
from domain.failures import RULES, ErrorCode, Retrier
from domain.moves import Pause
from domain.provider import GenerationFailedError, Handle, Pending, ProviderError, Result
from domain.retry import Backoff
from domain.statuses import AttemptState, JobStatus
from executor.pacing import Pacer
from executor.work import Work

_POLL_TIMEOUT = 60.0
LONGEST_OUTAGE = 24 * 3_600.0
"""How long polls may fail, from the submission on: results are kept for a day (xAI) or more."""
_LATE = 1.5
"""Times the usual; beyond it hardly anything is to be expected in any one second."""
_SHORTEST_WAIT, _LONGEST_WAIT = 0.25, 30.0
_PROGRESS_STEP, _PROGRESS_SECONDS = 10, 10.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Poller:
    """Polls the generations of one executor."""

    pacer: Pacer
    rng: Random
    max_retries: int
    backoff: Backoff = Backoff()  # noqa: RUF009 # frozen, so it may be shared

    async def result(self, work: Work, handle: Handle) -> Result | None:
        """Poll until the provider has a result; ``None`` when the generation is over without one."""
        try:
            return await self._poll(work, handle)
        except GenerationFailedError as error:
            await self._failed(work, error)
            return None

    async def _poll(self, work: Work, handle: Handle) -> Result:
        noted, noted_at = work.claim.job.progress, boot_time()
        wait = max(0.0, work.capability.first_poll_seconds - work.age)
        while True:
            await self.pacer.wait(work.lane, work.model, wait * self.rng.uniform(0.9, 1.1))
            found = await self._ask(work, handle)
            if isinstance(found, Result):
                return found
            # Only the provider's own word ends a job that was paid for: polls that fail say nothing of it,
            # and get a day before it is given up.
            patience = work.capability.longest_seconds if found else LONGEST_OUTAGE
            if work.age > patience:
                raise GenerationFailedError(ErrorCode.DEADLINE_EXCEEDED)
            wait = next_wait(work.capability, work.age) if found is None or found.wait is None else found.wait
            percent = min(found.progress or 0, 99) if found else 0
            if percent >= noted + _PROGRESS_STEP and boot_time() - noted_at >= _PROGRESS_SECONDS:
                noted, noted_at = percent, boot_time()
                if not work.cancelled:
                    await work.move(moves.progress(work.claim, percent))

    async def _ask(self, work: Work, handle: Handle) -> Pending | Result | None:
        try:
            async with asyncio.timeout(_POLL_TIMEOUT):
                found = await work.provider.poll(handle)
        except GenerationFailedError:
            self.pacer.speed_up(work.lane)
            raise
        # Everything, because an adapter may raise anything, and a poll that fails says nothing about a job
        # that was paid for: only the provider's own word may end it.
        except Exception as error:  # noqa: BLE001 # adapters raise anything
            log.info("a poll failed", action="poll_failed", error=f"{type(error).__name__}: {error}")
            if isinstance(error, ProviderError) and error.code is ErrorCode.RATE_LIMITED:
                self.pacer.slow_down(work.lane, error.retry_after)
            return None
        self.pacer.speed_up(work.lane)
        return found

    async def _failed(self, work: Work, error: GenerationFailedError) -> None:
        claim, job, attempt = work.claim, work.claim.job, work.submitted
        log.info("the generation failed", action="generation_failed", code=error.code)
        allowed = self.max_retries if job.max_retries is None else job.max_retries
        if work.cancelled:
            await work.move(moves.let_go(claim, attempt.id, error, error.cost))
            return
        rule = RULES[error.code]
        # A provider that fails what it accepts, or an account that is empty by then, would fail others too.
        pause = Pause(error.message) if rule.pauses_provider else None
        if rule.at_generation is Retrier.JOB and job.attempt_count <= allowed:
            delay = self.backoff.delay(job.attempt_count, self.rng)
            # Its submits go well, which ends faults in a row: the pause grows with the job's own failures.
            pause = pause and Pause(pause.reason, delay)
            move = moves.retry_later(claim, attempt.id, error, error.cost, delay, pause)
        elif error.code is ErrorCode.DEADLINE_EXCEEDED:
            # It may still end and be billed: the attempt stays open, so that its result can be asked for
            # again, and a retry takes a person's consent.
            move = moves.fail(claim, JobStatus.GENERATING, error, attempt.id, AttemptState.ACCEPTED)
        else:
            cost = error.cost or Decimal(0)
            move = moves.fail(claim, JobStatus.GENERATING, error, attempt.id, cost=cost, pause=pause)
        if not await work.move(move):
            await work.move(moves.let_go(claim, attempt.id, error, error.cost))


def next_wait(able: Capability, age: float) -> float:
    """Give the seconds to the next poll: short about when most generations end, longer before and after.

    While half of all generations are still to come, a twentieth of the usual time; once one is late, a tenth
    of how old it is, since it may be late by much.
    """
    usual = able.typical_seconds
    early, late = age < usual / _LATE, age > _LATE * usual
    wait = age / 10 if late else usual / (10 if early else 20)
    return min(max(wait, _SHORTEST_WAIT), _LONGEST_WAIT)
