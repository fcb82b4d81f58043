"""Orders to render, on the wire."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import Answered, Asked, Cost, Name
from api.schemas.jobs import JobOut
from api.schemas.problems import ProblemEntry
from api.schemas.projects import MOST_SHOTS
from domain.credits import Means
from services.prompting import Prompts


class RenderIn(Asked):
    """Which shots of a scene to render, and with what."""

    shots: Annotated[list[Name], Field(min_length=1, max_length=MOST_SHOTS)] | None = Field(
        default=None,
        description="Ids or labels; a shot that has its clip gets a new take. "
        "Default: every shot that has neither a clip nor one on its way.",
        examples=[["1A", "1B"]],
    )
    provider: Name | None = Field(
        default=None, description="Default: VIDEO_PROVIDER of the executor.", examples=["mock"]
    )
    model: Name | None = Field(default=None, description="Default: the provider's.")
    dry_run: bool = Field(
        default=False, description="Only tell what it would cost and what is in the way.", examples=[True]
    )


class FallbackOut(Answered):
    """A shot whose prompt was composed of its image prompt and narration after all."""

    shot: str = Field(description="Its label.")
    reason: str = Field(description="Why none was written, for a person.")


class PromptsOut(Answered):
    """What PROMPT_WRITER made of the shots without a video prompt."""

    writer: str
    written: list[str] = Field(description="Labels of the shots that it wrote for.")
    composed: list[FallbackOut]

    @classmethod
    def of(cls, prompts: Prompts) -> "PromptsOut | None":
        """Show what was written; nothing where nobody was asked."""
        if prompts.writer is None:
            return None
        composed = [FallbackOut(shot=one.label, reason=one.reason) for one in prompts.fallbacks]
        return cls(writer=prompts.writer, written=list(prompts.written), composed=composed)


class AdmissionOut(Answered):
    """What an order was turned into."""

    jobs: list[JobOut]
    quote: Cost
    receipt_id: UUID = Field(description="Stable id of this admission.")
    prompts: PromptsOut | None = Field(
        default=None, description="Null where prompts are composed without asking anybody (PROMPT_WRITER)."
    )


CREDITS = (
    "Null without CREDITS=on, or where nothing could be priced. What is missing is among the problems, too."
)


class MeansOut(Answered):
    """What an order takes of the project's credits, and what there is for it."""

    needed: Cost
    available: Cost = Field(
        description="USD free to be held, and within the budget; below zero where that was set below what is "
        "spent and held."
    )
    missing: Cost = Field(description="USD that there are too few; 0 where the order is covered.")

    @classmethod
    def of(cls, means: Means | None) -> Self | None:
        """Give them as they are answered."""
        if means is None:
            return None
        figures = (means.needed, means.account.available, means.missing)
        needed, available, missing = map(float, figures)
        return cls(needed=needed, available=available, missing=missing)


class EstimateOut(Answered):
    """What an order would cost, and everything that stands in its way."""

    quote: Cost
    problems: list[ProblemEntry]
    credits: MeansOut | None = Field(description=CREDITS)
