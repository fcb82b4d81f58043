"""The feed on the wire: the snapshot, and what changes."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Answered, Cost
from api.schemas.changes import Change, tell_data_by_type
from api.schemas.projects import ProjectOut, ProjectStatusOut, SceneOut
from domain.events import EventType
from domain.job import Job
from domain.statuses import JobKind, JobStatus
from domain.takes import Take
from services.snapshots import Snapshot


class JobCard(Answered):
    """A job as the page shows it. Ids and status first; what is not known yet is null."""

    id: UUID
    scene_id: UUID | None
    shot_id: UUID | None
    kind: JobKind
    status: JobStatus
    provider: str | None
    model: str | None
    progress: int
    attempt_count: int
    duration_seconds: float | None = Field(description="As asked for.")
    actual_duration_seconds: float | None
    width: int | None
    height: int | None
    video_url: str | None = Field(
        description="Path of the result here, once it is stored; answers with a redirect to a signed URL."
    )
    poster_url: str | None = Field(description="Path of a picture of it, likewise.")
    estimated_cost: Cost | None
    actual_cost: Cost | None
    error_code: str | None
    error_message: str | None
    created_at: datetime
    queued_at: datetime | None
    processing_started_at: datetime | None
    submitted_at: datetime | None
    generated_at: datetime | None
    completed_at: datetime | None
    finished_at: datetime | None
    take: int | None = Field(description="1 for the shot's first of its kind; null without a shot.")
    chosen: bool | None = Field(description="Whether it stands for its shot, in the film too.")
    stale: bool | None = Field(description="Whether it is made from something else than the shot says now.")

    @classmethod
    def of(cls, job: Job, take: Take | None) -> Self:
        """Give a job as it is shown."""
        poster = f"/api/v1/jobs/{job.id}/poster" if job.poster_path else None
        added: dict[str, Any] = {"poster_url": poster, "take": take and take.number}
        added |= {"chosen": take and take.chosen, "stale": take and take.stale}
        return cls(**{name: getattr(job, name) for name in cls.model_fields if name not in added}, **added)


class SnapshotData(Answered):
    """A project as it stands."""

    project: ProjectOut
    scenes: list[SceneOut] = Field(description="In film order, with their shots.")
    progress: ProjectStatusOut
    jobs: list[JobCard] = Field(
        description="The newest job of each shot and kind that is not cancelled (or the newest of all, where "
        "all are), the one that stands for the shot, and the newest 1,000 of those without a shot. Oldest "
        "first."
    )

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """Give a snapshot as it is sent."""
        return cls(
            project=ProjectOut.model_validate(snapshot.film.project),
            scenes=[SceneOut.model_validate(scene) for scene in snapshot.film.scenes],
            progress=ProjectStatusOut.of(snapshot.progress),
            jobs=[JobCard.of(job, snapshot.takes.get(job.id)) for job in snapshot.jobs],
        )


class EventMessage(Answered):
    """One message of a feed, as the data of a Server-Sent Event and as a WebSocket's text."""

    model_config = ConfigDict(json_schema_extra=tell_data_by_type)

    sequence: int = Field(description="The project's own count from 1; the id of the Server-Sent Event.")
    type: EventType | str = Field(description="The event of the Server-Sent Event. Pass over unknown ones.")
    project_id: UUID
    scene_id: UUID | None
    job_id: UUID | None
    data: Change | dict[str, Any]
    created_at: datetime = Field(
        description="The moment of the change; a job's columns of that move have the same one."
    )


class SnapshotMessage(Answered):
    """The first message of a feed that was not asked to go on from an earlier one."""

    sequence: int = Field(description="The last event that the snapshot contains.")
    type: str = Field(description="snapshot")
    project_id: UUID
    scene_id: None
    job_id: None
    data: SnapshotData
    created_at: datetime
