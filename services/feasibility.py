"""What a script asks for, and whether anybody could make it, before anything of it is written."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from domain.capabilities import Seconds
from domain.errors import Problem
from domain.films import NewProject, NewShot
from domain.prompts import video_prompt
from domain.requests import GenerationRequest
from domain.statuses import JobKind

_NOBODY = UUID(int=0)


def imagined(new: NewProject, model: str) -> Iterator[GenerationRequest]:
    """Give what each shot of a script would be asked for with, to check and to price it."""
    for scene in new.scenes:
        for shot in scene.shots:
            yield _request(shot, model)


def _request(shot: NewShot, model: str) -> GenerationRequest:
    return GenerationRequest(
        job_id=_NOBODY,
        project_id=_NOBODY,
        scene_id=None,
        shot_id=None,
        kind=JobKind.VIDEO,
        model=model,
        prompt=video_prompt(shot),
        duration_seconds=shot.duration_seconds,
        start_frame_url=shot.start_frame_url,
        end_frame_url=shot.end_frame_url,
        shot_label=shot.label,
    )


def length_problem(field: str, seconds: float, shot: str, lengths: Mapping[str, Seconds]) -> Problem | None:
    """Say what is wrong with a duration that none of these models makes; ``None`` where one does."""
    if any(durations.allows(seconds) for durations in lengths.values()):
        return None
    made = ", ".join(f"{model} {durations}" for model, durations in lengths.items())
    nearest = min(
        (durations.nearest(seconds) for durations in lengths.values()), key=lambda n: abs(n - seconds)
    )
    return Problem(field, seconds, f"allowed: {made}; the nearest is {nearest:g} s", shot)
