"""The files of the simulated results: real clips and images, drawn by the mock's renderer."""

import asyncio
import base64
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image

from domain.frames import Frame, shown_address
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.mock.dissolve import is_picture
from providers.mock.render import render
from providers.simulators.grok.faults import without_markers
from providers.simulators.grok.ledger import Accepted, Work
from providers.simulators.grok.rules import seconds_of

_INPUT_SECONDS = 5
"""Taken for the length of every video that is edited or extended: nobody fetches it here."""
_HEIGHTS = {"1k": "720p", "2k": "1080p"}


class Studio:
    """Makes each file once, when somebody first wants it, and keeps it in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._one_at_a_time = asyncio.Semaphore(1)

    async def file(self, row: Accepted) -> Path:
        """Give the file of a finished submission."""
        # No clip's suffix: only finished and verified ones have that under a home of ours.
        path = self.folder / f"{row.id}.result"
        async with self._one_at_a_time:
            if not await asyncio.to_thread(path.exists):
                await asyncio.to_thread(_make, row, path)
        return path

    def size(self, row: Accepted) -> int:
        """Give the bytes of a file, 0 before it was made."""
        path = self.folder / f"{row.id}.result"
        return path.stat().st_size if path.exists() else 0


def _make(row: Accepted, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    request = _drawn(row)
    with render(request, float(request.duration_seconds or 0), threading.Event()) as made:
        if row.work is Work.IMAGE:
            # xAI's images are JPEGs.
            Image.open(made).convert("RGB").save(part, format="JPEG", quality=88)
        else:
            part.write_bytes(made.read())
    part.replace(path)


def _drawn(row: Accepted) -> GenerationRequest:
    body, own = row.body, UUID(row.id)
    image = row.work is Work.IMAGE
    ratio = str(body.get("aspect_ratio", "16:9"))
    resolution = str(body.get("resolution", "1k" if image else "480p"))
    return GenerationRequest(
        job_id=own,
        project_id=own,
        scene_id=None,
        shot_id=own,
        kind=JobKind.IMAGE if image else JobKind.VIDEO,
        model=row.model,
        prompt=without_markers(row.prompt) or "(no prompt)",
        duration_seconds=None if image else float(_seconds(row)),
        aspect_ratio=ratio if all(part.isdigit() for part in ratio.split(":")) else "16:9",
        resolution=_HEIGHTS.get(resolution, resolution),
        **_frames(body),
        generate_audio=body.get("generate_audio", True),
        project_title="simulated by Rushes",
        scene_title=row.model,
        shot_label="xAI",
    )


def _frames(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give the frames of a request; a picture that was sent itself is drawn, an address is not fetched."""
    found: dict[str, Any] = {}
    for name, field in (("image", "start_frame"), ("last_frame", "end_frame")):
        if not body.get(name):
            continue
        head, _, data = str(body[name].get("url", "given")).partition(";base64,")
        found[f"{field}_url"] = shown_address(head)
        content = base64.b64decode(data) if head.startswith("data:image/") else b""
        if is_picture(content):
            found[field] = Frame.of(content, head.removeprefix("data:"))
    return found


def _seconds(row: Accepted) -> int:
    if row.work is Work.EDIT:
        return _INPUT_SECONDS
    return seconds_of(row.body) + (_INPUT_SECONDS if row.work is Work.EXTENSION else 0)
