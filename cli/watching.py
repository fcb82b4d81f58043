"""What a person watching a film render sees of its jobs: a word, a bar and a time for each clip."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from domain.access import LOCAL
from domain.errors import DatabaseUnavailableError
from domain.films import Film
from domain.job import Job
from domain.records import JobFilter, Records
from domain.statuses import FINAL, JobKind, JobStatus
from services import films

_T = TypeVar("_T")

LOOK_SECONDS = 0.2
"""Between two looks at what a person watches."""
_MOST = 500
_WORDS = {
    JobStatus.WAITING: "waits for its image",
    JobStatus.QUEUED: "in line",
    JobStatus.PROCESSING: "asking {provider}",
    JobStatus.GENERATING: "{provider} is filming",
    JobStatus.UPLOADING: "storing",
    JobStatus.COMPLETED: "stored",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "cancelled",
}
_PERCENT = {JobStatus.PROCESSING: 4, JobStatus.UPLOADING: 92, JobStatus.COMPLETED: 100}
_GENERATING_FROM, _GENERATING_TO = 6, 90


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip as it is shown."""

    label: str
    scene: str
    job: Job
    now: datetime
    """By the database's clock, as all times of the job."""
    typical_seconds: float

    @property
    def status(self) -> JobStatus:
        """Where the job stands."""
        return self.job.status

    @property
    def over(self) -> bool:
        """Whether nothing more happens without a person."""
        return self.status in FINAL

    @property
    def words(self) -> str:
        """Where the job stands, for people."""
        return _WORDS[self.status].format(provider=self.job.provider)

    @property
    def elapsed(self) -> float | None:
        """Seconds since an executor took it; ``None`` before."""
        began = self.job.processing_started_at
        if began is None:
            return None
        return max(0.0, ((self.job.finished_at or self.now) - began).total_seconds())

    @property
    def percent(self) -> float:
        """How far it is: what the provider says, or what a usual generation would be by now."""
        if self.status is not JobStatus.GENERATING:
            return _PERCENT.get(self.status, 0)
        since = self.job.submitted_at or self.now
        share = min(1.0, (self.now - since).total_seconds() / max(self.typical_seconds, 0.1))
        estimate = _GENERATING_FROM + (_GENERATING_TO - _GENERATING_FROM) * share
        return max(float(self.job.progress), estimate)


@dataclass(frozen=True, slots=True)
class Watched:
    """A job to watch, and what it is called."""

    project: UUID
    job: UUID
    label: str
    scene: str


class Watch:
    """Jobs of a few projects, read together, in the order given."""

    def __init__(self, records: Records, watched: Sequence[Watched], *, typical_seconds: float) -> None:
        self._records = records
        self._watched = tuple(watched)
        self._typical_seconds = typical_seconds

    async def look(self) -> Sequence[Clip]:
        """Read every clip as it is now.

        Raises:
            DatabaseUnavailableError: it cannot be read now.
        """
        jobs: dict[UUID, Job] = {}
        async with self._records.transaction() as tx:
            now = await tx.operations.now()
            for project in dict.fromkeys(each.project for each in self._watched):
                which = JobFilter(project_id=project, kind=JobKind.VIDEO)
                jobs |= {job.id: job for job in (await tx.jobs.page(which, after=None, limit=_MOST)).data}
        return [
            Clip(each.label, each.scene, jobs[each.job], now, self._typical_seconds)
            for each in self._watched
            if each.job in jobs
        ]


async def see_rendered(
    watch: Watch, show: Callable[[Sequence[Clip]], None], stop: asyncio.Event
) -> Sequence[Clip]:
    """Show clips until all are over, or ``stop``; give them as they stand.

    Raises:
        DatabaseUnavailableError: ``stop`` is set and nobody knows how they stand.
    """

    async def look() -> Sequence[Clip]:
        clips = await watch.look()
        show(clips)
        return clips

    return await _see(look, lambda clips: bool(clips) and all(clip.over for clip in clips), stop)


async def see_joined(records: Records, project: UUID, stop: asyncio.Event) -> Job | None:
    """Wait until a project's film is over, or ``stop``; give it as it stands, nothing if it was cancelled.

    Raises:
        DatabaseUnavailableError: ``stop`` is set and nobody knows how it stands.
    """

    async def look() -> Job | None:
        async with records.transaction() as tx:
            # It was ordered with its clips: where there is none, it was cancelled.
            return (await films.look(tx, LOCAL, str(project))).newest

    return await _see(look, lambda newest: newest is None or newest.status in FINAL, stop)


async def _see(look: Callable[[], Awaitable[_T]], over: Callable[[_T], bool], stop: asyncio.Event) -> _T:
    """Look again and again while there is more to come; while the database is away nothing is to be seen."""
    while True:
        try:
            seen = await look()
        except DatabaseUnavailableError:
            if stop.is_set():
                raise
        else:
            if over(seen) or stop.is_set():
                return seen
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await stop.wait()


def watched_in(film: Film, jobs: Iterable[Job]) -> list[Watched]:
    """Name a film's jobs by their shots, in film order."""
    by_shot = {job.shot_id: job for job in jobs}
    return [
        Watched(film.project.id, by_shot[shot.id].id, shot.label, scene.title)
        for scene in film.scenes
        for shot in scene.shots
        if shot.id in by_shot
    ]
