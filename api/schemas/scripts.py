"""Scripts on the wire: as they are sent, and as they were understood."""

from typing import Annotated

from pydantic import Field

from api.schemas.base import Answered, Asked
from api.schemas.pipeline import FilmEstimateOut
from api.schemas.projects import ProjectIn

LONGEST_SCRIPT = 400_000


class ScriptIn(Asked):
    """A script to read."""

    script: Annotated[str, Field(min_length=1, max_length=LONGEST_SCRIPT)] = Field(
        description="Plain text in the manner of Fountain, or the JSON of POST /projects.",
        examples=["Title: Night Shift\n\nINT. BAKERY - NIGHT\n\nA baker pulls bread from an oven. (6 s)"],
    )


class ScriptOut(Answered):
    """What a script came down to."""

    project: ProjectIn = Field(description="Ready to be sent to POST /projects.")
    notes: list[str] = Field(description="What was assumed and what was left out, for a person.")
    estimate: FilmEstimateOut | None = Field(
        default=None,
        description="What all of it would cost and what would stand in its way, as a dry run of its order "
        "tells; null for a key that may not create projects.",
    )
