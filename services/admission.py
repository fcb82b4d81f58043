"""The one place where work that costs money gets into the queue: quote, hold, queue, in one transaction.

Whatever is ordered, by whomever, ends here with jobs that are checked and priced; nothing below asks again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid5

from domain.job import Job
from domain.pipeline import BatchOutcome, JobOutcome
from domain.records import NewJob, Transaction


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
    quote: Decimal
    """USD, for the jobs that are made again."""
    receipt_id: UUID


async def admit(tx: Transaction, project: UUID, new: Sequence[NewJob]) -> Admission:
    """Queue new jobs of one project, which the caller has locked with the scenes concerned."""
    quote = sum((job.estimated_cost for job in new), Decimal(0))
    await tx.jobs.admit(new)
    await tx.projects.roll_up(project, {job.request.scene_id for job in new if job.request.scene_id})
    # Read again: what had nothing to wait for is queued by now.
    jobs = await tx.jobs.named([job.request.job_id for job in new])
    return Admission(jobs, quote, _receipt(project, [job.id for job in jobs]))


async def requeue(
    tx: Transaction, project: UUID, scenes: Collection[UUID] | None, *, accept_possible_duplicate: bool
) -> Requeued:
    """Queue the images and clips again that failed, in a project or in some of its scenes."""
    outcomes = await tx.moves.retry_failed(
        project, scenes, accept_possible_duplicate=accept_possible_duplicate
    )
    queued = [one.job_id for one in outcomes if one.outcome is BatchOutcome.QUEUED]
    quote = sum((job.estimated_cost or Decimal(0) for job in await tx.jobs.named(queued)), Decimal(0))
    return Requeued(outcomes, quote, _receipt(project, queued))


def _receipt(project: UUID, jobs: Sequence[UUID]) -> UUID:
    return uuid5(project, ",".join(map(str, jobs)))
