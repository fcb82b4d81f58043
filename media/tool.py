"""Open clips and images with PyAV and Pillow, off the event loop."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from domain.frames import Frame
from domain.media import MediaInfo, Previews
from media.boxes import starts_at_once, top_level_boxes
from media.clips import probe_clip
from media.faststart import rewrite_for_streaming
from media.frames import prepare_frame
from media.previews import draw_previews
from media.stills import probe_still

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")

_WORKERS = 2
"""Probes at a time. One takes tens of milliseconds; more would only compete with the event loop for cores."""


class PyAVTool:
    """A ``MediaTool`` on threads of its own.

    Threads, not processes: FFmpeg and Pillow let go of the interpreter while they decode, and a process
    pool would cost each executor tens of megabytes. Threads of its own: in the loop's shared pool a slow
    decode would delay name resolution and file writes.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_WORKERS, thread_name_prefix="media")

    async def ingest_video(self, path: Path) -> MediaInfo:
        """Probe a clip by decoding it; rewrite it in place where its ``moov`` atom comes last."""
        return await self._run(_ingest_video, path)

    async def ingest_image(self, path: Path) -> MediaInfo:
        """Probe a still image by decoding it."""
        return await self._run(probe_still, path)

    async def draw_previews(self, path: Path) -> Previews:
        """Draw a clip's poster and strip."""
        return await self._run(draw_previews, path)

    async def prepare_frame(self, content: bytes, types: Sequence[str], largest: int) -> Frame:
        """Check a picture by decoding it, and make it one of ``types`` with at most ``largest`` bytes."""
        return await self._run(prepare_frame, content, types, largest)

    async def _run(self, work: Callable[_Given, _Made], *args: _Given.args, **kwargs: _Given.kwargs) -> _Made:
        return await asyncio.wrap_future(self._threads.submit(work, *args, **kwargs))

    def close(self) -> None:
        """Let go of the threads; probes that have not begun are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _ingest_video(path: Path) -> MediaInfo:
    boxes = top_level_boxes(path)
    info = probe_clip(path)
    if starts_at_once(boxes):
        return info
    rewrite_for_streaming(path)
    # What was written is what will be stored, so it is what must be sound.
    return replace(probe_clip(path), rewritten=True)
