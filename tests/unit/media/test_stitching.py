import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from domain.errors import MediaError, UnfitClipError
from media.boxes import starts_at_once, top_level_boxes
from media.stitching import stitch
from tests.clips import make_clip, packets_of
from tests.unit.media.turned import turn

SIZE = (96, 64)
SHADES = (40, 120, 200)


class Film:
    """A stitched film as a player sees it."""

    def __init__(self, path: Path) -> None:
        with av.open(str(path), format="mp4") as container:
            video = container.streams.video[0]
            assert video.time_base is not None
            assert video.duration is not None
            self.seconds = video.duration * video.time_base
            self.starts = [stream.start_time for stream in container.streams]
            self.frames = list(container.decode(video))
        with av.open(str(path), format="mp4") as container:
            self.sound_seconds = Fraction(0)
            self.levels = np.zeros(0)
            if container.streams.audio:
                sound = container.streams.audio[0]
                assert sound.duration is not None
                assert sound.time_base is not None
                self.sound_seconds = sound.duration * sound.time_base
                self.rate = sound.rate
                pieces = [frame.to_ndarray()[0] for frame in container.decode(sound)]
                self.levels = np.concatenate(pieces)

    def shade_at(self, second: float) -> float:
        """Give how bright the middle of the picture is at this moment."""
        frame = max((f for f in self.frames if f.time <= second + 1e-6), key=lambda shown: shown.time)
        pixels = frame.to_ndarray(format="gray")
        height, width = pixels.shape
        return float(pixels[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3].mean())

    def loudness(self, start: float, end: float) -> float:
        """Give the root mean square of the sound in this stretch."""
        part = self.levels[int(start * self.rate) : int(end * self.rate)]
        return float(np.sqrt(np.mean(part**2)))

    def assert_whole(self, seconds: Fraction | float, frames: int) -> None:
        assert self.seconds == Fraction(seconds).limit_denominator(100_000)
        assert len(self.frames) == frames
        assert not any(frame.is_corrupt for frame in self.frames)
        assert all(start == 0 for start in self.starts)
        if self.sound_seconds:
            assert abs(self.sound_seconds - self.seconds) < Fraction(1, 1000)


def take(path: Path, shade: int | None, **changes: Any) -> Path:
    return make_clip(path, **{"size": SIZE, "pix_fmt": "yuv420p", "shade": shade, "seconds": 1.0, **changes})


def takes(folder: Path, *changes: dict[str, Any]) -> list[Path]:
    return [
        take(folder / f"{index}.part", **{"shade": SHADES[index % 3], **change})
        for index, change in enumerate(changes)
    ]


def assert_in_order(film: Film, durations: tuple[float, ...]) -> None:
    """See every clip's own grey just after it begins and just before it ends."""
    start = 0.0
    for index, duration in enumerate(durations):
        for second in (start + 0.01, start + duration - 0.06):
            assert film.shade_at(second) == pytest.approx(SHADES[index % 3], abs=6), (index, second)
        start += duration


def test_equal_clips_are_copied_exactly(tmp_path: Path) -> None:
    clips = takes(tmp_path, {}, {"seconds": 1.5}, {})

    made = stitch(clips, tmp_path / "film.part")

    assert made.durations == (1.0, 1.5, 1.0)
    assert made.reencoded == 0
    film = Film(tmp_path / "film.part")
    film.assert_whole(3.5, 84)
    assert_in_order(film, made.durations)
    pictures = [data for kind, data in packets_of(tmp_path / "film.part") if kind == "video"]
    assert pictures == sorted(data for clip in clips for kind, data in packets_of(clip) if kind == "video")
    assert starts_at_once(top_level_boxes(tmp_path / "film.part"))
    assert {path.name for path in tmp_path.iterdir()} == {"0.part", "1.part", "2.part", "film.part"}


@pytest.mark.parametrize("bframes", [0, 2])
def test_thirty_clips_do_not_drift(tmp_path: Path, bframes: int) -> None:
    # 1.25 s are no whole number of AAC packets: what each joint rounds must not add up.
    clip = take(tmp_path / "clip.part", 120, seconds=1.25, bframes=bframes)

    made = stitch([clip] * 30, tmp_path / "film.part")

    film = Film(tmp_path / "film.part")
    film.assert_whole(37.5, 900)
    assert sum(made.durations) == 37.5
    # A player that plays every sample it is given, whatever its time says, stays with the pictures too.
    assert abs(len(film.levels) / film.rate - 37.5) < 0.022
    assert film.loudness(0.1, 37.4) == pytest.approx(0.35, abs=0.02)


ODD: dict[str, dict[str, Any]] = {
    "larger": {"size": (192, 128)},
    "portrait": {"size": (64, 96)},
    "other rate": {"rate": 30},
    "ntsc rate": {"rate": Fraction(30_000, 1001), "seconds": 1.001},
    "silent": {"audio": False},
    "mono at 44.1 kHz": {"sound": (44_100, "mono")},
    "other parameter sets": {"options": {"refs": "4", "preset": "fast"}},
    "no B-frames": {"bframes": 0},
    "ten bits": {"pix_fmt": "yuv420p10le"},
    "full colour": {"pix_fmt": "yuv444p"},
    "other colours": {"options": {"x264-params": "colormatrix=bt709:colorprim=bt709:transfer=bt709"}},
    "tall pixels": {"options": {"x264-params": "sar=1/2"}, "size": (192, 64)},
}


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_clip_is_fitted_in(tmp_path: Path, odd: dict[str, Any], place: int) -> None:
    clips = takes(tmp_path, *(odd if index == place else {} for index in range(3)))

    made = stitch(clips, tmp_path / "film.part")

    only_sound = odd.keys() <= {"audio", "sound"}
    assert made.reencoded == (0 if only_sound else 1)
    assert made.durations == (1.0, 1.0, 1.0)
    film = Film(tmp_path / "film.part")
    film.assert_whole(3.0, 72)
    assert (film.frames[-1].width, film.frames[-1].height) == SIZE
    assert_in_order(film, made.durations)
    for index in range(3):
        silent = index == place and odd.get("audio") is False
        # One channel spread over two keeps its power: each is 3 dB lower.
        spread = index == place and odd.get("sound") is not None
        expected = 0.0 if silent else 0.25 if spread else 0.35
        assert film.loudness(index + 0.1, index + 0.9) == pytest.approx(expected, abs=0.03)


def test_a_fitted_picture_is_whole_and_undistorted(tmp_path: Path) -> None:
    clips = takes(tmp_path, {}, {"size": (32, 64)}, {})

    stitch(clips, tmp_path / "film.part")

    picture = Film(tmp_path / "film.part").frames[36].to_ndarray(format="gray")
    bright = np.flatnonzero(picture[32] > 60)
    assert (bright[0], bright[-1] + 1) == (32, 64), "as high as the film, in its middle, black beside it"


def test_the_majority_decides(tmp_path: Path) -> None:
    clips = takes(tmp_path, {"size": (64, 96)}, {"size": (64, 96)}, {})

    made = stitch(clips, tmp_path / "film.part")

    assert made.reencoded == 1
    assert Film(tmp_path / "film.part").frames[0].width == 64


def test_a_film_of_silent_clips_is_silent(tmp_path: Path) -> None:
    clips = takes(tmp_path, {"audio": False}, {"audio": False})

    stitch(clips, tmp_path / "film.part")

    film = Film(tmp_path / "film.part")
    film.assert_whole(2.0, 48)
    assert not film.sound_seconds


def test_sound_that_ends_early_is_filled_up_with_silence(tmp_path: Path) -> None:
    clips = [cut_sound(clip) for clip in takes(tmp_path, {}, {})]

    stitch(clips, tmp_path / "film.part")

    film = Film(tmp_path / "film.part")
    film.assert_whole(2.0, 48)
    assert film.loudness(0.1, 0.4) > 0.3
    assert film.loudness(0.6, 0.95) < 0.01
    assert film.loudness(1.1, 1.4) > 0.3


def cut_sound(clip: Path) -> Path:
    """Copy a clip with half a second of its sound."""
    cut = clip.with_suffix(".cut.part")
    with av.open(str(clip), format="mp4") as source, av.open(str(cut), "w", format="mp4") as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.size and not (packet.stream.type == "audio" and (packet.pts or 0) >= 24_000):
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return cut


def test_pictures_at_uneven_times_stay_where_they_are(tmp_path: Path) -> None:
    clips = [uneven(clip) for clip in takes(tmp_path, {"bframes": 0}, {"bframes": 0})]
    regular = take(tmp_path / "regular.part", SHADES[2])

    made = stitch(clips, tmp_path / "film.part")
    assert made.reencoded == 0
    assert len(Film(tmp_path / "film.part").frames) == 48

    mixed = stitch([*clips, regular], tmp_path / "mixed.part")
    assert mixed.reencoded == 1
    assert_in_order(Film(tmp_path / "mixed.part"), mixed.durations)


def uneven(clip: Path) -> Path:
    """Copy a clip with every other picture a little late."""
    moved = clip.with_suffix(".uneven.part")
    with av.open(str(clip), format="mp4") as source, av.open(str(moved), "w", format="mp4") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for index, packet in enumerate(p for p in source.demux(source.streams.video[0]) if p.size):
            assert packet.pts is not None
            packet.pts = packet.dts = packet.pts + (60 if index % 2 else 0)
            packet.stream = stream
            target.mux(packet)
    return moved


def test_pictures_that_are_hidden_stay_hidden(tmp_path: Path) -> None:
    plain = take(tmp_path / "plain.part", SHADES[0])
    trimmed = trim(take(tmp_path / "long.part", SHADES[1], seconds=1.5))

    made = stitch([plain, trimmed, plain], tmp_path / "film.part")

    assert made.reencoded == 1
    film = Film(tmp_path / "film.part")
    film.assert_whole(3.25, 78)
    assert film.shade_at(1.05) == pytest.approx(SHADES[1], abs=6)
    assert film.shade_at(2.3) == pytest.approx(SHADES[0], abs=6)


def trim(clip: Path) -> Path:
    """Copy a clip so that its edit list hides the first quarter of a second, which decoding needs."""
    cut = clip.with_suffix(".trimmed.part")
    with av.open(str(clip), format="mp4") as source, av.open(str(cut), "w", format="mp4") as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.size and packet.dts is not None and packet.pts is not None:
                assert packet.time_base is not None
                late = round(Fraction(1, 4) / packet.time_base)
                packet.pts, packet.dts = packet.pts - late, packet.dts - late
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return cut


def test_turned_clips(tmp_path: Path) -> None:
    clips = takes(tmp_path, {}, {}, {"size": (64, 96)})
    turned = turn(clips[2])

    made = stitch([*clips[:2], turned], tmp_path / "film.part")

    assert made.reencoded == 1
    picture = Film(tmp_path / "film.part").frames[-1].to_ndarray(format="gray")
    assert picture[3, 3] > 150, "lying on its side it fills the picture"

    made = stitch([turned, turned, clips[0]], tmp_path / "other.part")
    assert made.reencoded == 3, "a track has one rotation, so all are made upright"


def test_other_codecs_are_copied_or_made_h264(tmp_path: Path) -> None:
    modern = make_modern(tmp_path / "modern.part")
    plain = take(tmp_path / "plain.part", SHADES[1], audio=False)

    assert stitch([modern, modern], tmp_path / "film.part").reencoded == 0
    film = Film(tmp_path / "film.part")
    film.assert_whole(2.0, 48)

    assert stitch([modern, modern, plain], tmp_path / "mixed.part").reencoded == 3
    film = Film(tmp_path / "mixed.part")
    film.assert_whole(3.0, 72)
    assert film.shade_at(2.5) == pytest.approx(SHADES[1], abs=6)


def make_modern(path: Path) -> Path:
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream(
            "libx265", rate=24, options={"preset": "ultrafast", "x265-params": "log-level=none"}
        )
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for index in range(24):
            frame = av.VideoFrame.from_ndarray(np.full((*SIZE[::-1], 3), 40, dtype=np.uint8), format="rgb24")
            frame.pts = index
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_a_damaged_clip_is_named(tmp_path: Path, share: float) -> None:
    clips = takes(tmp_path, {}, {}, {})
    clips[1].write_bytes(clips[1].read_bytes()[: int(clips[1].stat().st_size * share)])

    with pytest.raises(UnfitClipError) as failure:
        stitch(clips, tmp_path / "film.part")

    assert failure.value.number == 1


def test_damage_in_a_clip_that_has_to_be_encoded_is_found(tmp_path: Path) -> None:
    clips = takes(tmp_path, {}, {}, {"size": (320, 240), "shade": None, "bframes": 0})
    data = bytearray(clips[2].read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = bytes(20_000)
    clips[2].write_bytes(data)

    with pytest.raises(UnfitClipError) as failure:
        stitch(clips, tmp_path / "film.part")

    assert failure.value.number == 2
    assert not list(tmp_path.glob("film.part.*")), "nothing half-made is left"


def test_no_clips_make_no_film(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no clips"):
        stitch([], tmp_path / "film.part")


@pytest.mark.skipif(
    shutil.which("ffprobe") is None, reason="ffprobe gives a second opinion where it is installed"
)
@pytest.mark.parametrize("odd", [{}, ODD["portrait"], ODD["mono at 44.1 kHz"], ODD["silent"]])
def test_ffprobe_agrees(tmp_path: Path, odd: dict[str, Any]) -> None:
    stitch(takes(tmp_path, {}, odd, {}, {}), tmp_path / "film.part")

    asked = (
        "-v error -count_frames -show_entries stream=codec_type,start_time,duration,nb_read_frames -of json"
    )
    done = subprocess.run(
        ["ffprobe", *asked.split(), tmp_path / "film.part"], capture_output=True, text=True, check=True
    )

    assert not done.stderr
    video, sound = json.loads(done.stdout)["streams"]
    assert (float(video["start_time"]), float(video["duration"]), video["nb_read_frames"]) == (0.0, 4.0, "96")
    assert (float(sound["start_time"]), float(sound["duration"])) == (0.0, 4.0)
