"""Cancel and retry all of a project at once, and go on with one that stopped. Each job is told of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid5

from domain.access import Caller
from domain.errors import ConflictError, InvalidRequestError, Problem
from domain.films import Film
from domain.job import Job
from domain.pipeline import BatchOutcome, JobOutcome
from domain.records import Transaction
from services import admission, pipeline, projects
from services.admission import Admission, Requeued
from services.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Again:
    """What a retry, or a resume, came to."""

    requeued: Requeued
    """What had failed."""
    filled: Admission | None
    """New jobs: films in the place of those that failed, and what was never made."""

    @property
    def jobs(self) -> Sequence[Job]:
        """The new jobs."""
        return self.filled.jobs if self.filled else ()

    @property
    def quote(self) -> Decimal:
        """USD, for all that is made now."""
        return self.requeued.quote + (self.filled.quote if self.filled else 0)

    @property
    def receipt_id(self) -> UUID:
        """Follows from the jobs concerned alone."""
        own = self.requeued.receipt_id
        return uuid5(own, str(self.filled.receipt_id)) if self.filled else own


async def cancel(
    tx: Transaction, caller: Caller, project: str, scenes: Collection[UUID] | None = None
) -> Sequence[JobOutcome]:
    """Cancel what has not started, in a project or in some of its scenes, and tell what goes on."""
    film = await projects.locked_film(tx, await projects.find(tx, caller, project))
    _check_scenes(film, scenes)
    return await tx.moves.cancel_unstarted(film.project.id, scenes)


async def retry_failed(
    tx: Transaction,
    caller: Caller,
    catalogue: Catalogue,
    project: str,
    scenes: Collection[UUID] | None = None,
    *,
    accept_possible_duplicate: bool = False,
) -> Again:
    """Queue again what failed, and nothing else. A failed film is made anew.

    Raises:
        ConflictError: ``nothing_failed``.
    """
    film = await projects.locked_film(tx, await projects.find(tx, caller, project))
    _check_scenes(film, scenes)
    accept = accept_possible_duplicate
    done = await admission.requeue(tx, film.project.id, scenes, accept_possible_duplicate=accept)
    await admission.hold_again(tx, film.project.id, done)
    films = await pipeline.make_failed_films_anew(tx, film, catalogue)
    if not done.outcomes and films is None:
        raise ConflictError("nothing has failed that could be made again", "nothing_failed")
    return Again(done, films)


async def resume(
    tx: Transaction,
    caller: Caller,
    catalogue: Catalogue,
    project: str,
    written: Mapping[UUID, str] | None = None,
    *,
    accept_possible_duplicate: bool = False,
) -> Again:
    """Go on from the step that a project reached: retry what failed, make what is missing, nothing twice.

    Raises:
        InvalidRequestError: a shot that was never made cannot be made as it is; nothing goes on then.
        ConflictError: ``nothing_to_resume``: everything is there, or comes by itself.
        InsufficientCreditsError: nothing else is in the way, and the project's credits do not go for all.
    """
    film = await projects.locked_film(tx, await projects.find(tx, caller, project))
    accept = accept_possible_duplicate
    done = await admission.requeue(tx, film.project.id, None, accept_possible_duplicate=accept)
    jobs = await pipeline.fill_up(tx, film, catalogue, written or {}, but=_undecided(done), again=done.jobs)
    await admission.hold_again(tx, film.project.id, done)
    if jobs is None and not done.outcomes:
        raise ConflictError("everything is there or on its way", "nothing_to_resume")
    return Again(done, jobs)


def _undecided(done: Requeued) -> set[UUID]:
    """Give the shots that a person has to decide about: nothing is ordered beside a doubtful job."""
    return {one.shot_id for one in done.outcomes if one.shot_id and one.outcome is not BatchOutcome.QUEUED}


def _check_scenes(film: Film, scenes: Collection[UUID] | None) -> None:
    known = {scene.id for scene in film.scenes}
    allowed = "the id of a scene of this project"
    unknown = [Problem("scenes", str(scene), allowed) for scene in scenes or () if scene not in known]
    if unknown:
        raise InvalidRequestError(unknown)
