"""Read how an MP4 file is laid out: its top-level boxes, headers only."""

import struct
from dataclasses import dataclass
from pathlib import Path

from domain.errors import MediaError

_HEADER = struct.Struct(">I4s")
_LARGE = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Box:
    """One top-level box; offsets and sizes in bytes."""

    kind: bytes
    start: int
    size: int


def top_level_boxes(path: Path) -> list[Box]:
    """List the boxes of an MP4 file.

    Raises:
        MediaError: it is no MP4 file, or it ends before its last box does.
    """
    length = path.stat().st_size
    boxes: list[Box] = []
    at = 0
    with path.open("rb") as file:
        while at < length:
            file.seek(at)
            box = _box(file.read(_HEADER.size + _LARGE.size), at, length)
            if box is None or not (boxes or box.kind == b"ftyp"):
                if boxes:
                    raise MediaError("This clip is cut off or damaged: its last part makes no sense.")
                raise MediaError("This file is not an MP4 clip.")
            if at + box.size > length:
                raise MediaError(
                    f"This clip is cut off: {length:,} bytes arrived of at least {at + box.size:,}."
                )
            boxes.append(box)
            at += box.size
    if not boxes:
        raise MediaError("This file is empty.")
    return boxes


def _box(header: bytes, at: int, length: int) -> Box | None:
    if len(header) < _HEADER.size:
        return None
    size, kind = _HEADER.unpack_from(header)
    smallest = _HEADER.size
    if size == 0:
        # The last box may leave its size open: it runs to the end of the file.
        size = length - at
    elif size == 1:
        smallest += _LARGE.size
        if len(header) < smallest:
            return None
        (size,) = _LARGE.unpack_from(header, _HEADER.size)
    return Box(kind, at, size) if size >= smallest else None


def starts_at_once(boxes: list[Box]) -> bool:
    """Tell whether a player may begin before the whole file has arrived: ``moov`` before ``mdat``."""
    kinds = [box.kind for box in boxes]
    return b"moov" in kinds and (b"mdat" not in kinds or kinds.index(b"moov") < kinds.index(b"mdat"))
