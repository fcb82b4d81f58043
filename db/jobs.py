"""Jobs and their attempts on PostgreSQL, as the API sees them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import tables
from db.claim_rows import job_of
from db.pages import page_of
from db.parameters import as_json
from db.statements import statement
from domain.job import AttemptRecord, Job
from domain.operations import Remaining
from domain.paging import Page, Position
from domain.records import JobFilter, NewJob
from domain.statuses import IN_HAND, AttemptState, JobKind, JobStatus

_jobs, _attempts = tables.jobs, tables.attempts
_COPIED = (
    "project_id",
    "scene_id",
    "shot_id",
    "kind",
    "prompt",
    "negative_prompt",
    "start_frame_url",
    "end_frame_url",
    "duration_seconds",
    "aspect_ratio",
    "resolution",
    "seed",
    "generate_audio",
)
"""Columns of a job that a request for it has under the same name."""


class JobStore:
    """``domain.records.JobRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def admit(self, new: Sequence[NewJob]) -> Sequence[Job]:
        """See the port."""
        await self._connection.execute(statement("admit"), {"jobs": as_json([_row(job) for job in new])})
        return await self.named([job.request.job_id for job in new])

    async def named(self, jobs: Sequence[UUID]) -> Sequence[Job]:
        """See the port."""
        found = await self._connection.execute(select(_jobs).where(_jobs.c.id == func.any(list(jobs))))
        by_id = {row["id"]: job_of(row) for row in found.mappings()}
        return [by_id[job] for job in jobs if job in by_id]

    async def get(self, job: UUID) -> Job | None:
        """See the port."""
        found = await self._connection.execute(select(_jobs).where(_jobs.c.id == job))
        row = found.mappings().one_or_none()
        return job_of(row) if row else None

    async def attempts(self, job: UUID) -> Sequence[AttemptRecord]:
        """See the port."""
        query = select(_attempts).where(_attempts.c.job_id == job).order_by(_attempts.c.number)
        return [_attempt(row) for row in (await self._connection.execute(query)).mappings()]

    async def page(self, which: JobFilter, *, after: Position | None, limit: int) -> Page[Job]:
        """See the port."""
        return await page_of(self._connection, _matching(which), _jobs, after, limit, job_of)

    async def current(self, project: UUID) -> Sequence[Job]:
        """See the port."""
        found = await self._connection.execute(statement("current_jobs"), {"project": project})
        jobs = [job_of(row) for row in found.mappings()]
        return sorted(jobs, key=lambda job: (job.created_at, job.id))

    async def remaining(self, project: UUID, scene: UUID | None = None) -> Sequence[Remaining]:
        """See the port."""
        found = await self._connection.execute(statement("remaining"), {"project": project, "scene": scene})
        return [Remaining(**row) for row in found.mappings()]

    async def films(self, project: UUID, scene: UUID | None) -> Sequence[Job]:
        """See the port."""
        query = (
            select(_jobs)
            .where(_jobs.c.project_id == project, _jobs.c.kind == JobKind.FILM)
            .where(_jobs.c.scene_id.is_(None) if scene is None else _jobs.c.scene_id == scene)
            .order_by(_jobs.c.created_at.desc(), _jobs.c.id.desc())
            .limit(1)
        )
        newest = query.where(_jobs.c.status != JobStatus.CANCELLED)
        stored = query.where(_jobs.c.status == JobStatus.COMPLETED)
        found = await self._connection.execute(newest.union(stored))
        jobs = {job.id: job for job in map(job_of, found.mappings())}
        return sorted(jobs.values(), key=lambda job: (job.created_at, job.id), reverse=True)

    async def newest_films(self, project: UUID) -> Sequence[Job]:
        """See the port."""
        found = await self._connection.execute(statement("newest_films"), {"project": project})
        return [job_of(row) for row in found.mappings()]

    async def needed_by(self, job: Job) -> Job | None:
        """See the port: a video waits for the newest image of its shot that is not cancelled."""
        if job.kind is JobKind.FILM:
            values = {"project": job.project_id, "scene": job.scene_id}
            found = await self._connection.execute(statement("needed_by_film"), values)
            clip = found.mappings().one_or_none()
            return job_of(clip) if clip else None
        if job.shot_id is None or job.kind is not JobKind.VIDEO:
            return None
        images = (
            select(_jobs)
            .where(
                _jobs.c.shot_id == job.shot_id,
                _jobs.c.kind == JobKind.IMAGE,
                _jobs.c.status != JobStatus.CANCELLED,
            )
            .order_by(_jobs.c.created_at.desc(), _jobs.c.id.desc())
            .limit(1)
        )
        row = (await self._connection.execute(images)).mappings().one_or_none()
        return job_of(row) if row else None


def _row(new: NewJob) -> dict[str, Any]:
    row = {name: getattr(new.request, name) for name in _COPIED}
    return row | {
        "id": new.request.job_id,
        "provider": new.provider,
        "model": new.model,
        "estimated_cost": new.estimated_cost,
        "status": new.status,
        "start_image_job_id": new.start_image_job_id,
    }


def _matching(which: JobFilter) -> Select[Any]:
    query = select(_jobs)
    if which.within is not None:
        query = query.where(_jobs.c.project_id.in_(which.within))
    for column, value in (
        ("project_id", which.project_id),
        ("scene_id", which.scene_id),
        ("shot_id", which.shot_id),
        ("kind", which.kind),
    ):
        if value is not None:
            query = query.where(_jobs.c[column] == value)
    if which.statuses:
        query = query.where(_jobs.c.status.in_(which.statuses))
        if IN_HAND.issuperset(which.statuses):
            # True for all of them by a CHECK, and what lets a small index be used.
            query = query.where(_jobs.c.in_hand)
    return query


def _attempt(row: RowMapping) -> AttemptRecord:
    return AttemptRecord(**{**row, "state": AttemptState(row["state"])})
