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
    audio: bool = True,
    video: bool = True,
    faststart: bool = True,
    container: str = "mp4",
    bframes: int = 2,
) -> Path:
    """Write a clip with a key frame each half second; its sound has AAC's priming, as real clips have."""
    options = {"movflags": "+faststart"} if faststart and container == "mp4" else {}
    with av.open(str(path), "w", format=container, options=options) as output:
        picture = _video(output, size, bframes) if video else None
        sound = output.add_stream("aac", rate=48_000, layout="stereo") if audio else None
        assert sound is None or isinstance(sound, AudioStream)
        for index in range(round(seconds * RATE)):
            if picture:
                output.mux(picture.encode(_frame(index, size)))
            if sound:
                output.mux(sound.encode(_samples(index)))
        if picture:
            output.mux(picture.encode())
        if sound:
            output.mux(sound.encode())
    return path


def _video(output: OutputContainer, size: tuple[int, int], bframes: int) -> VideoStream:
    options = {"preset": "ultrafast", "bf": str(bframes), "g": str(RATE // 2), "threads": "1"}
    stream = output.add_stream("libx264", rate=RATE, options=options)
    assert isinstance(stream, VideoStream)
    # Colour at full size: 4:2:0 could not have odd sizes.
    stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
    return stream


def _frame(index: int, size: tuple[int, int]) -> av.VideoFrame:
    width, height = size
    pixels = np.random.default_rng(index).integers(0, 255, (height, width, 3), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts, frame.time_base = index, Fraction(1, RATE)
    return frame


def _samples(index: int) -> av.AudioFrame:
    count = 48_000 // RATE
    silence = np.zeros((2, count), dtype=np.float32)
    frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48_000, index * count, Fraction(1, 48_000)
    return frame


def packets_of(path: Path) -> list[tuple[str, bytes]]:
    """Give the coded pictures and sounds of a clip, to compare two files by."""
    with av.open(str(path)) as container:
        found: list[Packet] = [packet for packet in container.demux() if packet.size]  # type: ignore[type-arg] # not subscriptable at run time
        return sorted((packet.stream.type, bytes(packet)) for packet in found)
