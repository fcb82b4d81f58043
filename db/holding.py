"""Credits for jobs that nobody held for, such as those that plain SQL inserted: before they are claimed."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.claim_rows import job_of
from db.engine import Database
from db.parameters import as_json
from db.settlement import open_accounts
from db.statements import statement
from db.tables import jobs as _jobs
from domain.credits import Paying, Quote, micros, receipt_of
from domain.job import Job
from domain.ports import Lane


async def hold_or_wait(database: Database, lane: Lane, jobs: Sequence[UUID], paying: Paying) -> bool:
    """Hold for queued jobs as far as their accounts go, and put the others off until there is more.

    Tells whether anything changed. A transaction of its own: the claim that found them has locked jobs, and
    accounts come before jobs.
    """
    async with database.transaction() as connection:
        owners = select(_jobs.c.project_id).where(_jobs.c.id.in_(jobs)).distinct()
        projects = (await connection.execute(owners.order_by(_jobs.c.project_id))).scalars().all()
        await open_accounts(connection, projects, paying.terms)
        found = await connection.execute(statement("unheld_jobs"), {"jobs": list(jobs)})
        wanted = [_wanted(job_of(row), lane, paying.quote) for row in found.mappings()]
        held = (await connection.execute(statement("hold_credits"), {"wanted": as_json(wanted)})).all()
        if late := {row.job for row in held if not row.held}:
            short = [one for one in wanted if one["job"] in late]
            more = await _others(connection, lane, {one["project"] for one in short}, paying.quote)
            every = {one["job"]: one for one in (*short, *more)}
            await connection.execute(statement("await_credits"), {"wanted": as_json([*every.values()])})
        return bool(wanted)


async def _others(
    connection: AsyncConnection, lane: Lane, projects: Collection[UUID], quote: Quote
) -> list[dict[str, Any]]:
    """List more jobs of projects that could not pay for one."""
    queues = [lane.provider, *([""] if lane.is_default else [])]
    values = {"kind": lane.kind, "queues": queues, "projects": list(projects)}
    found = await connection.execute(statement("unheld_of_projects"), values)
    return [_wanted(job_of(row), lane, quote) for row in found.mappings()]


def _wanted(job: Job, lane: Lane, quote: Quote) -> dict[str, Any]:
    settled = replace(job, provider=lane.provider, model=job.model or lane.model)
    return {
        "job": job.id,
        "project": job.project_id,
        "amount": micros(quote(settled)),
        "receipt": receipt_of(job.project_id, [job.id]),
    }
