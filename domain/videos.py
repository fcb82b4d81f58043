"""Clips as callers know them who speak OpenAI's way of asking for videos: jobs, and little more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from domain.job import Job


@dataclass(frozen=True, slots=True)
class Video:
    """A video job with what is known of it beside."""

    job: Job
    remixed_from: UUID | None
    """The job whose prompt was changed to make this one."""


class VideoRecords(Protocol):
    """Videos, each of one caller's project. What is hidden is found by none of these."""

    async def make_home(self, project: UUID, scene: UUID, title: str) -> None:
        """Write a project with one empty scene, unless they are there."""
        ...

    async def add(self, job: UUID, remixed_from: UUID | None) -> None:
        """Let a job that was just admitted be a video."""
        ...

    async def get(self, project: UUID, job: UUID) -> Video | None:
        """Give a video of this project."""
        ...

    async def page(
        self, project: UUID, *, after: UUID | None, limit: int, oldest_first: bool
    ) -> Sequence[Video] | None:
        """List the videos of a project, from the one after ``after`` on.

        ``None`` where ``after`` is no video of this project; one that is hidden by now still counts.
        """
        ...

    async def hide(self, job: UUID) -> bool:
        """Let a video not be found any more; false where it is hidden already."""
        ...
