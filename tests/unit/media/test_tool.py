import struct
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from domain.errors import MediaError
from domain.media import MediaTool
from media.boxes import starts_at_once, top_level_boxes
from media.tool import PyAVTool
from tests.clips import make_clip, packets_of


@pytest.fixture
def tool() -> Iterator[MediaTool]:
    made = PyAVTool()
    yield made
    made.close()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_sound_clip_is_described_and_left_as_it_is(tool: MediaTool, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.part", seconds=1.5, size=(64, 48))
    before = clip.read_bytes()

    info = await tool.ingest_video(clip)

    assert (info.width, info.height, info.codec, info.frame_rate) == (64, 48, "h264", 24.0)
    assert info.duration_seconds == pytest.approx(1.5, abs=0.001)
    assert info.has_audio
    assert not info.rewritten
    assert clip.read_bytes() == before


@pytest.mark.parametrize("size", [(65, 49), (64, 49), (33, 64)])
async def test_odd_sizes_and_silence_are_fine(tool: MediaTool, tmp_path: Path, size: tuple[int, int]) -> None:
    info = await tool.ingest_video(make_clip(tmp_path / "clip.part", size=size, audio=False))

    assert (info.width, info.height, info.has_audio) == (*size, False)
    assert info.duration_seconds == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize("bframes", [0, 2])
async def test_a_late_index_is_moved_to_the_front_without_touching_the_content(
    tool: MediaTool, tmp_path: Path, bframes: int
) -> None:
    clip = make_clip(tmp_path / "clip.part", faststart=False, bframes=bframes)
    before = packets_of(clip)
    assert not starts_at_once(top_level_boxes(clip))

    info = await tool.ingest_video(clip)

    assert info.rewritten
    assert starts_at_once(top_level_boxes(clip))
    assert packets_of(clip) == before
    assert info.duration_seconds == pytest.approx(1.0, abs=0.001)
    # Sound and pictures still begin together: the sound's priming was neither lost nor counted.
    with av.open(str(clip)) as container:
        assert [stream.start_time for stream in container.streams] == [0, 0]
    assert names(tmp_path) == {"clip.part"}


async def test_a_remux_that_fails_leaves_the_clip_and_no_rest(
    tool: MediaTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "clip.part", faststart=False)
    before = clip.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("media.faststart.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        await tool.ingest_video(clip)

    assert clip.read_bytes() == before
    assert names(tmp_path) == {"clip.part"}


async def test_nothing_is_ever_named_like_a_finished_clip(
    tool: MediaTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "clip.part", faststart=False)
    seen: set[str] = set()

    def look(_: int) -> None:
        seen.update(names(tmp_path))

    monkeypatch.setattr("media.faststart.os.fsync", look)
    await tool.ingest_video(clip)

    assert len(seen) == 2
    assert not [name for name in seen if name.endswith(".mp4")]


@pytest.mark.parametrize("faststart", [True, False])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
async def test_a_cut_clip_is_found_out(
    tool: MediaTool, tmp_path: Path, share: float, *, faststart: bool
) -> None:
    clip = make_clip(tmp_path / "clip.part", faststart=faststart)
    data = clip.read_bytes()
    clip.write_bytes(data[: int(len(data) * share)])

    with pytest.raises(MediaError, match="cut off"):
        await tool.ingest_video(clip)


async def test_a_clip_is_cut_even_where_its_boxes_add_up(tool: MediaTool, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.part")
    data = bytearray(clip.read_bytes())
    start = next(box.start for box in top_level_boxes(clip) if box.kind == b"mdat")
    del data[start + (len(data) - start) // 2 :]
    data[start : start + 4] = struct.pack(">I", len(data) - start)
    clip.write_bytes(data)

    with pytest.raises(MediaError, match="cut off"):
        await tool.ingest_video(clip)


@pytest.mark.parametrize("which", ["first", "last"])
async def test_damaged_pictures_are_found_out(tool: MediaTool, tmp_path: Path, which: str) -> None:
    clip = make_clip(tmp_path / "clip.part", size=(320, 240), audio=False, bframes=0)
    with av.open(str(clip)) as container:
        places = [
            (packet.pos, packet.size) for packet in container.demux() if packet.size and packet.is_keyframe
        ]
    at, size = places[0 if which == "first" else -1]
    assert at is not None
    data = bytearray(clip.read_bytes())
    data[at + size // 4 : at + size] = np.random.default_rng(1).bytes(size - size // 4)
    clip.write_bytes(data)

    with pytest.raises(MediaError, match="decoded"):
        await tool.ingest_video(clip)


async def test_sound_alone_is_no_clip(tool: MediaTool, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.part", video=False)

    with pytest.raises(MediaError, match="no video"):
        await tool.ingest_video(clip)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"<!doctype html><title>502 Bad Gateway</title>" * 20, "not an MP4"),
        (bytes(1000), "not an MP4"),
        (struct.pack(">I4s", 8, b"ftyp"), "cannot be decoded"),
    ],
)
async def test_garbage_is_refused_in_words(
    tool: MediaTool, tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "clip.part"
    path.write_bytes(content)

    with pytest.raises(MediaError, match=sentence):
        await tool.ingest_video(path)


async def test_another_container_is_refused(tool: MediaTool, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="not an MP4"):
        await tool.ingest_video(make_clip(tmp_path / "clip.part", container="matroska"))


@pytest.mark.parametrize("codec", ["png", "jpeg", "webp"])
async def test_an_image_is_decoded(tool: MediaTool, tmp_path: Path, codec: str) -> None:
    path = tmp_path / "image.part"
    Image.effect_noise((65, 49), 40).convert("RGB").save(path, format=codec)

    info = await tool.ingest_image(path)

    assert (info.width, info.height, info.codec, info.duration_seconds) == (65, 49, codec, None)


@pytest.mark.parametrize("codec", ["png", "jpeg", "webp"])
async def test_a_cut_image_is_found_out(tool: MediaTool, tmp_path: Path, codec: str) -> None:
    path = tmp_path / "image.part"
    Image.effect_noise((65, 49), 40).convert("RGB").save(path, format=codec)
    path.write_bytes(path.read_bytes()[:-400])

    with pytest.raises(MediaError, match="cut off"):
        await tool.ingest_image(path)


@pytest.mark.parametrize("content", [b"", b"GIF89a" + bytes(100), b"{}"])
async def test_what_is_no_image_is_refused(tool: MediaTool, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "image.part"
    path.write_bytes(content)

    with pytest.raises(MediaError, match="not a PNG, JPEG or WebP"):
        await tool.ingest_image(path)


@pytest.mark.parametrize("size", [(10_000, 8_500), (20_000, 10_000)])
async def test_an_absurd_image_is_refused_before_it_is_decoded(
    tool: MediaTool, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "image.part"
    Image.new("1", size).save(path, format="PNG")

    with pytest.raises(MediaError, match="too large"):
        await tool.ingest_image(path)
