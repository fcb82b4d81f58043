"""Draw what moves in a mock clip, straight into the planes of a YUV 4:2:0 picture.

Only a few thousand pixels change from frame to frame: a timecode, a frame counter, a progress line and a
sweeping dial as on a film leader. Converting whole pictures instead would cost more than encoding them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from providers.mock.slate import BAR, Slate
from providers.mock.typography import font_for

Plane = NDArray[np.uint8]
_GLYPHS = "0123456789:/"


def to_video(red: int, green: int, blue: int) -> tuple[int, int, int]:
    """Give a colour as limited-range BT.709 luma and chroma."""
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (
        round(16 + luma * 219 / 255),
        round(128 + (blue - luma) / 1.8556 * 224 / 255),
        round(128 + (red - luma) / 1.5748 * 224 / 255),
    )


@dataclass(frozen=True, slots=True)
class Planes:
    """Views of one contiguous YUV 4:2:0 picture; writing to them changes it."""

    luma: Plane
    blue: Plane
    red: Plane

    @classmethod
    def of(cls, picture: Plane, width: int, height: int) -> "Planes":
        """Split the array that PyAV gives for ``yuv420p``: luma rows, then both half-size chroma planes."""
        half = (height // 2, width // 2)
        quarter = width * height // 4
        flat = picture.reshape(-1)
        return cls(
            picture[:height],
            flat[width * height :][:quarter].reshape(half),
            flat[width * height + quarter :].reshape(half),
        )


class Ticker:
    """Digits of one size in fixed cells, drawn once and copied from then on."""

    def __init__(self, height: int) -> None:
        font = font_for(_GLYPHS, height)
        self.advance = int(max(font.getlength(glyph) for glyph in "0123456789")) + 1
        self.rows = height * 5 // 4
        self._cells: dict[str, Plane] = {}
        dark, bright = to_video(*BAR)[0], to_video(236, 238, 242)[0]
        for glyph in _GLYPHS:
            cell = Image.new("L", (self.advance, self.rows), dark)
            middle = (self.advance / 2, self.rows / 2 + height * 0.36)
            ImageDraw.Draw(cell).text(middle, glyph, font=font, fill=bright, anchor="ms")
            self._cells[glyph] = np.asarray(cell)

    def width(self, text: str) -> int:
        """Give how many pixels ``text`` takes."""
        return len(text) * self.advance

    def write(self, luma: Plane, left: int, top: int, text: str) -> None:
        """Copy the cells of ``text`` into the picture."""
        strip = np.concatenate([self._cells[glyph] for glyph in text], axis=1)
        luma[top : top + self.rows, left : left + strip.shape[1]] = strip


class Dial:
    """A ring that a hand sweeps once a second around the number of seconds gone by."""

    def __init__(self, luma: Plane, slate: Slate) -> None:
        unit = slate.size.unit
        side = unit * 16 // 100 // 2 * 2
        self._top, self._left = slate.margin, slate.size.width - slate.margin - side
        self._luma = luma[self._top : self._top + side, self._left : self._left + side]
        self._font = font_for("0123456789", side * 42 // 100)
        axis = np.arange(side, dtype=np.float32) - (side - 1) / 2
        distance = np.hypot(axis[None, :], axis[:, None]) / (side / 2)
        self._turn = (np.arctan2(axis[None, :], -axis[:, None]) / (2 * np.pi)) % 1.0
        softness = side / 2
        inside = np.clip((0.98 - distance) * softness, 0, 1)
        ring = inside * np.clip((distance - 0.93) * softness, 0, 1)
        bare = self._luma.astype(np.float32)
        self._dim = _lighter(_lighter(bare, inside * 0.10), ring * 0.75)
        self._lit = _lighter(_lighter(bare, inside * 0.34), ring * 0.75)
        self._second = -1

    def draw(self, frame: int, rate: int) -> None:
        """Show the hand where it stands at ``frame``."""
        second, within = divmod(frame, rate)
        if second != self._second:
            self._second = second
            self._dim_now, self._lit_now = (self._numbered(p, second) for p in (self._dim, self._lit))
        np.copyto(self._luma, np.where(self._turn < (within + 1) / rate, self._lit_now, self._dim_now))

    def _numbered(self, plane: NDArray[np.float32], second: int) -> Plane:
        image = Image.fromarray(plane.astype(np.uint8), "L")
        middle = (image.width / 2, image.height / 2 + self._font.size * 0.36)
        ImageDraw.Draw(image).text(middle, str(second), font=self._font, fill=235, anchor="ms")
        return np.asarray(image)


def _lighter(plane: NDArray[np.float32], share: NDArray[np.float32]) -> NDArray[np.float32]:
    return plane + (235 - plane) * share


class Motion:
    """Everything that moves in one clip."""

    def __init__(self, picture: Plane, slate: Slate, frames: int, rate: int) -> None:
        self._planes = Planes.of(picture, slate.size.width, slate.size.height)
        self._slate, self._frames, self._rate = slate, frames, rate
        self._ticker = Ticker(slate.size.unit * 38 // 1000)
        self._dial = Dial(self._planes.luma, slate)
        self._accent = to_video(*slate.palette.sun)
        self._line = max(2, slate.size.unit // 160 // 2 * 2)

    def draw(self, frame: int) -> None:
        """Bring the picture to ``frame``, counted from 0."""
        slate, luma = self._slate, self._planes.luma
        seconds, part = divmod(frame, self._rate)
        timecode = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{part:02}"
        digits = len(str(self._frames))
        counter = f"{frame + 1:0{digits}}/{self._frames}"
        top = slate.bar_top + (slate.size.height - slate.bar_top + self._line - self._ticker.rows) // 2
        self._ticker.write(luma, slate.margin, top, timecode)
        right = slate.size.width - slate.margin
        self._ticker.write(luma, right - self._ticker.width(counter), top, counter)
        self._dial.draw(frame, self._rate)
        self._progress((frame + 1) / self._frames)

    def _progress(self, share: float) -> None:
        top, end = self._slate.bar_top, round(self._slate.size.width * share / 2) * 2
        self._planes.luma[top : top + self._line, :end] = self._accent[0]
        rows = slice(top // 2, (top + self._line) // 2)
        self._planes.blue[rows, : end // 2] = self._accent[1]
        self._planes.red[rows, : end // 2] = self._accent[2]
