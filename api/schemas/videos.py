"""Videos, on the wire as OpenAI's clients know them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from api.schemas.base import Answered, Asked, Name, Queried, Text
from domain.failures import RULES, ErrorCode
from domain.job import Job
from domain.sizes import size_of
from domain.statuses import JobStatus
from domain.videos import Video

_PREFIX = "video_"


class Variant(StrEnum):
    """What there is of a video."""

    VIDEO = "video"
    """The clip, an MP4."""
    THUMBNAIL = "thumbnail"
    """Its poster, a JPEG."""
    SPRITESHEET = "spritesheet"
    """Its sheet of small pictures, a JPEG."""


def _as_text(value: object) -> object:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else value


def _is_number(text: str) -> str:
    try:
        good = 0 < float(text) < float("inf")
    except ValueError:
        good = False
    if not good:
        raise PydanticCustomError("seconds", "should be a number of seconds such as 8")
    return text


class ReferenceIn(Asked):
    """A picture that a video starts from."""

    image_url: str | None = Field(default=None, description="An http or https URL, or a data: URI.")
    file_id: str | None = Field(default=None, description="Not supported: there is no store of files.")


class VideoIn(Asked):
    """A video to make."""

    prompt: Text
    model: Name | None = Field(default=None, description="A model that is configured here, or the default.")
    seconds: Annotated[str, BeforeValidator(_as_text), AfterValidator(_is_number)] | None = Field(
        default=None, description="Or what the model makes nearest to 4."
    )
    size: Annotated[str, Field(max_length=20)] | None = Field(
        default=None, description="Width x height, such as 1280x720; by default the model's own."
    )
    input_reference: ReferenceIn | None = Field(default=None, description="The picture it starts from.")


class VideoForm(Asked):
    """A video to make, as a form; its first picture is a file."""

    prompt: Text
    model: Name | None = None
    seconds: str | None = None
    size: str | None = None
    input_reference: Annotated[str, Field(json_schema_extra={"format": "binary"})] | None = Field(
        default=None, description="A PNG, JPEG or WebP; or send input_reference[image_url]."
    )


class RemixIn(Asked):
    """What is to be different this time."""

    prompt: Text


class VideosQuery(Queried):
    """Which page of the videos."""

    after: str | None = Field(default=None, description="The last_id of an earlier page.")
    limit: Annotated[int, Field(ge=0, le=100, description="Entries on a page.")] = 20
    order: Literal["asc", "desc"] = Field(default="desc", description="By when they were asked for.")


class ContentQuery(Queried):
    """What of a video."""

    variant: Variant = Variant.VIDEO


class OpenAIVideoError(Answered):
    """Why a video failed."""

    code: str
    message: str


class OpenAIVideo(Answered):
    """A video."""

    id: str
    object: Literal["video"] = "video"
    model: str
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int
    created_at: int = Field(description="Seconds since 1970.")
    completed_at: int | None
    expires_at: int | None = Field(default=None, description="Never set: what is stored stays.")
    prompt: str
    seconds: str
    size: str = Field(description="As asked for; once it is stored, as it is.")
    remixed_from_video_id: str | None
    error: OpenAIVideoError | None

    @classmethod
    def of(cls, video: Video) -> Self:
        """Show a video."""
        job = video.job
        return cls(
            id=video_id(job.id),
            model=job.model or "",
            status=_status(job.status),
            progress=job.progress,
            created_at=int(job.created_at.timestamp()),
            completed_at=_seconds(job.completed_at),
            prompt=job.prompt,
            seconds=f"{job.duration_seconds or 0:g}",
            size=_size(job),
            remixed_from_video_id=None if video.remixed_from is None else video_id(video.remixed_from),
            error=_error(job),
        )


class OpenAIVideoList(Answered):
    """A page of videos."""

    object: Literal["list"] = "list"
    data: list[OpenAIVideo]
    first_id: str | None
    last_id: str | None
    has_more: bool


class OpenAIVideoDeleted(Answered):
    """A video that is not found any more."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True


class OpenAIErrorBody(Answered):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str = Field(description="As in problem documents.")


class OpenAIError(Answered):
    """An error as OpenAI's clients know it."""

    error: OpenAIErrorBody


def video_id(job: UUID) -> str:
    """Give the id under which a job is known as a video."""
    return f"{_PREFIX}{job.hex}"


def job_of(text: str) -> UUID | None:
    """Give the job of a video's id; ``None`` for what is no such id."""
    name = text.removeprefix(_PREFIX)
    try:
        job = UUID(name)
    except ValueError:
        return None
    return job if text == video_id(job) else None


def _status(status: JobStatus) -> Literal["queued", "in_progress", "completed", "failed"]:
    match status:
        case JobStatus.WAITING | JobStatus.QUEUED:
            return "queued"
        case JobStatus.PROCESSING | JobStatus.GENERATING | JobStatus.UPLOADING:
            return "in_progress"
        case JobStatus.COMPLETED:
            return "completed"
        case JobStatus.FAILED | JobStatus.CANCELLED:
            return "failed"


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _size(job: Job) -> str:
    if job.width and job.height:
        return f"{job.width}x{job.height}"
    return size_of(job.aspect_ratio, job.resolution) or "" if job.aspect_ratio and job.resolution else ""


def _error(job: Job) -> OpenAIVideoError | None:
    match job.status:
        case JobStatus.FAILED:
            code = job.error_code or ErrorCode.PROVIDER_FAILED
            return OpenAIVideoError(code=code, message=job.error_message or "")
        case JobStatus.CANCELLED:
            return OpenAIVideoError(code=ErrorCode.CANCELLED, message=RULES[ErrorCode.CANCELLED].sentence)
        case _:
            return None
