"""Set text: fonts that have the letters, wrapped lines, tracked capitals."""

from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

_ELSEWHERE = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "Arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
)
"""Looked up among the machine's fonts for what Pillow's own, a Latin subset, lacks."""
_NO_CHARACTER = "\uffff"
_LONGEST_LINE = 250
"""Characters; the narrowest letters of the smallest font fill the widest line with 150."""


@lru_cache(maxsize=32)
def _fonts(size: int) -> tuple[FreeTypeFont, ...]:
    own = ImageFont.load_default(size)
    found = [own] if isinstance(own, FreeTypeFont) else []
    for name in _ELSEWHERE:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:
            continue
    return tuple(found)


@lru_cache(maxsize=8192)
def _has(font: FreeTypeFont, character: str) -> bool:
    return bytes(font.getmask(character)) != bytes(font.getmask(_NO_CHARACTER))


def font_for(text: str, size: int) -> FreeTypeFont:
    """Give the first font that has every character of ``text``, or the one that has most of them."""
    wanted = {character for character in text if not character.isspace()}
    return max(_fonts(size), key=lambda font: sum(_has(font, character) for character in wanted))


def wrap(text: str, font: FreeTypeFont, width: float, most: int) -> list[str]:
    """Break ``text`` into at most ``most`` lines; what is left out shows as an ellipsis."""
    lines = [""]
    # Longer than any line can be: a prompt of thousands of letters without a space is not measured whole.
    for word in text[: most * _LONGEST_LINE].split():
        if font.getlength(f"{lines[-1]} {word}".strip()) <= width:
            lines[-1] = f"{lines[-1]} {word}".strip()
            continue
        pieces = _pieces(word, font, width)
        lines.extend(pieces if lines[-1] else [])
        if not lines[-1]:
            lines[-1:] = pieces
        if len(lines) > most:
            break
    if len(lines) > most:
        lines = lines[:most]
        lines[-1] = _shortened(lines[-1], font, width)
    return lines


def _pieces(word: str, font: FreeTypeFont, width: float) -> list[str]:
    """Cut a word that is wider than the line, as text without spaces is."""
    pieces = [""]
    for character in word:
        if pieces[-1] and font.getlength(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _shortened(line: str, font: FreeTypeFont, width: float) -> str:
    while line and font.getlength(f"{line}…") > width:
        line = line.rpartition(" ")[0] or line[:-1]
    return f"{line.rstrip(' .,;:')}…"


@dataclass(frozen=True, slots=True)
class Tracked:
    """A style for lines with extra space between the letters, as small capitals want it."""

    font: FreeTypeFont
    fill: str
    tracking: float
    """Extra pixels after each letter."""

    def draw(self, draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str) -> None:
        """Draw one line, its baseline beginning at ``at``."""
        x, y = at
        for character in text:
            draw.text((x, y), character, font=self.font, fill=self.fill, anchor="ls")
            x += self.font.getlength(character) + self.tracking
