"""Orders to render, on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas.base import Answered, Asked, Cost, Name
from api.schemas.jobs import JobOut
from api.schemas.problems import ProblemEntry
from api.schemas.projects import MOST_SHOTS


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


class AdmissionOut(Answered):
    """What an order was turned into."""

    jobs: list[JobOut]
    quote: Cost
    receipt_id: UUID = Field(description="Stable id of this admission.")


class EstimateOut(Answered):
    """What an order would cost, and everything that stands in its way."""

    quote: Cost
    problems: list[ProblemEntry]
