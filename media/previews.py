"""Draw a clip's poster and the strip of small pictures that a timeline shows."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from io import BytesIO
from math import ceil
from pathlib import Path

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from domain.errors import MediaError
from domain.media import Previews, SpriteLayout
from media.survey import opened

_POSTER_AT = 0.1
"""Share of the clip: many begin black, few are black that far in."""
_POSTER_SIDE = 1280
_TILE_WIDTH = 160
_COLUMNS = 10
_MOST_TILES = 100
_SLACK = 0.1
_QUALITY = 80
_SIDEWAYS = frozenset({-90, 90})
_TURNS = {-90: Image.Transpose.ROTATE_270, 90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180}


def draw_previews(path: Path) -> Previews:
    """Draw a clip's poster, at a tenth of its length, and its strip, which has key frames alone.

    Raises:
        MediaError: it cannot be decoded.
    """
    try:
        with opened(path) as container:
            stream = container.streams.video[0]
            poster = _poster(container.decode(stream), stream)
        with opened(path) as container:
            stream = container.streams.video[0]
            # Between key frames a decoder has to decode everything; a strip is not worth that.
            stream.codec_context.skip_frame = "NONKEY"
            times, tiles = _tiles(container.decode(stream), stream)
    except av.FFmpegError as error:
        raise MediaError(f"This clip cannot be decoded ({error.strerror}).") from error
    columns = min(_COLUMNS, len(tiles))
    width, height = tiles[0].size
    layout = SpriteLayout(tile_width=width, tile_height=height, columns=columns, times=tuple(times))
    return Previews(_jpeg(poster), _jpeg(_sheet(tiles, columns)), layout)


def _poster(frames: Iterator[VideoFrame], stream: VideoStream) -> Image.Image:
    wanted, found = (stream.duration or 0) * _POSTER_AT, None
    for frame in frames:
        found = frame
        if (frame.pts or 0) >= wanted:
            break
    if found is None:
        raise MediaError("This clip has no pictures.")
    width, height = _shown_size(found, stream)
    scale = min(1.0, _POSTER_SIDE / max(width, height))
    return _drawn(found, round(width * scale), round(height * scale))


def _tiles(frames: Iterator[VideoFrame], stream: VideoStream) -> tuple[list[float], list[Image.Image]]:
    length = float((stream.duration or 0) * (stream.time_base or Fraction(0)))
    apart = max(1.0, length / _MOST_TILES)
    times: list[float] = []
    tiles: list[Image.Image] = []
    for frame in frames:
        at = frame.time or 0.0
        if times and at < times[-1] + apart - _SLACK:
            continue
        width, height = _shown_size(frame, stream)
        # Turned pictures get as wide as the others, so it is the side that will be the width that counts.
        scale = _TILE_WIDTH / (height if frame.rotation in _SIDEWAYS else width)
        times.append(round(at, 3))
        tiles.append(_drawn(frame, round(width * scale), round(height * scale)))
    if not tiles:
        raise MediaError("This clip has no key frames.")
    return times, tiles


def _shown_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Give the size in which a picture is to be seen, with square pixels, before it is turned."""
    return round(frame.width * (stream.sample_aspect_ratio or 1)), frame.height


def _drawn(frame: VideoFrame, width: int, height: int) -> Image.Image:
    small = frame.reformat(width=max(2, width), height=max(2, height), format="rgb24")
    image = Image.fromarray(small.to_ndarray())
    turn = _TURNS.get(frame.rotation)
    return image if turn is None else image.transpose(turn)


def _sheet(tiles: Sequence[Image.Image], columns: int) -> Image.Image:
    width, height = tiles[0].size
    sheet = Image.new("RGB", (columns * width, ceil(len(tiles) / columns) * height))
    for index, tile in enumerate(tiles):
        sheet.paste(tile, (index % columns * width, index // columns * height))
    return sheet


def _jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, format="JPEG", quality=_QUALITY)
    return file.getvalue()
