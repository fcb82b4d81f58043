"""Where objects are stored, and as what."""

from dataclasses import dataclass
from uuid import UUID

from domain.statuses import JobKind


@dataclass(frozen=True, slots=True)
class Format:
    """How a stored file is named and served."""

    suffix: str
    content_type: str

    @property
    def is_still(self) -> bool:
        """Whether it is an image."""
        return self.content_type.startswith("image/")


_MP4 = Format("mp4", "video/mp4")
IMAGE_FORMATS = {
    "png": Format("png", "image/png"),
    "jpeg": Format("jpg", "image/jpeg"),
    "webp": Format("webp", "image/webp"),
}
"""By what the file is inside: providers' stills are of all three sorts."""


def preview_key(key: str, what: str) -> str:
    """Give the key of a clip's picture, beside the clip: ``{job}.poster.jpg``."""
    return f"{key.rpartition('.')[0]}.{what}.jpg"


def format_of(kind: JobKind, codec: str) -> Format:
    """Give the format of a verified result: clips and films are MP4, a still is what it is."""
    return IMAGE_FORMATS[codec] if kind is JobKind.IMAGE else _MP4


def object_key(form: Format, project_id: UUID, scene_id: UUID | None, job_id: UUID, attempt: int) -> str:
    """Give the key of a job's result: ``{project}/{scene}/{job}.mp4``, ``…/{job}-2.mp4`` for attempt 2.

    Each attempt has a key of its own, so that an executor that lost its job cannot overwrite the object
    of the one that took over. Without a scene it is the project's film, under ``film``.
    """
    name = str(job_id) if attempt <= 1 else f"{job_id}-{attempt}"
    return f"{project_id}/{scene_id or 'film'}/{name}.{form.suffix}"
