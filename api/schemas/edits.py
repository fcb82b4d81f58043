"""Changes to a script, on the wire. What is left out stays; null empties what may be empty."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Asked, Text, Title
from api.schemas.projects import FrameUrl, Label, SceneIn, Seconds, ShotIn
from domain.statuses import JobKind

Position = Annotated[int, Field(ge=1, description="Counted from 1; default: at the end.")]


class _Edit(Asked):
    """A change; it names at least one thing."""

    @model_validator(mode="after")
    def _changes_something(self) -> "_Edit":
        if not self.model_fields_set:
            raise PydanticCustomError("no_change", "should name at least one field")
        return self

    @property
    def changes(self) -> dict[str, object]:
        """What was named, by column."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class ProjectEdit(_Edit):
    """New words for a project."""

    title: Title = Field(default_factory=str)


class SceneEdit(_Edit):
    """New words for a scene."""

    title: Title = Field(default_factory=str)
    narration: Text | None = None


class ShotEdit(_Edit):
    """New words, frames or a new length for a shot."""

    label: Label = Field(default_factory=str)
    image_prompt: Text | None = None
    video_prompt: Text | None = None
    narration: Text | None = None
    duration_seconds: Seconds | None = None
    start_frame_url: FrameUrl | None = None
    end_frame_url: FrameUrl | None = None


class SceneAdd(SceneIn):
    """A scene to add, with its shots."""

    position: Position | None = None


class ShotAdd(ShotIn):
    """A shot to add."""

    position: Position | None = None


class TakeIn(Asked):
    """Which take is to stand for a shot."""

    job_id: UUID | None = Field(description="The job of a stored image or clip; null: the newest again.")
    kind: JobKind = Field(default=JobKind.VIDEO, description="With job_id null: of images or of clips.")
