"""Films on the wire."""

from typing import Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import Answered
from api.schemas.jobs import FilmShotOut
from domain.statuses import JobStatus
from services.films import FilmState


class FilmStatusOut(Answered):
    """How a film stands. What can be played is the newest stored film, also while another one is made."""

    status: JobStatus | None = Field(description="Of the film ordered last; null where none was.")
    job_id: UUID | None = Field(description="The job of the film ordered last.")
    progress: int = Field(description="Its progress, 0 to 100.")
    error_code: str | None
    error_message: str | None
    video_url: str | None = Field(
        description="Where the stored film plays: absolute, signed, no header needed, expires."
    )
    poster_url: str | None
    duration_seconds: float | None
    stale: bool = Field(description="Whether the stored film has other clips than it would have now.")
    shots: list[FilmShotOut] = Field(description="What the stored film is made of, in its order.")
    missing: list[str] = Field(description="Labels of the shots that have no clip yet.")

    @classmethod
    def of(cls, state: FilmState, video_url: str | None, poster_url: str | None) -> Self:
        """Give a film's state as it is answered."""
        newest, stored = state.newest, state.stored
        return cls(
            status=newest.status if newest else None,
            job_id=newest.id if newest else None,
            progress=newest.progress if newest else 0,
            error_code=newest.error_code if newest else None,
            error_message=newest.error_message if newest else None,
            video_url=video_url,
            poster_url=poster_url,
            duration_seconds=stored.actual_duration_seconds if stored else None,
            stale=state.stale,
            shots=[FilmShotOut.model_validate(shot) for shot in (stored and stored.film_shots) or ()],
            missing=[part.label for part in state.cut.missing],
        )
