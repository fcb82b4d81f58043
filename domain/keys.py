"""Where objects are stored."""

from uuid import UUID

from domain.statuses import JobKind

_SUFFIX = {JobKind.IMAGE: "png", JobKind.VIDEO: "mp4", JobKind.FILM: "mp4"}
CONTENT_TYPES = {JobKind.IMAGE: "image/png", JobKind.VIDEO: "video/mp4", JobKind.FILM: "video/mp4"}
"""What each kind of job stores."""


def object_key(kind: JobKind, project_id: UUID, scene_id: UUID | None, job_id: UUID, attempt: int) -> str:
    """Give the key of a job's result: ``{project}/{scene}/{job}.mp4``, ``…/{job}-2.mp4`` for attempt 2.

    Each attempt has a key of its own, so that an executor that lost its job cannot overwrite the object
    of the one that took over. Without a scene it is the project's film, under ``film``.
    """
    name = str(job_id) if attempt <= 1 else f"{job_id}-{attempt}"
    return f"{project_id}/{scene_id or 'film'}/{name}.{_SUFFIX[kind]}"
