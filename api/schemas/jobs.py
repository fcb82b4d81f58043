"""Jobs on the wire. A job's keys are its column names."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from api.call import JobLinks
from api.schemas.base import Answered, Asked, Cost
from domain.job import AttemptRecord, Job
from domain.statuses import AttemptState, CancelOutcome, JobKind, JobStatus
from domain.takes import Take
from services.why import Reason, Why


class SpriteOut(Answered):
    """A sheet of small pictures of a clip, row by row, the first at the top left. Pixels."""

    url: str = Field(description="The sheet, as a link like video_url.")
    tile_width: int
    tile_height: int
    columns: int
    times: list[float] = Field(description="When each picture is shown in the clip, in seconds.")


class FilmShotOut(Answered):
    """One clip in a film."""

    shot_id: UUID | None = Field(description="Null for a clip that belongs to no shot.")
    job_id: UUID = Field(description="The job that made the clip.")
    start: float = Field(description="Seconds from the beginning of the film.")
    duration: float = Field(description="Seconds.")


class JobOut(Answered):
    """A job."""

    id: UUID
    project_id: UUID
    scene_id: UUID | None
    shot_id: UUID | None
    kind: JobKind
    status: JobStatus
    priority: int
    provider: str | None
    model: str | None
    prompt: str
    negative_prompt: str | None
    start_frame_url: str | None
    end_frame_url: str | None
    duration_seconds: float | None
    aspect_ratio: str | None
    resolution: str | None
    seed: int | None
    generate_audio: bool | None
    run_after: datetime
    attempt_count: int
    claim_count: int
    upload_count: int
    max_retries: int | None
    claimed_by: UUID | None
    cancel_requested_at: datetime | None
    provider_job_id: str | None
    provider_metadata: dict[str, Any]
    progress: int
    video_url: str | None = Field(
        description="Where the stored result plays: absolute, signed, no header needed, expires."
    )
    poster_url: str | None = Field(description="A picture of the clip, as a link like video_url.")
    sprite: SpriteOut | None = Field(description="Small pictures of the clip for a timeline.")
    film_shots: list[FilmShotOut] | None = Field(description="What a stored film is made of, in its order.")
    storage_path: str | None
    sha256: str | None
    size_bytes: int | None
    width: int | None
    height: int | None
    actual_duration_seconds: float | None
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
    start_image_job_id: UUID | None = Field(
        description="The image job whose result it starts from, or waits for."
    )
    input_digest: str | None = Field(
        description="What it is made from: another one than the shot has by now makes it stale."
    )
    returned_at: datetime | None = Field(
        description="When a review sent it back, which makes it stale; null again once the scene is approved "
        "with it."
    )
    take: int | None = Field(description="1 for the shot's first of its kind; null without a shot.")
    chosen: bool | None = Field(description="Whether it stands for its shot, in the film too.")
    stale: bool | None = Field(description="Whether it is made from something else than the shot says now.")

    @classmethod
    def of(cls, job: Job, links: JobLinks, take: Take | None) -> Self:
        """Give a job as it is answered. How it is fenced stays inside."""
        return cls(**_shown(job, links, take))


class AttemptOut(Answered):
    """One submission of a job to a provider."""

    id: UUID
    job_id: UUID
    number: int
    provider: str
    model: str
    state: AttemptState
    request: dict[str, Any] = Field(description="What was asked of the provider.")
    provider_job_id: str | None
    estimated_cost: Cost | None
    actual_cost: Cost | None
    error_code: str | None
    error_message: str | None
    raw_error: str | None = Field(description="The provider's own answer, for an engineer.")
    storage_path: str | None
    created_at: datetime
    submitted_at: datetime | None
    finished_at: datetime | None


class JobDetail(JobOut):
    """A job with everything that was submitted for it."""

    attempts: list[AttemptOut]

    @classmethod
    def with_attempts(
        cls, job: Job, attempts: list[AttemptRecord], links: JobLinks, take: Take | None
    ) -> Self:
        """Give a job with its attempts as it is answered."""
        made = [AttemptOut.model_validate(attempt) for attempt in attempts]
        return cls(**_shown(job, links, take), attempts=made)


def _shown(job: Job, links: JobLinks, take: Take | None) -> dict[str, Any]:
    added: dict[str, Any] = {"video_url": links.video, "poster_url": links.poster}
    added["sprite"] = _sprite(job, links)
    added |= {"take": take and take.number, "chosen": take and take.chosen, "stale": take and take.stale}
    return {name: getattr(job, name) for name in JobOut.model_fields if name not in added} | added


def _sprite(job: Job, links: JobLinks) -> SpriteOut | None:
    if job.sprite is None or links.sprite is None:
        return None
    layout = {name: value for name, value in job.sprite.items() if name != "path"}
    return SpriteOut(url=links.sprite, **layout)


class JobList(Answered):
    """One page of jobs, newest first."""

    data: list[JobOut]
    next: str | None = Field(description="The after of the next page; null on the last one.")


class RetryIn(Asked):
    """How to retry a job."""

    accept_possible_duplicate: bool = Field(
        default=False,
        description="Retry even though the provider may have made and billed it already.",
        examples=[False],
    )


class CancelOut(Answered):
    """What a cancel did."""

    outcome: CancelOutcome


class WhyOut(Answered):
    """What a job waits for now."""

    job_id: UUID
    status: JobStatus
    reason: Reason
    sentence: str = Field(description="For a person.")
    position: int | None = Field(description="1 when it is likely to be the next one taken.")
    limit: int | None = Field(description="Generations at the provider at the same time.")
    in_flight: int | None
    until: datetime | None = Field(description="When the wait is over, where that is known.")
    eta_seconds: float | None = Field(description="Until the job is likely to be completed.")
    waits_for: UUID | None = Field(description="The job that it needs first.")

    @classmethod
    def of(cls, job: Job, why: Why) -> Self:
        """Give an explanation as it is answered."""
        return cls(
            job_id=job.id,
            status=job.status,
            reason=why.reason,
            sentence=why.sentence,
            position=why.position,
            limit=why.limit,
            in_flight=why.in_flight,
            until=why.until,
            eta_seconds=why.eta_seconds,
            waits_for=why.waits_for,
        )
