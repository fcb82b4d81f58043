"""A project as it stands, together with the point in its feed where that is."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.access import Caller
from domain.events import EventLog
from domain.films import Film
from domain.job import Job
from domain.records import Records
from domain.takes import Take
from services import progress, projects
from services.progress import FilmProgress

_TRIES, _SPACING = 5, 0.02


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a page shows of a project, of one moment."""

    sequence: int
    """The last event that it contains; the next one that matters is the one after."""
    film: Film
    progress: FilmProgress
    jobs: Sequence[Job]
    """See ``JobRecords.current``."""
    takes: Mapping[UUID, Take]
    """What these jobs are to their shots, by job."""
    taken_at: datetime


async def take(records: Records, log: EventLog, caller: Caller, project: str) -> Snapshot:
    """Read a project and its place in the feed in one transaction.

    What is committed but not numbered yet would be in the state and come once more as an event. So it is
    numbered first, and looked for again if something came in between; on a project that never rests for a
    few milliseconds the latest changes may then be told twice, which changes nothing in the end.

    Raises:
        NotFoundError: there is no such project, or it is somebody else's.
    """
    for attempt in range(_TRIES):
        await log.number()
        async with records.snapshot() as tx:
            film = await projects.find_film(tx, caller, project)
            if attempt == _TRIES - 1 or not await tx.events.unnumbered(film.project.id):
                jobs = await tx.jobs.current(film.project.id)
                return Snapshot(
                    sequence=await tx.events.last(film.project.id),
                    film=film,
                    progress=await progress.film_progress(tx, caller, str(film.project.id)),
                    jobs=jobs,
                    takes=await tx.takes.of_jobs(jobs),
                    taken_at=await tx.operations.now(),
                )
        await asyncio.sleep(_SPACING)
    raise AssertionError("the last attempt returns")
