"""Orders for a whole film, on the wire."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import Answered, Asked, Cost, Name
from api.schemas.jobs import JobOut
from api.schemas.problems import ProblemEntry
from api.schemas.projects import MOST_SCENES
from api.schemas.rendering import CREDITS, MeansOut, PromptsOut
from domain.failures import ErrorCode
from domain.pipeline import BatchOutcome, JobOutcome, RenderScope
from domain.statuses import JobKind, JobStatus
from services.prompting import Prompts

MOST_NAMES = 1_000
Scenes = Annotated[list[UUID], Field(min_length=1, max_length=MOST_SCENES)]


class GenerateIn(Asked):
    """Which shots of a project to make, and with what."""

    scope: RenderScope | Annotated[list[Name], Field(min_length=1, max_length=MOST_NAMES)] = Field(
        default=RenderScope.MISSING,
        description="missing: every shot without a clip; failed: every shot whose newest job failed; all: a "
        "new take of every shot; or a list of ids of scenes, ids of shots and labels of shots.",
        examples=["missing"],
    )
    provider: Name | None = Field(
        default=None, description="Of the clips. Default: VIDEO_PROVIDER of the executor.", examples=["mock"]
    )
    model: Name | None = Field(default=None, description="Of the clips. Default: the provider's.")
    dry_run: bool = Field(
        default=False, description="Only tell what it would cost and what is in the way.", examples=[True]
    )


class RecommendationOut(Answered):
    """Something to consider before the order is confirmed; it stands in nobody's way."""

    code: str = Field(description="no_narration_audio, video_prompt_missing or images_unused.")
    sentence: str = Field(description="For a person.")
    shots: list[str] = Field(description="Labels of the shots that it is about.")


class CountsOut(Answered):
    """How many jobs of each kind an order would be."""

    image: int
    video: int
    film: int


class FilmEstimateOut(Answered):
    """What an order would come to, and everything that stands in its way."""

    quote: Cost
    counts: CountsOut
    problems: list[ProblemEntry]
    credits: MeansOut | None = Field(description=CREDITS)
    recommendations: list[RecommendationOut]


class BatchIn(Asked):
    """Which scenes it is about."""

    scenes: Scenes | None = Field(default=None, description="Ids of scenes. Default: the whole project.")


class RetryFailedIn(BatchIn):
    """Which failures to try again."""

    accept_possible_duplicate: bool = Field(
        default=False,
        description="Retry even what the provider may have made and billed already.",
        examples=[False],
    )


class ResumeIn(Asked):
    """How to go on."""

    accept_possible_duplicate: bool = Field(
        default=False,
        description="Retry even what the provider may have made and billed already.",
        examples=[False],
    )


class OutcomeOut(Answered):
    """One job, and what became of it."""

    job_id: UUID
    scene_id: UUID | None
    shot_id: UUID | None
    label: str | None
    kind: JobKind
    status: JobStatus
    outcome: BatchOutcome = Field(
        description="cancelled: it had not started, free. running: it had started and goes on, for it may "
        "be billed in any case. queued: it is made again. possible_duplicate: it may have been billed, and "
        "stays failed. shot_busy: its shot has another job on its way, and it stays failed."
    )
    error_code: ErrorCode | None = Field(description="Why it had failed.")


class CancelledOut(Answered):
    """What a cancel of all came to."""

    outcomes: list[OutcomeOut]
    counts: dict[BatchOutcome, int]

    @classmethod
    def of(cls, outcomes: Sequence[JobOutcome]) -> Self:
        """Give outcomes as they are answered."""
        return cls(outcomes=_outcomes(outcomes), counts=_counts(outcomes))


class AgainOut(CancelledOut):
    """What a retry of all that failed, or a resume, came to."""

    jobs: list[JobOut] = Field(description="New ones: films made anew, and what was never made.")
    quote: Cost = Field(description="Of all that is made now.")
    receipt_id: UUID
    prompts: PromptsOut | None = Field(default=None, description="As in the answer to an order.")

    @classmethod
    def with_jobs(
        cls,
        outcomes: Sequence[JobOutcome],
        jobs: list[JobOut],
        *,
        quote: float,
        receipt_id: UUID,
        prompts: Prompts,
    ) -> Self:
        """Give outcomes and new jobs as they are answered."""
        return cls(
            outcomes=_outcomes(outcomes),
            counts=_counts(outcomes),
            jobs=jobs,
            quote=quote,
            receipt_id=receipt_id,
            prompts=PromptsOut.of(prompts),
        )


def _outcomes(outcomes: Sequence[JobOutcome]) -> list[OutcomeOut]:
    return [OutcomeOut.model_validate(one) for one in outcomes]


def _counts(outcomes: Sequence[JobOutcome]) -> dict[BatchOutcome, int]:
    return {kind: sum(one.outcome is kind for one in outcomes) for kind in BatchOutcome}
