"""A project on the wire, with all that there is of each shot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import Answered, Cost
from api.schemas.projects import ProjectOut, SceneBase, ShotOut
from domain.films import Scene
from domain.statuses import JobKind, JobStatus, RenderStatus, Step
from domain.takes import Take
from services.document import Document, ShotView, Whole


@dataclass(frozen=True, slots=True)
class ShotLinks:
    """URLs under which what stands for a shot can be had without headers for a while."""

    image: str | None = None
    video: str | None = None
    poster: str | None = None


Links = Mapping[UUID, ShotLinks]
"""By shot."""


class TakeOut(Answered):
    """One image or clip that was ordered for a shot."""

    job_id: UUID
    kind: JobKind
    number: int = Field(description="1 for the first that was ordered of its kind.")
    status: JobStatus
    progress: int
    chosen: bool = Field(description="Whether it stands for the shot, in the film too.")
    stale: bool = Field(description="Whether it is made from something else than the shot says by now.")
    error_code: str | None
    actual_duration_seconds: float | None
    actual_cost: Cost | None
    created_at: datetime

    @classmethod
    def of(cls, take: Take) -> Self:
        """Give a take as it is answered."""
        return cls(**{name: getattr(take, name) for name in cls.model_fields})


class ShotDetail(ShotOut):
    """A shot, what stands for it, and its takes."""

    status: JobStatus | Literal["pending"] = Field(description="Of the newest clip that is not cancelled.")
    image_status: JobStatus | Literal["pending"] = Field(description="Of the newest image, likewise.")
    image_url: str | None = Field(description="Of the image that stands for it: absolute, signed, expires.")
    video_url: str | None = Field(description="Of the clip that stands for it, likewise.")
    poster_url: str | None
    stale: bool = Field(description="Whether what stands for it is made from something else by now.")
    takes: list[TakeOut] = Field(description="Images and clips, each kind from the first one on.")

    @classmethod
    def of(cls, view: ShotView, links: ShotLinks) -> Self:
        """Give a shot as it is answered."""
        return cls(
            **ShotOut.model_validate(view.shot).model_dump(),
            status=view.status or "pending",
            image_status=view.image_status or "pending",
            image_url=links.image,
            video_url=links.video,
            poster_url=links.poster,
            stale=view.stale,
            takes=[TakeOut.of(take) for take in view.takes],
        )


class SceneDetail(SceneBase):
    """A scene with its shots in film order."""

    shots: list[ShotDetail]

    @classmethod
    def of(cls, scene: Scene, document: Document, links: Links) -> Self:
        """Give a scene as it is answered."""
        shots = [ShotDetail.of(document.shots[shot.id], links[shot.id]) for shot in scene.shots]
        return cls(**SceneBase.model_validate(scene).model_dump(), shots=shots)


class FilmOut(ProjectOut):
    """A project with all of its scenes in film order."""

    scenes: list[SceneDetail]

    @classmethod
    def of(cls, document: Document, links: Links) -> Self:
        """Give a film as it is answered."""
        project = ProjectOut.model_validate(document.film.project)
        scenes = [SceneDetail.of(scene, document, links) for scene in document.film.scenes]
        return cls(**project.model_dump(), scenes=scenes)


class Entry(Answered):
    """One shot of the film."""

    number: int = Field(description="1 to n, in film order.")
    scene_id: UUID
    shot_id: UUID
    label: str
    image_prompt: str | None
    video_prompt: str | None
    narration: str | None
    duration_seconds: float | None
    status: JobStatus | Literal["pending"] = Field(description="Of the newest clip that is not cancelled.")
    image_status: JobStatus | Literal["pending"]
    image_url: str | None = Field(description="Absolute, signed, no header needed, expires.")
    video_url: str | None = Field(description="Likewise.")
    poster_url: str | None
    stale: bool

    @classmethod
    def of(cls, view: ShotView, links: ShotLinks) -> Self:
        """Give a shot as an entry of the script."""
        shot = view.shot
        return cls(
            number=view.number,
            scene_id=shot.scene_id,
            shot_id=shot.id,
            label=shot.label,
            image_prompt=shot.image_prompt,
            video_prompt=shot.video_prompt,
            narration=shot.narration,
            duration_seconds=shot.duration_seconds,
            status=view.status or "pending",
            image_status=view.image_status or "pending",
            image_url=links.image,
            video_url=links.video,
            poster_url=links.poster,
            stale=view.stale,
        )


class Script(Answered):
    """The script: one entry per shot."""

    scenes: list[Entry] = Field(description="In film order.")


class VideoOut(Answered):
    """A project as one document."""

    id: UUID
    receipt: str
    title: str
    status: RenderStatus
    current_step: Step
    step_label: str
    script: Script
    video_url: str | None = Field(description="Of the stored film: absolute, signed, expires.")
    poster_url: str | None
    duration_seconds: float | None
    stale: bool = Field(description="Whether the stored film has other clips than it would have now.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, whole: Whole, links: Links, film: ShotLinks) -> Self:
        """Give a project as one document; ``film`` leads to the film itself."""
        project, stored = whole.document.film.project, whole.film.stored
        entries = [Entry.of(view, links[shot]) for shot, view in whole.document.shots.items()]
        return cls(
            id=project.id,
            receipt=project.receipt,
            title=project.title,
            status=project.status,
            current_step=whole.progress.step,
            step_label=whole.progress.label,
            script=Script(scenes=entries),
            video_url=film.video,
            poster_url=film.poster,
            duration_seconds=stored.actual_duration_seconds if stored else None,
            stale=whole.film.stale,
            created_at=project.created_at,
            updated_at=project.updated_at,
        )
