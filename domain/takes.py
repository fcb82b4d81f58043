"""The takes of shots: every image and every clip that was ordered for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from domain.job import Job
from domain.statuses import JobKind, JobStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One image or clip of a shot."""

    job_id: UUID
    shot_id: UUID
    kind: JobKind
    number: int
    """1 for the first that was ordered of its kind, then 2, 3, …"""
    chosen: bool
    """Whether it stands for the shot: a person chose it, or it is the newest that is completed."""
    stale: bool
    """Whether it is made from something else than the shot says by now, or was sent back."""
    status: JobStatus
    progress: int
    storage_path: str | None
    poster_path: str | None
    error_code: str | None
    actual_duration_seconds: float | None
    actual_cost: Decimal | None
    created_at: datetime


class TakeRecords(Protocol):
    """Takes, numbered and judged in one place for everybody."""

    async def of_project(self, project: UUID) -> Mapping[UUID, Sequence[Take]]:
        """Give the takes of every shot that has any, by shot; the first one first."""
        ...

    async def of_jobs(self, jobs: Sequence[Job]) -> Mapping[UUID, Take]:
        """Give the takes that these jobs are, by job; a job without a shot is none."""
        ...
