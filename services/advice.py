"""What is worth knowing before an order is confirmed, and stands in nobody's way."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.planning import Planner
from services.scoping import Pick


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Something to consider."""

    code: str
    sentence: str
    shots: tuple[str, ...]
    """Labels of the shots that it is about."""


def advise(picks: Sequence[Pick], planner: Planner) -> Sequence[Recommendation]:
    """Tell what might be done before these shots are made."""
    found = []
    spoken = [pick for pick in picks if (pick.shot.narration or pick.scene.narration or "").strip()]
    if spoken:
        sentence = (
            "There is no narration audio: the clips have the sound that their model makes, and the length "
            "that their shots say. Read the narration aloud and compare the durations before you pay."
        )
        found.append(_about("no_narration_audio", sentence, spoken))
    bare = [pick for pick in picks if not (pick.shot.video_prompt or "").strip()]
    if bare:
        sentence = (
            "These shots have no video prompt. One is written for each, from its image and its narration."
        )
        found.append(_about("video_prompt_missing", sentence, bare))
    pictured = [pick for pick in picks if (pick.shot.image_prompt or "").strip()]
    if pictured and not planner.makers.uses_images:
        model = planner.makers.video.model
        sentence = f"{model} takes no start frame, so that no images are made for it."
        if planner.makers.image is None:
            sentence = "No provider is configured that makes images, so that clips start from none."
        found.append(_about("images_unused", sentence, pictured))
    return found


def _about(code: str, sentence: str, picks: Sequence[Pick]) -> Recommendation:
    return Recommendation(code, sentence, tuple(pick.shot.label for pick in picks))
