"""Jobs as they are answered: with links to what is stored, and as takes of their shots."""

from collections.abc import Sequence

from api.call import Call
from api.schemas.jobs import JobOut
from domain.job import Job
from domain.records import Transaction


async def shown_jobs(call: Call, tx: Transaction, jobs: Sequence[Job]) -> list[JobOut]:
    """Give jobs as they are answered, in the order given."""
    takes = await tx.takes.of_jobs(jobs)
    return [JobOut.of(job, await call.links(job), takes.get(job.id)) for job in jobs]


async def shown_job(call: Call, tx: Transaction, job: Job) -> JobOut:
    """Give one job as it is answered."""
    (shown,) = await shown_jobs(call, tx, [job])
    return shown
