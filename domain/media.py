"""What is known of a media file, and what may be asked of the tool that opens it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from domain.frames import Frame


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


@dataclass(frozen=True, slots=True)
class SpriteLayout:
    """Where the small pictures of a strip are: row by row, the first at the top left. Pixels, seconds."""

    tile_width: int
    tile_height: int
    columns: int
    times: tuple[float, ...]
    """When each picture is shown in the clip; as many as there are pictures."""

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object with these fields."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Previews:
    """Pictures of a clip, as JPEG files."""

    poster: bytes
    sprite: bytes
    layout: SpriteLayout


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

    async def prepare_frame(self, content: bytes, types: Sequence[str], largest: int) -> Frame:
        """Check a picture by decoding it, and make it one of ``types`` with at most ``largest`` bytes.

        Raises:
            MediaError: it is not a decodable PNG, JPEG or WebP, or cannot be made to fit.
        """
        ...

    async def draw_previews(self, path: Path) -> Previews:
        """Draw a clip's poster and strip.

        Raises:
            MediaError: it cannot be decoded.
        """
        ...


@dataclass(frozen=True, slots=True)
class Stitched:
    """A film made of clips."""

    durations: tuple[float, ...]
    """Seconds of each clip in the film, in order: the first begins at 0, each where the one before ends."""
    reencoded: int
    """How many clips were unlike the others and could not be copied as they are."""


class Stitcher(Protocol):
    """Joins clips. The work is heavy: it runs outside this process."""

    async def stitch(self, clips: Sequence[Path], into: Path, progress: Callable[[int], None]) -> Stitched:
        """Join clips in this order into one file that plays while it loads, checked against them.

        Cancelling it ends the work. Files in the making lie beside ``into``; their names end in ``.part``.

        Raises:
            UnfitClipError: a certain clip cannot be used.
            MediaError: they cannot be joined.
            OSError: the work was broken off; trying again may help.
        """
        ...
