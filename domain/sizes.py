"""How large a clip is in pixels, as callers say it who know nothing of resolutions and aspect ratios."""

import re
from collections.abc import Mapping

from domain.capabilities import Capability

_LINES = re.compile(r"(\d{2,5})p")
_NAMED = {"2k": 1_440, "4k": 2_160}


def size_of(aspect_ratio: str, resolution: str) -> str | None:
    """Give ``1280x720`` for 16:9 in 720p: the resolution names the short side, and both are even.

    ``None`` for a resolution that names no number of pixels.
    """
    found = _LINES.fullmatch(resolution)
    short = int(found[1]) if found else _NAMED.get(resolution.lower())
    if short is None:
        return None
    across, down = (int(part) for part in aspect_ratio.split(":"))
    long = round(short * max(across, down) / min(across, down) / 2) * 2
    return f"{long}x{short}" if across >= down else f"{short}x{long}"


def sizes_of(able: Capability) -> Mapping[str, tuple[str, str]]:
    """Give every size that a model makes, each with its aspect ratio and resolution; the default first."""
    return {
        size: (ratio, resolution)
        for resolution in able.resolutions
        for ratio in able.aspect_ratios
        if (size := size_of(ratio, resolution)) is not None
    }
