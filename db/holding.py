"""Credits for jobs that nobody held for, such as those that plain SQL inserted: before they are claimed."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from db.claim_rows import job_of
from db.engine import Database
from db.parameters import as_json
from db.settlement import lock_accounts
from db.statements import statement
from db.tables import jobs as _jobs
from domain.credits import Quote, micros, receipt_of
from domain.ports import Lane


async def hold_or_wait(database: Database, lane: Lane, jobs: Sequence[UUID], quote: Quote) -> bool:
    """Hold for queued jobs as far as their accounts go, and put the others off until there is more.

    Tells whether anything changed. A transaction of its own: the claim that found them has locked jobs, and
    accounts come before jobs.
    """
    async with database.transaction() as connection:
        owners = select(_jobs.c.project_id).where(_jobs.c.id.in_(jobs)).distinct()
        projects = (await connection.execute(owners.order_by(_jobs.c.project_id))).scalars().all()
        await lock_accounts(connection, projects)
        found = await connection.execute(statement("unheld_jobs"), {"jobs": list(jobs)})
        waiting = [job_of(row) for row in found.mappings()]
        wanted = [
            {
                "job": job.id,
                "project": job.project_id,
                "amount": micros(quote(replace(job, provider=lane.provider, model=job.model or lane.model))),
                "receipt": receipt_of(job.project_id, [job.id]),
            }
            for job in waiting
        ]
        held = await connection.execute(statement("hold_credits"), {"wanted": as_json(wanted)})
        short = {row.job for row in held if not row.held}
        if short:
            late = [one for one in wanted if one["job"] in short]
            await connection.execute(statement("await_credits"), {"short": as_json(late)})
        return bool(wanted)
