"""What an issue opens again, and whether it is about its scene at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.errors import InvalidRequestError, Problem
from domain.films import Film, Scene, Shot
from domain.records import Transaction
from domain.review import FEEDS, LONGEST_DESCRIPTION, NewIssue, Stage
from domain.statuses import JobKind
from services import pipeline
from services.catalogue import Catalogue
from services.pipeline import FilmEstimate

_ECHOED = 60
"""Characters of a description that a refusal repeats."""


@dataclass(frozen=True, slots=True)
class Reopening:
    """What an issue opens again: from this stage on, these results of these shots."""

    stage: Stage
    kinds: Sequence[JobKind]
    shots: Sequence[Shot]
    estimate: FilmEstimate
    """What it would come to to make all of it anew, at today's prices."""


async def look(tx: Transaction, catalogue: Catalogue, film: Film, scene: Scene, new: NewIssue) -> Reopening:
    """Tell what an issue opens again."""
    stage = new.type.stage
    shots = [shot for shot in scene.shots if new.shot_id in {None, shot.id}]
    kinds = [kind for kind in JobKind if kind in FEEDS[stage]]
    ids = {shot.id for shot in shots}
    estimate = await pipeline.estimate_anew(tx, film, catalogue, ids, images=JobKind.IMAGE in kinds)
    return Reopening(stage, kinds, shots, estimate)


async def check(tx: Transaction, scene: Scene, new: NewIssue) -> None:
    """Raise ``InvalidRequestError`` unless an issue says something, of a shot and a moment in its scene."""
    problems = []
    said = new.description.strip()
    if not 0 < len(said) <= LONGEST_DESCRIPTION:
        problems.append(Problem("description", said[:_ECHOED], f"1 to {LONGEST_DESCRIPTION} characters"))
    if new.shot_id is not None and all(shot.id != new.shot_id for shot in scene.shots):
        names = ", ".join(f"{shot.label} {shot.id}" for shot in scene.shots) or "it has none"
        allowed = f"the id of a shot of this scene: {names}"
        problems.append(Problem("shot_id", str(new.shot_id), allowed))
    if new.at_seconds is not None:
        length = await _length(tx, scene)
        if length is not None and new.at_seconds > length:
            allowed = f"0 to {length:g}, the length of the scene in seconds"
            problems.append(Problem("at_seconds", new.at_seconds, allowed))
    if problems:
        raise InvalidRequestError(problems)


async def _length(tx: Transaction, scene: Scene) -> float | None:
    """Give the seconds that a scene plays, as far as its shots are made or say how long they are to be."""
    cut = await tx.projects.cut(scene.project_id, scene.id)
    clips = await tx.jobs.named([part.job_id for part in cut.parts if part.job_id is not None])
    seconds: dict[UUID | None, float | None] = {shot.id: shot.duration_seconds for shot in scene.shots}
    seconds |= {clip.id: clip.actual_duration_seconds or clip.duration_seconds for clip in clips}
    parts = [seconds.get(part.job_id or part.shot_id) for part in cut.parts]
    return None if None in parts else sum(part for part in parts if part is not None)
