"""What the events of a feed tell: ``data``, for each type."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import Field

from api.schemas.base import REF, Answered, Cost
from api.schemas.reviews import IssueOut
from domain.credits import EntryKind
from domain.events import EventType
from domain.statuses import JobKind, JobStatus, RenderStatus, ReviewStatus, Step


class JobChange(Answered):
    """``data`` of the events ``job.*``: what the move set. What it left as it was is not there."""

    status: JobStatus = Field(description="The status after it; job.progress and other notes keep it.")
    previous_status: JobStatus | None = Field(description="Null for a job that is new.")
    kind: JobKind
    shot_id: UUID | None = None
    provider: str | None = None
    model: str | None = None
    duration_seconds: float | None = None
    attempt_count: int | None = None
    progress: int | None = None
    estimated_cost: Cost | None = None
    actual_cost: Cost | None = None
    video_url: str | None = None
    poster_url: str | None = None
    actual_duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    error_code: str | None = None
    error_message: str | None = None


class SceneChange(Answered):
    """``data`` of the events ``scene.*`` about rendering, and of ``review.ready`` and ``review.ended``."""

    status: RenderStatus
    previous_status: RenderStatus
    review_ready: bool
    review_status: ReviewStatus | None = Field(
        default=None, description="Missing in events before it was told."
    )
    stage: int | None = None


class ReviewChange(Answered):
    """``data`` of the events ``review.*`` that tell what a person did: how the scene stands after it."""

    stage: int
    review_status: ReviewStatus
    review_ready: bool
    open_issues: int
    issue: IssueOut | None = Field(default=None, description="The one that was filed or resolved.")
    shots: list[UUID] | None = Field(
        default=None, description="Of review.returned: every take there is of these shots is stale now,"
    )
    kinds: list[JobKind] | None = Field(default=None, description="of these kinds.")


class ProjectChange(Answered):
    """``data`` of the events ``project.*`` about rendering."""

    status: RenderStatus
    previous_status: RenderStatus
    current_step: Step
    previous_step: Step | None = None


class ProjectEdited(Answered):
    """``data`` of ``project.changed``."""

    title: str


class SceneAdded(Answered):
    """``data`` of ``scene.added``; fetch the project for the rest."""

    position: int = Field(description="Counted from 1.")


class SceneEdited(Answered):
    """``data`` of ``scene.changed``: whichever was changed."""

    title: str | None = None
    narration: str | None = None


class ShotAdded(Answered):
    """``data`` of ``shot.added``; fetch the project for the rest."""

    shot_id: UUID
    label: str
    position: int = Field(description="In its scene, counted from 1.")


class ShotEdited(Answered):
    """``data`` of ``shot.changed``: whichever was changed. Takes of the shot may be stale now."""

    shot_id: UUID
    label: str | None = None
    image_prompt: str | None = None
    video_prompt: str | None = None
    narration: str | None = None
    duration_seconds: float | None = None
    start_frame_url: str | None = None
    end_frame_url: str | None = None


class TakeChosen(Answered):
    """``data`` of ``shot.take_chosen``."""

    shot_id: UUID
    kind: JobKind
    chosen: UUID | None = Field(description="The job that stands for the shot; null for the newest.")


class CreditsChange(Answered):
    """``data`` of ``credits.changed``: the account after all that one transaction booked."""

    balance: Cost
    held: Cost
    spent: Cost
    owed: Cost
    moved: dict[EntryKind, Cost] = Field(description="How much was booked, by kind of entry.")


class CreditsShort(Answered):
    """``data`` of ``credits.short``: a queued job waits for credits."""

    kind: JobKind
    shot_id: UUID | None
    needed: Cost
    balance: Cost


class BudgetChange(Answered):
    """``data`` of ``credits.budget``: the project's budget was set."""

    budget: Cost | None = Field(description="The most that may be spent and held; null for no such limit.")


Change = (
    JobChange
    | SceneChange
    | ReviewChange
    | ProjectChange
    | ProjectEdited
    | SceneAdded
    | SceneEdited
    | ShotAdded
    | ShotEdited
    | TakeChosen
    | CreditsChange
    | CreditsShort
    | BudgetChange
)

_OWN: Mapping[EventType, type[Answered]] = {
    EventType.PROJECT_CHANGED: ProjectEdited,
    EventType.SCENE_ADDED: SceneAdded,
    EventType.SCENE_CHANGED: SceneEdited,
    EventType.SHOT_ADDED: ShotAdded,
    EventType.SHOT_CHANGED: ShotEdited,
    EventType.SHOT_TAKE_CHOSEN: TakeChosen,
    EventType.REVIEW_READY: SceneChange,
    EventType.REVIEW_ENDED: SceneChange,
    EventType.CREDITS_CHANGED: CreditsChange,
    EventType.CREDITS_SHORT: CreditsShort,
    EventType.CREDITS_BUDGET: BudgetChange,
}
_BY_GROUP: Mapping[str, type[Answered]] = {
    "job": JobChange,
    "scene": SceneChange,
    "project": ProjectChange,
    "review": ReviewChange,
}


def change_of(kind: EventType) -> type[Answered]:
    """Give what an event of this type tells."""
    return _OWN.get(kind) or _BY_GROUP[kind.partition(".")[0]]


def tell_data_by_type(schema: dict[str, Any]) -> None:
    """Add to a message's JSON schema which ``data`` goes with which ``type``."""
    types: dict[str, list[str]] = {}
    for kind in EventType:
        types.setdefault(change_of(kind).__name__, []).append(kind.value)
    schema["allOf"] = [
        {
            "if": {"properties": {"type": {"enum": kinds}}},
            "then": {"properties": {"data": {"$ref": REF.format(model=name)}}},
        }
        for name, kinds in types.items()
    ]
