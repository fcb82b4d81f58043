"""Projects, scenes and shots on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.reading import LONGEST_SHOT
from api.schemas.base import Answered, Asked, Text, Title
from domain.films import NewProject, NewScene, NewShot
from domain.frames import address_problem
from domain.statuses import JobStatus, RenderStatus, ReviewStatus, Step
from services.progress import FilmProgress, SceneProgress
from services.projects import Listed, labels_for

MOST_SCENES = 200
MOST_SHOTS = 200


def _frame(address: str) -> str:
    """Check a frame as far as it shows here; what it leads to is for whoever reads it."""
    if wrong := address_problem(address, ["gs://"]):
        raise PydanticCustomError("frame_url", "{wrong}", {"wrong": wrong})
    return address


FrameUrl = Annotated[
    str,
    AfterValidator(_frame),
    Field(
        description="An http or https URL, a data: URI of a PNG, JPEG or WebP picture, a storage key, "
        "/api/v1/jobs/{id}/content, or a gs:// address where the provider reads it.",
        examples=["https://example.com/lighthouse.png"],
    ),
]
Seconds = Annotated[float, Field(gt=0, le=LONGEST_SHOT)]
Label = Annotated[Title, Field(max_length=20)]


class ShotIn(Asked):
    """A shot to create."""

    label: Label | None = Field(
        default=None, description="Unlike any other label of the scene. Default: 1A, 1B, … by order."
    )
    image_prompt: Text | None = Field(default=None, examples=["A lighthouse at dusk, 35 mm"])
    video_prompt: Text | None = Field(
        default=None,
        description="Default: composed of image_prompt and narration.",
        examples=["The lamp turns on; slow push in"],
    )
    narration: Text | None = Field(default=None, examples=["Every evening, at the same minute."])
    duration_seconds: Seconds | None = Field(default=None, examples=[6])
    start_frame_url: FrameUrl | None = None
    end_frame_url: FrameUrl | None = None


class SceneIn(Asked):
    """A scene to create; its shots in film order."""

    title: Title = Field(default="Untitled", examples=["Dusk"])
    narration: Text | None = None
    shots: list[ShotIn] = Field(default=[], max_length=MOST_SHOTS)

    def to_domain(self, number: int) -> NewScene:
        """Give the record to write, every shot labelled."""
        labels = labels_for(number, [shot.label for shot in self.shots])
        shots = tuple(
            NewShot(**{**shot.model_dump(), "label": label})
            for shot, label in zip(self.shots, labels, strict=True)
        )
        return NewScene(title=self.title, narration=self.narration, shots=shots)


class ProjectIn(Asked):
    """A project to create; its scenes in film order."""

    title: Title = Field(examples=["The Lighthouse"])
    scenes: list[SceneIn] = Field(default=[], max_length=MOST_SCENES)

    def to_domain(self) -> NewProject:
        """Give the record to write."""
        scenes = tuple(scene.to_domain(number) for number, scene in enumerate(self.scenes))
        return NewProject(title=self.title, scenes=scenes)


class ShotOut(Answered):
    """A shot."""

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
    chosen_job_id: UUID | None = Field(
        description="The clip that a person chose; null: the newest stands for the shot."
    )
    chosen_image_job_id: UUID | None = Field(description="The image that a person chose, likewise.")
    created_at: datetime
    updated_at: datetime


class SceneBase(Answered):
    """A scene."""

    id: UUID
    project_id: UUID
    position: int
    title: str
    narration: str | None
    stage: int = Field(
        description="7 script and timing, 8 frames, 9 dialogue and audio, 10 assembly, 11 quote and "
        "confirmation, 12 video review."
    )
    render_status: RenderStatus
    review_status: ReviewStatus
    review_ready: bool = Field(description="Whether review_status is video_complete: a person is to look.")
    open_issues: int
    created_at: datetime
    updated_at: datetime


class SceneOut(SceneBase):
    """A scene with its shots in film order."""

    shots: list[ShotOut]


class ProjectOut(Answered):
    """A project."""

    id: UUID
    receipt: str
    title: str
    status: RenderStatus
    current_step: Step
    created_at: datetime
    updated_at: datetime


class ProjectListed(ProjectOut):
    """A project in a list."""

    counts: dict[JobStatus, int] = Field(description="Its video jobs, by every job status.")

    @classmethod
    def listed(cls, listed: Listed) -> Self:
        """Give a project as it is listed."""
        counts = {status: listed.counts.get(status, 0) for status in JobStatus}
        return cls(**ProjectOut.model_validate(listed.project).model_dump(), counts=counts)


class ProjectList(Answered):
    """One page of projects, newest first."""

    data: list[ProjectListed]
    next: str | None = Field(description="The after of the next page; null on the last one.")

    @classmethod
    def of(cls, projects: Sequence[Listed], following: str | None) -> Self:
        """Give a page as it is answered."""
        return cls(data=[ProjectListed.listed(listed) for listed in projects], next=following)


class SceneStatusOut(Answered):
    """How far a scene has come."""

    scene_id: UUID
    status: RenderStatus
    review_ready: bool
    progress: Annotated[int, Field(ge=0, le=100)]
    eta_seconds: float | None
    counts: dict[JobStatus, int] = Field(description="Deciding jobs, by every job status.")

    @classmethod
    def of(cls, progress: SceneProgress) -> Self:
        """Give a scene's progress as it is answered."""
        tally = progress.tally
        return cls(
            scene_id=tally.scene_id,
            status=tally.status,
            review_ready=progress.review_ready,
            progress=tally.progress,
            eta_seconds=progress.eta_seconds,
            counts={status: tally.counts.get(status, 0) for status in JobStatus},
        )


class ProjectStatusOut(Answered):
    """How far a project has come."""

    project_id: UUID
    current_step: Step
    step_label: str
    scenes: list[SceneStatusOut]

    @classmethod
    def of(cls, progress: FilmProgress) -> Self:
        """Give a project's progress as it is answered."""
        return cls(
            project_id=progress.project_id,
            current_step=progress.step,
            step_label=progress.label,
            scenes=[SceneStatusOut.of(scene) for scene in progress.scenes],
        )
