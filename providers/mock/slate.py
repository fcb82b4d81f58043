"""Lay out what a mock clip or image shows: a landscape, the titles, the shot and its prompt."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.mock.backdrop import Palette, paint
from providers.mock.dissolve import opened
from providers.mock.frame import FrameSize
from providers.mock.typography import Tracked, font_for, wrap

INK = "#ffffff"
SOFT_INK = "#d9dbe2"
BAR = (16, 17, 21)
"""Colour of the bar at the foot; near neutral, so that digits change its brightness only."""


@dataclass(frozen=True, slots=True)
class Slate:
    """The still part of a picture."""

    image: Image.Image
    palette: Palette
    size: FrameSize

    @property
    def margin(self) -> int:
        """Free space at the edges, in pixels."""
        return self.size.unit * 6 // 100

    @property
    def bar_top(self) -> int:
        """First row of the bar, even so that the colour planes have it too."""
        return (self.size.height - self.size.unit * 9 // 100) // 2 * 2


def draw_slate(request: GenerationRequest, prompt: str, size: FrameSize) -> Slate:
    """Draw everything that does not move. A shot's start frame and its takes share the landscape.

    A clip that starts from a frame is set in it, out of focus, so that what is written on it stays readable.
    """
    look = request.shot_id or request.job_id
    image, palette = paint(size, look.int, request.job_id.int)
    if request.start_frame is not None and request.start_frame.content:
        image = opened(request.start_frame.content, size).filter(ImageFilter.GaussianBlur(size.unit / 24))
    slate = Slate(image, palette, size)
    _shade_foot(slate)
    draw = ImageDraw.Draw(image)
    _titles(draw, slate, request)
    _shot(draw, slate, request, prompt)
    draw.rectangle((0, slate.bar_top, size.width, size.height), fill=BAR)
    return slate


def _shade_foot(slate: Slate) -> None:
    """Darken towards the foot, where white text stands, whatever is behind it."""
    width, height = slate.size.width, slate.size.height
    share = np.clip((np.linspace(0, 1, height) - 0.48) / 0.46, 0, 1) ** 1.2 * 200
    mask = Image.fromarray(share.astype(np.uint8)[:, None], "L").resize((width, height))
    slate.image.paste(Image.new("RGB", (width, height), (8, 9, 14)), mask=mask)


def _titles(draw: ImageDraw.ImageDraw, slate: Slate, request: GenerationRequest) -> None:
    unit, left = slate.size.unit, slate.margin
    film = request.project_title.upper()
    small = font_for(film, unit * 28 // 1000)
    room = slate.size.width - 2 * left - unit * 22 // 100
    baseline = left + unit * 28 / 1000
    tracking = unit * 5 / 1000
    # Tracking widens a line by a share that depends on the font; a third covers all of them.
    for line in wrap(film, small, room * 0.75, 1):
        Tracked(small, SOFT_INK, tracking).draw(draw, (left, baseline), line)
    large = font_for(request.scene_title, unit * 58 // 1000)
    y = baseline + unit * 80 / 1000
    for line in wrap(request.scene_title, large, room, 2):
        draw.text((left, y), line, font=large, fill=INK, anchor="ls")
        y += unit * 70 / 1000


def _shot(draw: ImageDraw.ImageDraw, slate: Slate, request: GenerationRequest, prompt: str) -> None:
    unit, left = slate.size.unit, slate.margin
    text = font_for(prompt, unit * 36 // 1000)
    wide = slate.size.width > slate.size.height
    lines = wrap(prompt, text, min(slate.size.width - 2 * left, unit * 1.32), 3 if wide else 5)
    leading = unit * 50 / 1000
    y = slate.bar_top - unit * 50 / 1000 - leading * (len(lines) - 1)
    top = y - unit * 66 / 1000
    for line in lines:
        draw.text((left, y), line, font=text, fill=INK, anchor="ls")
        y += leading
    label = request.shot_label or "–"
    big = font_for(label, unit * 120 // 1000)
    # The pen's weight stands in for a bold face, which the bundled font lacks.
    draw.text((left, top), label, font=big, fill=INK, anchor="ls", stroke_width=max(1, unit // 360))
    what = "START FRAME" if request.kind is JobKind.IMAGE else _how(request)
    small = font_for(what, unit * 24 // 1000)
    beside = left + big.getlength(label) + unit * 36 / 1000
    Tracked(small, SOFT_INK, unit * 4 / 1000).draw(draw, (beside, top), what)
    accent = slate.palette.sun
    rule = (beside, top - unit * 44 / 1000, beside + unit * 80 / 1000, top - unit * 40 / 1000)
    draw.rectangle(rule, fill=accent)


def _how(request: GenerationRequest) -> str:
    parts = [f"{request.duration_seconds:g} S", *filter(None, (request.resolution, request.aspect_ratio))]
    if "start_frame_url" in request.frames:
        parts.append("FROM A START FRAME")
    if "end_frame_url" in request.frames:
        parts.append("TO AN END FRAME")
    return "  ·  ".join(parts).upper()
