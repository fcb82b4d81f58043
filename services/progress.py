"""How far a film has come, and how long it may take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.access import Caller
from domain.errors import NotFoundError
from domain.films import SceneTally, Standing
from domain.operations import Pace, Remaining
from domain.ports import Lane
from domain.records import Transaction
from domain.statuses import JobKind, Step
from services import projects
from services.lanes import lane_for, living_lanes


@dataclass(frozen=True, slots=True)
class SceneProgress:
    """How far a scene has come."""

    tally: SceneTally
    eta_seconds: float | None
    """``None`` when nothing remains or too little is known."""

    @property
    def review_ready(self) -> bool:
        """Whether every shot has its clip and a person is to look at it now."""
        return self.tally.review_ready


@dataclass(frozen=True, slots=True)
class FilmProgress:
    """How far a project has come."""

    project_id: UUID
    step: Step
    label: str
    scenes: Sequence[SceneProgress]


async def film_progress(tx: Transaction, caller: Caller, project: str) -> FilmProgress:
    """Tell how far a project is, from its jobs as they are now."""
    found = await projects.find(tx, caller, project)
    scenes = await _scenes(tx, found.id)
    standing = await tx.projects.standing(found.id)
    label = _label(standing, [scene.tally for scene in scenes])
    return FilmProgress(found.id, standing.step, label, scenes)


async def scene_progress(tx: Transaction, caller: Caller, project: str, scene: UUID) -> SceneProgress:
    """Tell how far one scene is."""
    found = await projects.find(tx, caller, project)
    scenes = await _scenes(tx, found.id, scene)
    if not scenes:
        raise NotFoundError("there is no such scene in this project")
    return scenes[0]


async def _scenes(tx: Transaction, project: UUID, scene: UUID | None = None) -> list[SceneProgress]:
    tallies = await tx.projects.tallies(project, scene)
    if not any(tally.live for tally in tallies):
        return [SceneProgress(tally, None) for tally in tallies]
    remaining: dict[UUID, list[Remaining]] = {}
    for part in await tx.jobs.remaining(project, scene):
        remaining.setdefault(part.scene_id, []).append(part)
    lanes = living_lanes(await tx.operations.executors(), JobKind.VIDEO)
    paces = by_sort(await tx.operations.paces(JobKind.VIDEO))
    return [SceneProgress(tally, _eta(remaining.get(tally.scene_id, ()), lanes, paces)) for tally in tallies]


def by_sort(paces: Iterable[Pace]) -> Mapping[tuple[str, str, float | None], float]:
    """Give the median seconds by provider, model and duration."""
    return {(pace.provider, pace.model, pace.duration_seconds): pace.seconds for pace in paces}


def _eta(
    remaining: Sequence[Remaining],
    lanes: Sequence[Lane],
    paces: Mapping[tuple[str, str, float | None], float],
) -> float | None:
    """Estimate the seconds until all of these are done, as if their provider worked for nobody else.

    Median × jobs ÷ concurrency, and no less than the slowest of them takes alone.
    """
    total, slowest = 0.0, 0.0
    for part in remaining:
        lane = lane_for(lanes, part.provider)
        if lane is None or lane.limit < 1:
            return None
        pace = paces.get((lane.provider, part.model or lane.model, part.duration_seconds))
        if pace is None:
            return None
        total += pace * part.jobs / lane.limit
        slowest = max(slowest, pace)
    return round(max(total, slowest), 1) if remaining else None


def _label(standing: Standing, tallies: Sequence[SceneTally]) -> str:
    clips = sum(tally.total + tally.missing for tally in tallies)
    decided = sum(tally.total for tally in tallies)
    completed = sum(tally.completed for tally in tallies)
    complete = f"{completed} of {clips} videos complete"
    return {
        Step.SCRIPT: f"script, {complete}" if completed else "script",
        Step.IMAGES: f"generating images {standing.images_completed}/{standing.images}",
        Step.VIDEOS: f"generating videos {completed}/{decided}",
        Step.STITCHING: "stitching",
        Step.COMPLETE: f"all videos complete {completed}/{clips}",
        Step.FAILED: _failures(standing, decided),
        Step.CANCELLED: f"cancelled, {complete}",
    }[standing.step]


def _failures(standing: Standing, videos: int) -> str:
    said = []
    if failed := standing.failures.get(JobKind.IMAGE):
        said.append(f"{failed} of {standing.images} images failed")
    if failed := standing.failures.get(JobKind.VIDEO):
        said.append(f"{failed} of {videos} videos failed")
    if failed := standing.failures.get(JobKind.FILM):
        said.append("the film failed" if failed == 1 else f"{failed} films failed")
    return ", ".join(said) or "waiting for what was never made"
