"""What a film's making is made of: which shots, how each stands, what became of each job of a batch."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.failures import ErrorCode
from domain.statuses import JobKind, JobStatus


class RenderScope(StrEnum):
    """Which shots to make, where they are not named."""

    MISSING = "missing"
    """Every shot that has neither a clip nor one on its way."""
    FAILED = "failed"
    """Every shot whose deciding job failed."""
    ALL = "all"
    """Every shot but those whose clip is on its way: what has one gets a new take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotState:
    """How a shot stands."""

    video: JobStatus | None
    """Of the newest video job that is not cancelled."""
    image: JobStatus | None
    """Of the newest image job that is not cancelled."""
    video_live: bool
    live_image: UUID | None
    """The image job that is on its way."""
    clip: UUID | None
    """The job of the clip that stands for the shot."""
    chosen_image: UUID | None
    """The job of the image that stands for it."""
    image_path: str | None
    """Where that image is stored."""
    image_stale: bool
    """Whether that image was made from something else than the shot says now, or was sent back."""

    @property
    def stuck(self) -> bool:
        """Whether a video waits for an image that is not coming."""
        return self.video is JobStatus.WAITING and self.live_image is None

    @property
    def on_its_way(self) -> bool:
        """Whether a clip comes without anybody doing anything."""
        return self.video_live and not self.stuck

    @property
    def failed(self) -> bool:
        """Whether a person has to do something before the shot gets its clip."""
        if self.on_its_way:
            return False
        no_image = self.image is JobStatus.FAILED and self.clip is None
        return self.stuck or self.video is JobStatus.FAILED or no_image


NOTHING_YET = ShotState(
    video=None,
    image=None,
    video_live=False,
    live_image=None,
    clip=None,
    chosen_image=None,
    image_path=None,
    image_stale=False,
)
"""Of a shot that nothing was ordered for."""


class BatchOutcome(StrEnum):
    """What became of one job of a batch."""

    CANCELLED = "cancelled"
    """It had not started: free."""
    RUNNING = "running"
    """It had started and goes on, for it may be billed in any case; cancel it by itself to stop waiting."""
    QUEUED = "queued"
    """It is made again."""
    POSSIBLE_DUPLICATE = "possible_duplicate"
    """The provider may have made and billed it already: it stays failed unless that risk is accepted."""
    SHOT_BUSY = "shot_busy"
    """Its shot has another job on its way: it stays failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome:
    """One job of a batch, and what became of it."""

    job_id: UUID
    scene_id: UUID | None
    shot_id: UUID | None
    label: str | None
    kind: JobKind
    status: JobStatus
    """Where it stands now."""
    outcome: BatchOutcome
    error_code: ErrorCode | None = None
    """Why it had failed."""
