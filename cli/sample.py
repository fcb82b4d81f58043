"""The film that the demo renders."""

from collections.abc import Sequence
from importlib.resources import files

from api.schemas.projects import ProjectIn
from domain.access import LOCAL
from domain.films import Film, NewProject
from domain.job import Job
from domain.records import Records
from services import projects, rendering
from services.catalogue import Catalogue
from services.rendering import RenderOrder


def sample_film() -> NewProject:
    """Give the film: the JSON that POST /projects and ``rushes import`` take."""
    text = files("cli").joinpath("demo_film.json").read_text(encoding="utf-8")
    return ProjectIn.model_validate_json(text).to_domain()


async def order(records: Records, catalogue: Catalogue, new: NewProject) -> tuple[Film, Sequence[Job]]:
    """Create a film and queue all of its clips, in one transaction: everything or nothing.

    Through the services and not over HTTP: the API asks for a key as soon as there is one, and whoever
    works on this machine with this database needs none.

    Raises:
        InvalidRequestError: some shot cannot be made as it is; every problem is listed.
    """
    jobs: list[Job] = []
    async with records.transaction() as tx:
        film = await projects.create(tx, LOCAL, new)
        for scene in film.scenes:
            wanted = RenderOrder(
                project=str(film.project.id), scene=scene.id, shots=None, provider=None, model=None
            )
            admission = await rendering.admit(tx, LOCAL, catalogue, wanted)
            jobs.extend(admission.jobs)
    return film, jobs
