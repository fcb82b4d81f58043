import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from domain.statuses import JobKind
from media.boxes import starts_at_once, top_level_boxes
from media.clips import probe_clip
from media.stills import probe_still
from providers.mock.clip import write_clip
from providers.mock.frame import FrameSize, frame_size
from providers.mock.stills import write_still
from tests.generations import a_request
from tests.pictures import a_frame

GO_ON = threading.Event()


@pytest.mark.parametrize(
    ("resolution", "aspect_ratio", "size"),
    [
        ("720p", "16:9", (1280, 720)),
        ("720p", "9:16", (720, 1280)),
        ("480p", "16:9", (854, 480)),
        ("480p", "3:4", (480, 640)),
        ("1080p", "1:1", (1080, 1080)),
        ("1080p", "21:9", (2520, 1080)),
        (None, None, (1280, 720)),
    ],
)
def test_the_resolution_names_the_short_side(
    resolution: str | None, aspect_ratio: str | None, size: tuple[int, int]
) -> None:
    assert frame_size(resolution, aspect_ratio) == FrameSize(*size)


@pytest.mark.parametrize(("seconds", "frames"), [(0.5, 12), (1.0, 24), (1.37, 33), (2.02, 48), (0.01, 1)])
def test_a_clip_is_as_long_as_asked_to_the_frame(tmp_path: Path, seconds: float, frames: int) -> None:
    path = tmp_path / "clip.part"
    write_clip(a_request(), "a lighthouse", seconds, path, GO_ON)

    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.frames == len(list(container.decode(video))) == frames
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48_000, 2)
        assert video.duration is not None
        assert video.time_base is not None
        assert audio.duration is not None
        assert audio.time_base is not None
        pictures, sound = video.duration * video.time_base, audio.duration * audio.time_base
        assert pictures == pytest.approx(frames / 24)
        assert abs(sound - pictures) <= 1 / 24
        assert (video.start_time, audio.start_time) == (0, 0)
    assert starts_at_once(top_level_boxes(path))


@pytest.mark.parametrize(
    ("aspect_ratio", "size"), [("16:9", (854, 480)), ("9:16", (480, 854)), ("21:9", (1120, 480))]
)
def test_a_clip_has_the_size_asked_for(tmp_path: Path, aspect_ratio: str, size: tuple[int, int]) -> None:
    path = tmp_path / "clip.part"
    write_clip(a_request(aspect_ratio=aspect_ratio), "a lighthouse", 0.2, path, GO_ON)

    info = probe_clip(path)

    assert (info.width, info.height) == size


def first_and_last(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    return np.asarray(pictures[0], np.uint8), np.asarray(pictures[-1], np.uint8)


def test_time_can_be_seen_to_pass(tmp_path: Path) -> None:
    path = tmp_path / "clip.part"
    write_clip(a_request(), "a lighthouse", 1.0, path, GO_ON)

    first, last = first_and_last(path)
    moved = np.abs(first.astype(int) - last.astype(int)) > 40
    height, width = first.shape

    # The bar at the foot holds timecode, counter and progress; the dial is at the top right.
    assert moved[int(height * 0.91) :, : width // 2].any()
    assert moved[int(height * 0.91) :, width // 2 :].any()
    assert moved[: height // 4, int(width * 0.7) :].any()
    assert not moved[height // 3 : int(height * 0.9)].any()


def bytes_of(path: Path, *, shown: str = "a lighthouse", **changes: Any) -> bytes:
    fixed = {"job_id": UUID(int=1), "shot_id": UUID(int=2)}
    write_clip(a_request(**(fixed | changes)), shown, 0.2, path, GO_ON)
    return path.read_bytes()


def test_the_same_job_gives_the_same_bytes(tmp_path: Path) -> None:
    assert bytes_of(tmp_path / "a.part") == bytes_of(tmp_path / "b.part")


@pytest.mark.parametrize(
    "change",
    [
        {"job_id": UUID(int=9)},
        {"shot_id": UUID(int=9)},
        {"shot_label": "2B"},
        {"scene_title": "Calm"},
        {"project_title": "The Boat"},
        {"shown": "a boat"},
        {"generate_audio": False},
        {"start_frame_url": "https://example.com/a.png"},
        {"start_frame": a_frame()},
        {"end_frame": a_frame()},
    ],
)
def test_everything_that_is_asked_for_shows(tmp_path: Path, change: dict[str, Any]) -> None:
    assert bytes_of(tmp_path / "a.part") != bytes_of(tmp_path / "b.part", **change)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "x" * 4000,
        "wide " * 400,
        "灯台が崖の上に立っている。" * 40,
        "Ψ🎬→ \u0000\u202e",
        "one\ntwo\r\nthree",
    ],
)
@pytest.mark.parametrize("aspect_ratio", ["21:9", "9:16"])
def test_any_text_can_be_drawn(tmp_path: Path, prompt: str, aspect_ratio: str) -> None:
    titles = {"project_title": prompt, "scene_title": prompt, "shot_label": prompt[:9]}
    write_clip(a_request(aspect_ratio=aspect_ratio, **titles), prompt, 0.05, tmp_path / "clip.part", GO_ON)

    assert probe_clip(tmp_path / "clip.part").codec == "h264"


def test_an_image_has_the_size_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "image.part"
    write_still(a_request(kind=JobKind.IMAGE, aspect_ratio="9:16"), "a lighthouse", path)

    info = probe_still(path)

    assert (info.width, info.height, info.codec) == (480, 854, "png")


def test_a_shots_start_frame_has_the_colours_of_its_clip(tmp_path: Path) -> None:
    image, clip, other = a_request(kind=JobKind.IMAGE), a_request(), a_request()
    sky = (slice(150, 250), slice(0, 200))

    def mean(shot: UUID | None) -> NDArray[np.float64]:
        write_clip(a_request(shot_id=shot), "a", 0.05, tmp_path / "clip.part", GO_ON)
        with av.open(str(tmp_path / "clip.part")) as container:
            picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
        return np.asarray(picture[sky].mean(axis=(0, 1)), np.float64)

    write_still(image, "a", tmp_path / "image.part")
    with Image.open(tmp_path / "image.part") as still:
        wanted = np.asarray(still)[sky].mean(axis=(0, 1))

    assert np.abs(mean(image.shot_id) - wanted).max() < 25
    assert np.abs(mean(clip.shot_id) - mean(other.shot_id)).max() > 0


def test_a_clip_nobody_wants_any_more_is_not_finished(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()

    write_clip(a_request(), "a lighthouse", 60.0, tmp_path / "clip.part", stop)

    assert not (tmp_path / "clip.part").exists()


def test_a_clip_starts_from_its_frame_and_ends_at_the_other(tmp_path: Path) -> None:
    path = tmp_path / "clip.part"
    request = a_request(start_frame=a_frame(colour="red"), end_frame=a_frame("JPEG", colour="blue"))
    write_clip(request, "a lighthouse", 1.0, path, GO_ON)

    with av.open(str(path)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]

    for picture, colour in ((pictures[0], (255, 0, 0)), (pictures[-1], (0, 0, 255))):
        assert np.abs(picture.astype(int) - colour).max() < 20, "the frame and nothing else"
    middle = pictures[12]
    assert np.ptp(middle.astype(int)) > 200, "in between, the slate"
    top = middle[:80, :300].mean(axis=(0, 1))
    assert top[0] > 2 * top[2], "set in the start frame"
