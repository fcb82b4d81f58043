"""A project as it is read: the script, and for each shot what there is of it. Everybody reads this one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.access import Caller
from domain.films import Film, Scene, Shot
from domain.records import Transaction
from domain.statuses import JobKind, JobStatus
from domain.takes import Take
from services import films, progress, projects
from services.films import FilmState
from services.progress import FilmProgress


@dataclass(frozen=True, slots=True)
class ShotView:
    """A shot, and its takes."""

    number: int
    """1 for the first shot of the film, then 2, 3, …"""
    scene: Scene
    shot: Shot
    takes: Sequence[Take]
    """Images and clips, each kind from the first one on."""

    @property
    def clip(self) -> Take | None:
        """The clip that stands for the shot."""
        return next((t for t in self.takes if t.kind is JobKind.VIDEO and t.chosen), None)

    @property
    def image(self) -> Take | None:
        """The image that stands for the shot."""
        return next((t for t in self.takes if t.kind is JobKind.IMAGE and t.chosen), None)

    @property
    def status(self) -> JobStatus | None:
        """Where the newest clip that is not cancelled stands; ``None`` without one."""
        return self._newest(JobKind.VIDEO)

    @property
    def image_status(self) -> JobStatus | None:
        """Where the newest image that is not cancelled stands; ``None`` without one."""
        return self._newest(JobKind.IMAGE)

    @property
    def stale(self) -> bool:
        """Whether the clip that stands for the shot, or else its image, is of another script than this."""
        shown = self.clip or self.image
        return shown is not None and shown.stale

    def _newest(self, kind: JobKind) -> JobStatus | None:
        own = [t for t in self.takes if t.kind is kind and t.status is not JobStatus.CANCELLED]
        return own[-1].status if own else None


@dataclass(frozen=True, slots=True)
class Document:
    """A film with everything in it."""

    film: Film
    shots: Mapping[UUID, ShotView]
    """By the id of the shot, in film order."""


async def read(tx: Transaction, caller: Caller, project: str) -> Document:
    """Give a project with all that there is of each shot."""
    return await of_film(tx, await projects.find_film(tx, caller, project))


async def of_film(tx: Transaction, film: Film) -> Document:
    """Give what there is of each shot of a film that was read already."""
    takes = await tx.takes.of_project(film.project.id)
    return Document(film, {view.shot.id: view for view in _views(film, takes)})


async def of_shot(tx: Transaction, shot: Shot) -> ShotView:
    """Give what there is of one shot."""
    film = await tx.projects.film(shot.project_id)
    assert film is not None, "its shot was read in this transaction"
    return (await of_film(tx, film)).shots[shot.id]


def _views(film: Film, takes: Mapping[UUID, Sequence[Take]]) -> Iterator[ShotView]:
    every = ((scene, shot) for scene in film.scenes for shot in scene.shots)
    for number, (scene, shot) in enumerate(every, 1):
        yield ShotView(number, scene, shot, takes.get(shot.id, ()))


@dataclass(frozen=True, slots=True)
class Whole:
    """A project as one document: how far it is, its shots, and its film."""

    document: Document
    progress: FilmProgress
    film: FilmState


async def whole(tx: Transaction, caller: Caller, project: str) -> Whole:
    """Give a project as one document."""
    document = await read(tx, caller, project)
    found = str(document.film.project.id)
    return Whole(
        document, await progress.film_progress(tx, caller, found), await films.look(tx, caller, found)
    )
