import struct
from pathlib import Path

import pytest

from domain.errors import MediaError
from media.boxes import starts_at_once, top_level_boxes


def written(path: Path, *parts: bytes) -> Path:
    path.write_bytes(b"".join(parts))
    return path


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


FTYP = box(b"ftyp", b"isom")


def test_boxes_are_walked_by_their_headers(tmp_path: Path) -> None:
    path = written(tmp_path / "x", FTYP, box(b"free", bytes(5)), box(b"moov"), box(b"mdat", bytes(9)))

    found = top_level_boxes(path)

    assert [(one.kind, one.start, one.size) for one in found] == [
        (b"ftyp", 0, 12),
        (b"free", 12, 13),
        (b"moov", 25, 8),
        (b"mdat", 33, 17),
    ]
    assert starts_at_once(found)


def test_large_and_open_sizes_are_understood(tmp_path: Path) -> None:
    large = struct.pack(">I4sQ", 1, b"mdat", 20) + bytes(4)
    to_the_end = struct.pack(">I4s", 0, b"moov") + bytes(30)

    found = top_level_boxes(written(tmp_path / "x", FTYP, large, to_the_end))

    assert [one.size for one in found] == [12, 20, 38]
    assert not starts_at_once(found)


def test_a_file_without_an_index_does_not_start(tmp_path: Path) -> None:
    assert not starts_at_once(top_level_boxes(written(tmp_path / "x", FTYP, box(b"mdat"))))


@pytest.mark.parametrize(
    "rest",
    [
        b"abc",
        struct.pack(">I4s", 7, b"moov"),
        struct.pack(">I4sQ", 1, b"mdat", 15),
        struct.pack(">I4s", 1, b"mdat"),
    ],
)
def test_a_broken_tail_is_told(tmp_path: Path, rest: bytes) -> None:
    with pytest.raises(MediaError, match="cut off or damaged"):
        top_level_boxes(written(tmp_path / "x", FTYP, rest))


def test_a_short_box_is_told_with_both_figures(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="20 bytes arrived of at least 1,012"):
        top_level_boxes(written(tmp_path / "x", FTYP, struct.pack(">I4s", 1000, b"mdat")))
