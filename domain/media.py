"""What is known of a media file, and what may be asked of the tool that opens it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a probe found. Pixels, seconds, frames per second."""

    width: int
    height: int
    duration_seconds: float | None
    """``None`` for a still image."""
    codec: str
    frame_rate: float | None
    has_audio: bool
    rewritten: bool = False
    """Whether the file's bytes are not those that came: its index was moved to the front."""


class MediaTool(Protocol):
    """Opens clips and images. Methods run off the event loop."""

    async def ingest_video(self, path: Path) -> MediaInfo:
        """Probe a clip by decoding it; rewrite it in place where its ``moov`` atom comes last.

        Raises:
            MediaError: it cannot be decoded, is truncated, or has no video.
        """
        ...

    async def ingest_image(self, path: Path) -> MediaInfo:
        """Probe a still image by decoding it.

        Raises:
            MediaError: it is not a decodable PNG, JPEG or WebP.
        """
        ...
