"""Real clips for simulated generations: H.264 and AAC at 24 frames a second, as Veo's are."""

import threading
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from domain.frames import Frame
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.mock.render import render

_DRAWN = {"4k": "1080p"}
"""The renderer stops at 1080p; nothing that reads the clip goes by its size."""


@lru_cache(maxsize=8)
def clip(
    prompt: str,
    seconds: int,
    aspect_ratio: str,
    resolution: str,
    *,
    audio: bool,
    start: bytes | None = None,
    end: bytes | None = None,
) -> bytes:
    """Render a clip; takes about a tenth of its length, and nothing where it is asked for again."""
    request = GenerationRequest(
        **_identity(prompt),
        kind=JobKind.VIDEO,
        model="simulated",
        prompt=prompt or "no prompt",
        duration_seconds=float(seconds),
        aspect_ratio=aspect_ratio,
        resolution=_DRAWN.get(resolution, resolution),
        generate_audio=audio,
        project_title="Simulated Veo",
        start_frame=None if start is None else Frame.of(start, "image/png"),
        end_frame=None if end is None else Frame.of(end, "image/png"),
    )
    return _rendered(request, float(seconds))


@lru_cache(maxsize=8)
def still(prompt: str, aspect_ratio: str) -> bytes:
    """Draw a PNG."""
    request = GenerationRequest(
        **_identity(prompt),
        kind=JobKind.IMAGE,
        model="simulated",
        prompt=prompt or "no prompt",
        aspect_ratio=aspect_ratio,
        resolution="720p",
        project_title="Simulated Gemini",
    )
    return _rendered(request, 0.0)


def _identity(prompt: str) -> dict[str, Any]:
    """Give the ids that the landscape is drawn from."""
    key = uuid5(NAMESPACE_URL, prompt)
    return {"job_id": key, "project_id": key, "scene_id": None, "shot_id": None}


def _rendered(request: GenerationRequest, seconds: float) -> bytes:
    with render(request, seconds, threading.Event()) as file:
        return file.read()
