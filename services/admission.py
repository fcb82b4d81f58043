"""The one place where work that costs money gets into the queue: quote, hold, queue, in one transaction.

Whatever is ordered, by whomever, ends here with jobs that are checked and priced; nothing below asks again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.credits import Means, dollars, micros, receipt_of
from domain.job import Job
from domain.pipeline import BatchOutcome, JobOutcome
from domain.records import NewJob, Transaction
from domain.statuses import JobKind


@dataclass(frozen=True, slots=True)
class Admission:
    """What an order was turned into."""

    jobs: Sequence[Job]
    quote: Decimal
    """USD, for all of the jobs."""
    receipt_id: UUID
    """Follows from the project and its jobs alone: whoever has those can tell that nothing was added."""


@dataclass(frozen=True, slots=True)
class Requeued:
    """What a retry of all that failed came to."""

    outcomes: Sequence[JobOutcome]
    jobs: Sequence[Job]
    """Those that are made again."""
    receipt_id: UUID

    @property
    def quote(self) -> Decimal:
        """USD, for the jobs that are made again."""
        return sum((job.estimated_cost or Decimal(0) for job in self.jobs), Decimal(0))


async def means(
    tx: Transaction, project: UUID, new: Sequence[NewJob], again: Sequence[Job] = ()
) -> Means | None:
    """Tell what jobs, new or queued again, would take of a project's credits, and what there is.

    ``None`` where credits are off.
    """
    if not tx.credits.on:
        return None
    costs = [*_costs(new).values(), *_costs_again(again).values()]
    needed = sum((dollars(micros(cost)) for cost in costs), Decimal(0))
    return Means(await tx.credits.account(project), needed)


async def admit(tx: Transaction, project: UUID, new: Sequence[NewJob]) -> Admission:
    """Queue new jobs of one project, which the caller has locked with the scenes concerned.

    Raises:
        InsufficientCreditsError: the project's credits do not go for all of them; the transaction is to be
            undone, as it is by any error.
    """
    quote = sum((job.estimated_cost for job in new), Decimal(0))
    receipt = receipt_of(project, [job.request.job_id for job in new])
    await tx.jobs.admit(new)
    await tx.credits.hold(project, _costs(new), receipt)
    await tx.projects.roll_up(project, {job.request.scene_id for job in new if job.request.scene_id})
    # Read again: what had nothing to wait for is queued by now.
    return Admission(await tx.jobs.named([job.request.job_id for job in new]), quote, receipt)


def _costs(new: Sequence[NewJob]) -> Mapping[UUID, Decimal]:
    """Give what is to be held for each job; films are made of what is paid for."""
    return {job.request.job_id: job.estimated_cost for job in new if job.request.kind is not JobKind.FILM}


async def retry(tx: Transaction, job: Job, *, accept_possible_duplicate: bool) -> None:
    """Queue one failed job again; raises as ``domain.records.JobMoves.retry`` does."""
    await tx.moves.retry(job.id, accept_possible_duplicate=accept_possible_duplicate)
    receipt = receipt_of(job.project_id, [job.id])
    await tx.credits.hold(job.project_id, _costs_again([job]), receipt)


async def requeue(
    tx: Transaction, project: UUID, scenes: Collection[UUID] | None, *, accept_possible_duplicate: bool
) -> Requeued:
    """Queue the images and clips again that failed, in a project or in some of its scenes.

    ``hold_again`` belongs to it, before the transaction ends.
    """
    outcomes = await tx.moves.retry_failed(
        project, scenes, accept_possible_duplicate=accept_possible_duplicate
    )
    queued = [one.job_id for one in outcomes if one.outcome is BatchOutcome.QUEUED]
    return Requeued(outcomes, await tx.jobs.named(queued), receipt_of(project, queued))


async def hold_again(tx: Transaction, project: UUID, done: Requeued) -> None:
    """Hold for one more generation of each job that was queued again; raises as ``admit`` does."""
    await tx.credits.hold(project, _costs_again(done.jobs), done.receipt_id)


def _costs_again(jobs: Sequence[Job]) -> Mapping[UUID, Decimal]:
    """Give what is to be held for each; of a job that was never priced, the claim knows the price."""
    known = {job.id: job.estimated_cost for job in jobs if job.kind is not JobKind.FILM}
    return {job: cost for job, cost in known.items() if cost is not None}
