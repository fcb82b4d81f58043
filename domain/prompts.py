"""What a shot's clip is asked for with."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from domain.films import NewShot, Shot

LONGEST_WRITTEN = 1_500
"""Characters of a prompt that somebody else wrote, its narration included, unless the model takes less."""
_CALLED = re.compile(r"^\W*(?:video )?prompt\W*:[\s*]*", re.IGNORECASE)
_QUOTES = frozenset("\"'`“”‘’«»*")
_SENTENCE_END = re.compile(r"[.!?…。！？](?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotBrief:
    """What a writer is told about a shot without a video prompt; what is not there is empty."""

    film: str
    scene: str
    label: str
    picture: str
    """What the shot's image shows; the clip begins with it."""
    spoken: str
    """What is spoken over it. It is added to the prompt as it stands, and is not the writer's to change."""
    before: str
    """What the shot before it shows."""
    seconds: float | None
    longest: int
    """Characters that the writer may use."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer answered."""

    text: str
    """The prompt, as one paragraph; empty where it had nothing to say."""
    cost: Decimal | None
    """USD, as the provider reported it, or for its tokens by the list; ``None`` where nobody knows."""
    why: str = ""
    """Why it had nothing to say, if it told."""


class PromptWriter(Protocol):
    """Writes video prompts. It costs money, and may fail or be slow: nobody relies on it."""

    name: str
    model: str

    async def write(self, brief: ShotBrief) -> Written:
        """Write one prompt.

        Raises:
            ProviderError: there is none; the message says why.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


def video_prompt(shot: Shot | NewShot) -> str:
    """Give the prompt of a shot's video job; empty where the shot says nothing at all.

    The shot's own video prompt stands alone. Without one it is composed from what the picture shows and
    what is spoken over it: ``{image_prompt}`` and ``Narration: {narration}``, a line each.
    """
    if own := (shot.video_prompt or "").strip():
        return own
    return _lines((shot.image_prompt or "").strip(), narration_line(shot))


def narration_line(shot: Shot | NewShot) -> str:
    """Give the line that tells a model what is spoken; empty where nothing is."""
    spoken = (shot.narration or "").strip()
    return f"Narration: {spoken}" if spoken else ""


def with_narration(written: str, shot: Shot, longest: int) -> str:
    """Make a writer's words fit for a model: one paragraph, no longer than ``longest`` with the narration.

    Empty where nothing is left of them.
    """
    line = narration_line(shot)
    room = longest - (len(line) + 1 if line else 0)
    text = shortened(cleaned(written), room) if room > 0 else ""
    return _lines(text, line) if text else ""


def cleaned(written: str) -> str:
    """Take out what writers put around a prompt: a heading, quotes, line breaks, what cannot be printed."""
    printable = "".join(one if one.isprintable() else " " for one in written)
    text = _CALLED.sub("", " ".join(printable.split()))
    while text and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    return text


def shortened(text: str, most: int) -> str:
    """Cut a text that is too long, after a sentence if that leaves half of it, or else after a word."""
    if len(text) <= most:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text) if found.end() <= most]
    if ends and ends[-1] >= most // 2:
        return text[: ends[-1]]
    words = text[: most + 1].rpartition(" ")[0] or text[:most]
    return words.rstrip(" ,;:-")


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
