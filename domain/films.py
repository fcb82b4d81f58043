"""The records of projects, scenes and shots, as they stand and as they are asked for."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.statuses import LIVE, JobKind, JobStatus, RenderStatus, ReviewStatus, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShot:
    """A shot to create. Seconds; URLs are http or https."""

    label: str
    image_prompt: str | None = None
    video_prompt: str | None = None
    narration: str | None = None
    duration_seconds: float | None = None
    start_frame_url: str | None = None
    end_frame_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScene:
    """A scene to create, its shots in film order."""

    title: str
    narration: str | None = None
    shots: tuple[NewShot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProject:
    """A project to create, its scenes in film order."""

    title: str
    scenes: tuple[NewScene, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One row of ``shots``."""

    id: UUID
    project_id: UUID
    scene_id: UUID
    position: int
    label: str
    image_prompt: str | None
    video_prompt: str | None
    narration: str | None
    duration_seconds: float | None
    start_frame_url: str | None
    end_frame_url: str | None
    created_at: datetime
    updated_at: datetime
    chosen_job_id: UUID | None = None
    """The clip that a person chose; without one the newest stands for the shot."""
    chosen_image_job_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One row of ``scenes`` with its shots in film order."""

    id: UUID
    project_id: UUID
    position: int
    title: str
    narration: str | None
    stage: int
    render_status: RenderStatus
    review_status: ReviewStatus
    review_ready: bool
    """Whether a person is to look at it now: its review status is ``video_complete``."""
    open_issues: int
    created_at: datetime
    updated_at: datetime
    shots: tuple[Shot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One row of ``projects``."""

    id: UUID
    title: str
    receipt: str
    status: RenderStatus
    current_step: Step
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Film:
    """A project with all of its scenes in film order."""

    project: Project
    scenes: tuple[Scene, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPart:
    """One place in a film: a shot with the clip that stands for it, or a clip that belongs to no shot."""

    scene_id: UUID
    shot_id: UUID | None
    label: str
    job_id: UUID | None
    """The job that made the clip; ``None`` while there is none."""
    storage_path: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Cut:
    """What a film is made of, in its order."""

    parts: tuple[CutPart, ...]

    @property
    def missing(self) -> tuple[CutPart, ...]:
        """The places without a clip."""
        return tuple(part for part in self.parts if part.job_id is None)

    @property
    def digest(self) -> str:
        """A name that only the same clips in the same order have."""
        clips = ",".join(str(part.job_id) for part in self.parts if part.job_id is not None)
        return hashlib.sha256(clips.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a project is."""

    step: Step
    images: int
    """Shots whose newest image counts, and images without a shot."""
    images_completed: int
    failures: Mapping[JobKind, int]
    """Failed jobs that a person has to do something about; told once nothing moves any more."""


@dataclass(frozen=True, slots=True)
class SceneTally:
    """How a scene's deciding video jobs stand.

    The newest non-cancelled job of each shot decides, and where there is no shot each job for itself.
    """

    scene_id: UUID
    counts: Mapping[JobStatus, int]
    """Deciding jobs by status; statuses without any may be missing."""
    progress: int
    """0–100 over the deciding jobs and the missing ones; 100 exactly when every clip is there."""
    missing: int = 0
    """Shots that no job decides for: never ordered, or cancelled."""
    review: ReviewStatus = ReviewStatus.PENDING
    """What a person decided, as it was when the scene was last rolled up."""

    @property
    def total(self) -> int:
        """How many jobs decide."""
        return sum(self.counts.values())

    @property
    def completed(self) -> int:
        """How many of them are completed."""
        return self.counts.get(JobStatus.COMPLETED, 0)

    @property
    def live(self) -> int:
        """How many of them may still complete without a person."""
        return sum(self.counts.get(status, 0) for status in LIVE)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return self.counts.get(JobStatus.FAILED, 0)

    @property
    def status(self) -> RenderStatus:
        """What they make of the scene."""
        if self.live:
            return RenderStatus.RENDERING
        if self.failed:
            return RenderStatus.FAILED
        return RenderStatus.COMPLETE if self.completed else RenderStatus.PENDING

    @property
    def review_ready(self) -> bool:
        """Whether every shot has its clip, nothing is under way, and a person has not decided yet."""
        decided = self.review in {ReviewStatus.APPROVED, ReviewStatus.RETURNED}
        return self.status is RenderStatus.COMPLETE and not self.missing and not decided
