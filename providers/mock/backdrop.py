"""Paint a landscape for a shot: a sky, a sun and ridges, the same every time for the same seeds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from providers.mock.frame import FrameSize

_Picture = NDArray[np.float32]
_RIDGES = 4


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one time of day, as RGB."""

    zenith: tuple[int, int, int]
    horizon: tuple[int, int, int]
    sun: tuple[int, int, int]
    far: tuple[int, int, int]
    near: tuple[int, int, int]


PALETTES = (
    Palette((34, 40, 84), (244, 140, 108), (255, 224, 168), (150, 84, 112), (30, 22, 48)),
    Palette((16, 62, 92), (122, 196, 190), (250, 246, 214), (58, 128, 138), (8, 34, 48)),
    Palette((62, 28, 88), (232, 112, 150), (255, 214, 190), (134, 58, 118), (34, 12, 46)),
    Palette((20, 46, 112), (146, 178, 238), (255, 250, 232), (82, 112, 182), (14, 22, 58)),
    Palette((92, 40, 30), (248, 186, 96), (255, 242, 190), (176, 92, 52), (44, 18, 16)),
    Palette((14, 58, 56), (170, 208, 132), (252, 248, 190), (64, 124, 88), (8, 34, 32)),
    Palette((28, 26, 58), (112, 96, 190), (226, 216, 255), (70, 60, 134), (14, 12, 34)),
    Palette((44, 60, 76), (232, 196, 168), (255, 246, 226), (126, 128, 134), (22, 28, 38)),
)


def paint(size: FrameSize, look: int, light: int) -> tuple[Image.Image, Palette]:
    """Give a picture; ``look`` chooses colours and ridges, ``light`` where the sun stands.

    Painted at half size: a quarter of the work, and nothing in it is finer than two pixels.
    """
    rng = np.random.default_rng(look)
    palette = _mixed(rng)
    width, height = size.width // 2, size.height // 2
    horizon = height * 0.62
    picture = _sky(width, height, horizon, palette)
    _add_sun(picture, horizon, palette, np.random.default_rng(light))
    for depth in range(_RIDGES):
        _add_ridge(picture, horizon, depth / (_RIDGES - 1), palette, rng)
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8), "RGB")
    return image.resize((size.width, size.height), Image.Resampling.BICUBIC), palette


def _mixed(rng: np.random.Generator) -> Palette:
    """Give one palette with a little of another in it, so that shots of one film rarely look alike."""
    main, other = (PALETTES[int(index)] for index in rng.choice(len(PALETTES), 2, replace=False))
    share = rng.uniform(0, 0.35)

    def mix(name: str) -> tuple[int, int, int]:
        pairs = zip(getattr(main, name), getattr(other, name), strict=True)
        red, green, blue = (round(a + (b - a) * share) for a, b in pairs)
        return red, green, blue

    return Palette(*(mix(name) for name in ("zenith", "horizon", "sun", "far", "near")))


def _colour(value: tuple[int, int, int]) -> NDArray[np.float32]:
    return np.array(value, dtype=np.float32)


def _sky(width: int, height: int, horizon: float, palette: Palette) -> _Picture:
    share = np.clip(np.arange(height, dtype=np.float32) / horizon, 0, 1)[:, None, None] ** 1.4
    column = _colour(palette.zenith) * (1 - share) + _colour(palette.horizon) * share
    return np.repeat(column, width, axis=1)


def _add_sun(picture: _Picture, horizon: float, palette: Palette, rng: np.random.Generator) -> None:
    height, width, _ = picture.shape
    centre = (width * rng.uniform(0.52, 0.8), horizon * rng.uniform(0.62, 0.9))
    across = np.arange(width, dtype=np.float32)[None, :] - np.float32(centre[0])
    down = np.arange(height, dtype=np.float32)[:, None] - np.float32(centre[1])
    distance = np.sqrt(across**2 + down**2) / min(width, height)
    disc = np.clip((0.085 - distance) * min(width, height) / 1.5, 0, 1)
    glow = 0.55 * np.exp(-distance / 0.22)
    share = np.maximum(disc, glow)[:, :, None].astype(np.float32)
    picture += (_colour(palette.sun) - picture) * share


def _add_ridge(
    picture: _Picture, horizon: float, depth: float, palette: Palette, rng: np.random.Generator
) -> None:
    height, width, _ = picture.shape
    across = np.linspace(0, width / height, width, dtype=np.float32)
    line: Any = np.zeros(width, dtype=np.float32)
    for octave in range(5):
        rate = (1.3 + depth) * 2.1**octave
        line += np.sin(across * rate * np.pi + rng.uniform(0, 2 * np.pi)) * 0.5**octave
    top = horizon + height * (0.20 * depth - 0.03) - line * height * 0.045
    colour = _colour(palette.far) * (1 - depth) + _colour(palette.near) * depth
    rows = np.arange(height, dtype=np.float32)[:, None]
    # A little of the sky's colour lies in the valleys, as mist does.
    mist = np.clip((rows - top[None, :]) / (height * 0.3), 0, 1) * (1 - depth) * 0.35
    inside = np.clip(rows - top[None, :] + 0.5, 0, 1)[:, :, None]
    shade = colour + (_colour(palette.horizon) - colour) * mist[:, :, None]
    picture += (shade - picture) * inside
