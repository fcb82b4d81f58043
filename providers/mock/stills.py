"""Draw a mock image."""

from pathlib import Path

from PIL import ImageDraw

from domain.requests import GenerationRequest
from providers.mock.frame import frame_size
from providers.mock.slate import SOFT_INK, draw_slate
from providers.mock.typography import font_for


def write_still(request: GenerationRequest, prompt: str, path: Path) -> None:
    """Write a PNG of the size asked for, with ``prompt`` on it."""
    size = frame_size(request.resolution, request.aspect_ratio)
    slate = draw_slate(request, prompt, size)
    pixels = f"{size.width} x {size.height}"
    at = (slate.margin, (slate.bar_top + size.height) / 2)
    font = font_for(pixels, size.unit * 30 // 1000)
    ImageDraw.Draw(slate.image).text(at, pixels, font=font, fill=SOFT_INK, anchor="lm")
    # Level 3 takes a third of the default's time for a tenth more bytes.
    slate.image.save(path, format="PNG", compress_level=3)
