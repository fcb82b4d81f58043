"""The records of jobs and attempts as they stand in the database."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.rates import Slot
from domain.requests import GenerationRequest
from domain.statuses import AttemptState, JobKind, JobStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of ``video_generation_jobs``. Durations in seconds, costs in USD, progress 0–100."""

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
    claim_token: UUID | None
    in_hand: bool
    """Whether some executor must be working on it; true as well for a cancelled job still collected."""
    slot_held: bool
    """Whether it counts against its provider's concurrency."""
    cancel_requested_at: datetime | None
    provider_job_id: str | None
    provider_metadata: dict[str, Any]
    progress: int
    video_url: str | None
    storage_path: str | None
    sha256: str | None
    size_bytes: int | None
    width: int | None
    height: int | None
    actual_duration_seconds: float | None
    estimated_cost: Decimal | None
    actual_cost: Decimal | None
    error_code: str | None
    error_message: str | None
    created_at: datetime
    queued_at: datetime | None
    processing_started_at: datetime | None
    submitted_at: datetime | None
    generated_at: datetime | None
    completed_at: datetime | None
    finished_at: datetime | None
    poster_path: str | None
    sprite: dict[str, Any] | None
    """Where the strip of small pictures is stored (``path``), and a ``SpriteLayout``."""
    film_shots: list[dict[str, Any]] | None
    """Of a stored film: ``{shot_id, job_id, start, duration}`` of each clip in it, in order."""
    start_image_job_id: UUID | None
    """The image job whose result a video that waited for it starts from."""
    input_digest: str | None
    """What it is made from: the same as the shot's of now, or the result is stale. Unknown where it was
    inserted by SQL."""
    returned_at: datetime | None
    """When a review sent it back; ``None`` again once the scene is approved with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One row of ``job_attempts``. Attempts stay on record for ever, paid or not."""

    id: UUID
    job_id: UUID
    number: int
    provider: str
    model: str
    state: AttemptState
    request: dict[str, Any]
    landing: str
    executor_id: UUID | None
    provider_job_id: str | None
    handle: dict[str, Any] | None
    result: dict[str, Any] | None
    estimated_cost: Decimal | None
    actual_cost: Decimal | None
    error_code: str | None
    error_message: str | None
    raw_error: str | None
    storage_path: str | None
    created_at: datetime
    submitted_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in this executor's hands, with what it needs to work: nothing else is read again."""

    job: Job
    token: UUID
    """The fence: every write names it."""
    attempt: AttemptRecord | None
    """The latest attempt; of interest when the job was taken over."""
    attempts: int
    """How many attempts there were so far."""
    project_title: str
    scene_title: str
    shot_label: str
    age: float = 0.0
    """Seconds since the current submission (or, before one, since the claim), by the database's clock."""
    adopted: bool = False
    """Whether it was taken over where another executor left it, and not claimed out of the queue."""
    announces: bool = False
    """Whether its scene is not shown as rendering yet."""
    slot: Slot | None = None
    """When it may be submitted, where its model has a rate."""

    def request(self, model: str) -> GenerationRequest:
        """Freeze what is to be asked of the provider."""
        job = self.job
        return GenerationRequest(
            job_id=job.id,
            project_id=job.project_id,
            scene_id=job.scene_id,
            shot_id=job.shot_id,
            kind=job.kind,
            model=model,
            prompt=job.prompt,
            duration_seconds=job.duration_seconds,
            aspect_ratio=job.aspect_ratio,
            resolution=job.resolution,
            negative_prompt=job.negative_prompt,
            start_frame_url=job.start_frame_url,
            end_frame_url=job.end_frame_url,
            seed=job.seed,
            generate_audio=job.generate_audio,
            project_title=self.project_title,
            scene_title=self.scene_title,
            shot_label=self.shot_label,
        )
