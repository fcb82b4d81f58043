"""Small clips made on the spot, sound and unsound ones."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

RATE = 24


def make_clip(
    path: Path,
    *,
    seconds: float = 1.0,
    size: tuple[int, int] = (64, 48),
    rate: Fraction | int = RATE,
    shade: int | None = None,
    pix_fmt: str = "yuv444p",
    audio: bool = True,
    sound: tuple[int, str] = (48_000, "stereo"),
    video: bool = True,
    faststart: bool = True,
    container: str = "mp4",
    bframes: int = 2,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a clip with a key frame each half second; its sound has AAC's priming, as real clips have.

    Without a shade its pictures are noise and it is silent; with one they are of this grey, and it hums.
    """
    wanted = {"movflags": "+faststart"} if faststart and container == "mp4" else {}
    with av.open(str(path), "w", format=container, options=wanted) as output:
        picture = (
            _video(output, size, rate, pix_fmt, {"bf": str(bframes), **(options or {})}) if video else None
        )
        hum = output.add_stream("aac", rate=sound[0], layout=sound[1]) if audio else None
        assert hum is None or isinstance(hum, AudioStream)
        heard = 0
        for index in range(round(seconds * rate)):
            if picture:
                output.mux(picture.encode(_frame(index, size, rate, shade)))
            if hum:
                until = round((index + 1) * sound[0] / rate)
                output.mux(hum.encode(_samples(heard, until, sound, loud=shade is not None)))
                heard = until
        if picture:
            output.mux(picture.encode())
        if hum:
            output.mux(hum.encode())
    return path


def _video(
    output: OutputContainer,
    size: tuple[int, int],
    rate: Fraction | int,
    pix_fmt: str,
    options: dict[str, str],
) -> VideoStream:
    usual = {"preset": "ultrafast", "g": str(round(rate / 2)), "threads": "1"}
    stream = output.add_stream("libx264", rate=rate, options=usual | options)
    assert isinstance(stream, VideoStream)
    # Colour at full size, where nothing else is asked for: 4:2:0 could not have odd sizes.
    stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
    return stream


def _frame(index: int, size: tuple[int, int], rate: Fraction | int, shade: int | None) -> av.VideoFrame:
    width, height = size
    if shade is None:
        pixels = np.random.default_rng(index).integers(0, 255, (height, width, 3), dtype=np.uint8)
    else:
        pixels = np.full((height, width, 3), shade, dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts, frame.time_base = index, 1 / Fraction(rate)
    return frame


def _samples(start: int, until: int, sound: tuple[int, str], *, loud: bool) -> av.AudioFrame:
    rate, layout = sound
    channels = len(av.AudioLayout(layout).channels)
    wave = np.sin(np.arange(start, until) * (2 * np.pi * 440 / rate)) * (0.5 if loud else 0.0)
    frame = av.AudioFrame.from_ndarray(
        np.tile(wave.astype(np.float32), (channels, 1)), format="fltp", layout=layout
    )
    frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
    return frame


def packets_of(path: Path) -> list[tuple[str, bytes]]:
    """Give the coded pictures and sounds of a clip, to compare two files by."""
    with av.open(str(path)) as container:
        found: list[Packet] = [packet for packet in container.demux() if packet.size]  # type: ignore[type-arg] # not subscriptable at run time
        return sorted((packet.stream.type, bytes(packet)) for packet in found)
