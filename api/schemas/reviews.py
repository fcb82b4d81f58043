"""Reviews on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field

from api.errors import problem_entry
from api.schemas.base import Answered, Asked, Cost, said
from api.schemas.pipeline import CountsOut
from api.schemas.problems import ProblemEntry
from domain.films import Scene
from domain.review import LONGEST_DESCRIPTION, Issue, IssueStatus, IssueType, NewIssue, Stage
from domain.statuses import JobKind, ReviewStatus
from services.reopening import Reopening
from services.review import Filed


class IssueIn(Asked):
    """What is wrong with a scene."""

    type: IssueType = Field(
        description="visual_continuity sends the scene back to stage 8, timing to 7, dialogue_audio to 9, "
        "narrative_structure to 7.",
        examples=["visual_continuity"],
    )
    description: Annotated[str, Field(max_length=LONGEST_DESCRIPTION), AfterValidator(said)] = Field(
        examples=["Her coat is blue in 1A and red in 1B."]
    )
    shot_id: UUID | None = Field(
        default=None, description="The shot that it is about. Default: all of the scene."
    )
    at_seconds: Annotated[float, Field(ge=0)] | None = Field(
        default=None, description="From the beginning of the scene.", examples=[4.5]
    )
    preview: bool = Field(
        default=False, description="Only tell what would open again and what it would cost."
    )

    def to_domain(self) -> NewIssue:
        """Give the issue to file."""
        return NewIssue(**self.model_dump(exclude={"preview"}))


class IssueOut(Answered):
    """An issue."""

    id: UUID
    project_id: UUID
    scene_id: UUID
    shot_id: UUID | None
    type: IssueType
    description: str
    at_seconds: float | None
    stage: Stage = Field(description="Where it sent the scene back to.")
    status: IssueStatus
    created_at: datetime
    resolved_at: datetime | None


class IssueList(Answered):
    """One page of issues, newest first."""

    data: list[IssueOut]
    next: str | None = Field(description="The after of the next page; null on the last one.")

    @classmethod
    def of(cls, issues: Sequence[Issue], following: str | None) -> Self:
        """Give a page as it is answered."""
        return cls(data=[IssueOut.model_validate(one) for one in issues], next=following)


class SceneReview(Answered):
    """How the review of a scene stands."""

    scene_id: UUID
    stage: int
    review_status: ReviewStatus
    review_ready: bool
    open_issues: int

    @classmethod
    def of(cls, scene: Scene) -> Self:
        """Give how a scene stands."""
        own = {name: getattr(scene, name) for name in cls.model_fields if name != "scene_id"}
        return cls(scene_id=scene.id, **own)


class ReopenedShot(Answered):
    """A shot that opens again."""

    shot_id: UUID
    label: str


class ReopeningOut(Answered):
    """What an issue opens again, and what making that anew would come to today. Nothing is made by itself."""

    stage: Stage
    kinds: list[JobKind] = Field(description="What there is of these kinds turns stale, and is not deleted,")
    shots: list[ReopenedShot] = Field(description="of these shots.")
    quote: Cost
    counts: CountsOut
    problems: list[ProblemEntry] = Field(description="What would stand in the way of making it anew.")

    @classmethod
    def of(cls, reopens: Reopening) -> Self:
        """Give what opens again as it is answered."""
        estimate = reopens.estimate
        return cls(
            stage=reopens.stage,
            kinds=list(reopens.kinds),
            shots=[ReopenedShot(shot_id=shot.id, label=shot.label) for shot in reopens.shots],
            quote=float(estimate.quote),
            counts=CountsOut(**{kind.value: estimate.counts[kind] for kind in JobKind}),
            problems=[ProblemEntry(**problem_entry(problem)) for problem in estimate.problems],
        )


class IssuePreviewOut(Answered):
    """What an issue would do."""

    scene: SceneReview = Field(description="As it would stand then.")
    reopens: ReopeningOut

    @classmethod
    def of(cls, filed: Filed) -> Self:
        """Give a preview as it is answered."""
        return cls(scene=SceneReview.of(filed.scene), reopens=ReopeningOut.of(filed.reopens))


class IssueFiledOut(IssuePreviewOut):
    """What an issue did."""

    issue: IssueOut
    scene: SceneReview

    @classmethod
    def of(cls, filed: Filed) -> Self:
        """Give a filed issue as it is answered."""
        return cls(
            issue=IssueOut.model_validate(filed.issue),
            scene=SceneReview.of(filed.scene),
            reopens=ReopeningOut.of(filed.reopens),
        )


class IssueResolvedOut(Answered):
    """A resolved issue, and its scene."""

    issue: IssueOut
    scene: SceneReview
