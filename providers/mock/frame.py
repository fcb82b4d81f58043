"""How large a picture is, by resolution and aspect ratio."""

from dataclasses import dataclass

SHORT_SIDES = {"480p": 480, "720p": 720, "1080p": 1080}
DEFAULT_RESOLUTION = "720p"
DEFAULT_ASPECT_RATIO = "16:9"


@dataclass(frozen=True, slots=True)
class FrameSize:
    """Pixels; both even, as 4:2:0 colour wants them."""

    width: int
    height: int

    @property
    def unit(self) -> int:
        """The short side: everything drawn is measured by it, so that portrait reads as well as landscape."""
        return min(self.width, self.height)


def frame_size(resolution: str | None, aspect_ratio: str | None) -> FrameSize:
    """Give the size whose short side the resolution names: 720p is 1280×720 in 16:9, 720×1280 in 9:16."""
    short = SHORT_SIDES[resolution or DEFAULT_RESOLUTION]
    across, down = (int(part) for part in (aspect_ratio or DEFAULT_ASPECT_RATIO).split(":"))
    if across >= down:
        return FrameSize(_even(short * across / down), short)
    return FrameSize(short, _even(short * down / across))


def _even(pixels: float) -> int:
    return round(pixels / 2) * 2
