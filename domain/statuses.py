"""The words for where things stand. Every stored status is one of these."""

from enum import StrEnum


class JobKind(StrEnum):
    """What a job makes."""

    IMAGE = "image"
    """A shot's start frame."""
    VIDEO = "video"
    """A shot's clip."""
    FILM = "film"
    """The stitched clips of a scene or of a project."""


class JobStatus(StrEnum):
    """Where a job stands; each member says who moves a job there and when."""

    WAITING = "waiting"
    """Needs another job first. Admission puts it here; it is queued by what it waits for."""
    QUEUED = "queued"
    """May be claimed once ``run_after`` has passed. Admission, a retry or a release puts it here."""
    PROCESSING = "processing"
    """Claimed by an executor, which has no answer of the provider yet."""
    GENERATING = "generating"
    """The provider accepted it and its handle is committed. The executor moves it here."""
    UPLOADING = "uploading"
    """The provider has a result, which the executor streams into storage."""
    COMPLETED = "completed"
    """The object is in storage and verified. Final, moved by the executor."""
    FAILED = "failed"
    """Over until a person retries. Moved by the executor."""
    CANCELLED = "cancelled"
    """Final. Moved by a person."""


LIVE = frozenset(
    {
        JobStatus.WAITING,
        JobStatus.QUEUED,
        JobStatus.PROCESSING,
        JobStatus.GENERATING,
        JobStatus.UPLOADING,
    }
)
"""Statuses from which a job may still complete without a person."""

IN_HAND = frozenset({JobStatus.PROCESSING, JobStatus.GENERATING, JobStatus.UPLOADING})
"""Statuses in which an executor must be working on the job."""

FINAL = frozenset(JobStatus) - LIVE
"""Statuses in which ``finished_at`` is set."""


class AttemptState(StrEnum):
    """What became of one submission to a provider."""

    INTENT = "intent"
    """Committed before the one POST: from here on the provider may have been asked."""
    ACCEPTED = "accepted"
    """The provider answered with a handle."""
    REJECTED = "rejected"
    """Proven not accepted: nothing runs, nothing was paid."""
    UNKNOWN = "unknown"
    """The answer was lost: it may run and may have been paid. Never re-submitted by itself."""
    SUCCEEDED = "succeeded"
    """The provider reported a result."""
    FAILED = "failed"
    """The provider reported a failure, or its result could not be used."""
    ABANDONED = "abandoned"
    """Its job was cancelled after the submit; still polled, because it may be billed."""


class RenderStatus(StrEnum):
    """A scene's or project's roll-up over its video jobs."""

    PENDING = "pending"
    """No video job decides anything yet."""
    RENDERING = "rendering"
    """Some deciding job is live."""
    COMPLETE = "complete"
    """Every deciding job is completed; of a project also: every shot has one."""
    FAILED = "failed"
    """No deciding job is live and at least one failed."""


class ReviewStatus(StrEnum):
    """What a person made of a scene's videos."""

    PENDING = "pending"
    """Some video is missing, on its way or failed: there is nothing to decide yet."""
    VIDEO_COMPLETE = "video_complete"
    """Every shot has its clip: review ready."""
    APPROVED = "approved"
    """A person approved them; until another clip comes."""
    RETURNED = "returned"
    """A person sent the scene back; until its last issue is resolved."""


class Step(StrEnum):
    """How far a project has come (``current_step``)."""

    SCRIPT = "script"
    IMAGES = "images"
    VIDEOS = "videos"
    STITCHING = "stitching"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CancelOutcome(StrEnum):
    """What a cancel did."""

    CANCELLED = "cancelled"
    """Nothing had been submitted: free."""
    STOPPING = "stopping"
    """Rushes stopped waiting; the provider may still finish and bill."""
    ALREADY_FINAL = "already_final"
    """There was nothing left to cancel."""
