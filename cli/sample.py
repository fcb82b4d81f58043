"""The film that the demo renders."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from api.schemas.projects import ProjectIn
from domain.access import LOCAL
from domain.errors import ConflictError
from domain.films import Film, NewProject
from domain.job import Job
from domain.records import JobFilter, Records, Transaction
from domain.statuses import LIVE, JobKind, JobStatus
from services import films, pipeline, projects
from services.catalogue import Catalogue
from services.pipeline import FilmOrder

_MOST_FILMS, _MOST_JOBS = 100, 500


@dataclass(frozen=True, slots=True)
class Ordered:
    """The film, ordered."""

    film: Film
    jobs: Sequence[Job]
    """The one that counts for each shot: the newest that was not cancelled."""
    was_begun: bool
    """Whether an earlier run began it."""


def sample_film() -> NewProject:
    """Give the film: the JSON that POST /projects and ``rushes import`` take."""
    text = files("cli").joinpath("demo_film.json").read_text(encoding="utf-8")
    return ProjectIn.model_validate_json(text).to_domain()


async def order(records: Records, catalogue: Catalogue, new: NewProject) -> Ordered:
    """Go on with the film where an earlier run left it unfinished, or begin a new one.

    One order, as ``rushes generate`` makes it: every clip that is missing and the films that wait for them,
    or nothing. Without images, for each clip would wait for its own, which takes as long as a clip: the first
    one is to be seen soon. Through the services and not over HTTP: the API asks for a key as soon as there
    is one, and whoever works on this machine with this database needs none.

    Raises:
        InvalidRequestError: some shot cannot be made as it is; every problem is listed.
    """
    async with records.transaction() as tx:
        begun = await _unfinished(tx, catalogue, new.title)
        film = begun or await projects.create(tx, LOCAL, new)
        wanted = FilmOrder(project=str(film.project.id))
        try:
            await pipeline.generate(tx, LOCAL, catalogue.only(JobKind.VIDEO), wanted)
        except ConflictError as error:
            # What an earlier run stored or has on its way is not ordered again.
            if error.code != "nothing_to_render":
                raise
        jobs = {job.shot_id: job for job in await _videos(tx, film) if job.status is not JobStatus.CANCELLED}
        return Ordered(film, list(jobs.values()), begun is not None)


async def _unfinished(tx: Transaction, catalogue: Catalogue, title: str) -> Film | None:
    """Give the last film of this title if anything of it is missing that can be made here."""
    page = await tx.projects.page(within=None, after=None, limit=_MOST_FILMS)
    last = next((project for project in page.data if project.title == title), None)
    film = await tx.projects.film(last.id) if last else None
    if film is None:
        return None
    jobs = await _videos(tx, film)
    stored = {job.shot_id for job in jobs if job.status is JobStatus.COMPLETED}
    joined = (await films.look(tx, LOCAL, str(film.project.id))).stored is not None
    finished = joined and all(shot.id in stored for scene in film.scenes for shot in scene.shots)
    here = {None, *catalogue.makers(JobKind.VIDEO)}
    elsewhere = any(job.status in LIVE and job.provider not in here for job in jobs)
    return None if finished or elsewhere else film


async def _videos(tx: Transaction, film: Film) -> Sequence[Job]:
    """List the film's video jobs, the newest last."""
    which = JobFilter(project_id=film.project.id, kind=JobKind.VIDEO)
    return list(reversed((await tx.jobs.page(which, after=None, limit=_MOST_JOBS)).data))
