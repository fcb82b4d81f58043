"""Takes on PostgreSQL: the view ``takes``, read."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from db.statements import statement
from domain.job import Job
from domain.statuses import JobKind, JobStatus
from domain.takes import Take


class TakeStore:
    """``domain.takes.TakeRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of_project(self, project: UUID) -> Mapping[UUID, Sequence[Take]]:
        """See the port."""
        rows = await self._connection.execute(statement("takes_of_project"), {"project": project})
        found: dict[UUID, list[Take]] = {}
        for row in rows.mappings():
            found.setdefault(row["shot_id"], []).append(_take(row))
        return found

    async def of_jobs(self, jobs: Sequence[Job]) -> Mapping[UUID, Take]:
        """See the port."""
        shots = {job.shot_id for job in jobs if job.shot_id is not None}
        if not shots:
            return {}
        values = {
            "shots": list(shots),
            "projects": list({job.project_id for job in jobs}),
            "jobs": [job.id for job in jobs],
        }
        rows = await self._connection.execute(statement("takes_of_jobs"), values)
        return {row["job_id"]: _take(row) for row in rows.mappings()}


def _take(row: RowMapping) -> Take:
    return Take(**{**row, "kind": JobKind(row["kind"]), "status": JobStatus(row["status"])})
