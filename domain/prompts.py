"""What a shot's clip is asked for with."""

from domain.films import NewShot, Shot


def video_prompt(shot: Shot | NewShot) -> str:
    """Give the prompt of a shot's video job; empty where the shot says nothing at all.

    The shot's own video prompt stands alone. Without one it is composed from what the picture shows and
    what is spoken over it: ``{image_prompt}`` and ``Narration: {narration}``, a line each.
    """
    if own := (shot.video_prompt or "").strip():
        return own
    picture = (shot.image_prompt or "").strip()
    spoken = (shot.narration or "").strip()
    return "\n".join(line for line in (picture, f"Narration: {spoken}" if spoken else "") if line)
