"""Encode a mock clip."""

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from domain.requests import GenerationRequest
from providers.mock.dissolve import Dissolve, to_planes
from providers.mock.frame import FrameSize, frame_size
from providers.mock.motion import Motion
from providers.mock.slate import Slate, draw_slate

FRAME_RATE = 24
SAMPLE_RATE = 48_000
_LOUDNESS = 0.02
"""Of full scale, which is 1: about 34 dB below it."""
_TONES = (220.0, 246.94, 277.18, 293.66, 329.63, 369.99, 415.3, 440.0)
"""A scale in A major, in hertz: neighbouring shots sound different, and none of them wrong."""
_BT709 = 1


def write_clip(
    request: GenerationRequest, prompt: str, seconds: float, path: Path, stop: threading.Event
) -> None:
    """Write an H.264/AAC MP4 of ``seconds`` to the nearest frame, its ``moov`` atom first.

    Ends early, with whatever is written by then, when ``stop`` is set.
    """
    size = frame_size(request.resolution, request.aspect_ratio)
    slate = draw_slate(request, prompt, size)
    frames = max(1, round(seconds * FRAME_RATE))
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video = _video_stream(container, size)
        audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo", bit_rate=96_000)
        assert isinstance(audio, AudioStream)
        tone = _TONES[request.job_id.int % len(_TONES)] if request.generate_audio is not False else 0.0
        motion = _Moving(slate, Dissolve(request, size, frames, FRAME_RATE), frames)
        for index, sound in enumerate(_sound(frames, tone)):
            if stop.is_set():
                break
            container.mux(video.encode(motion.frame(index)))
            # Sound is written beside the pictures it belongs to, so that a player can begin at once.
            container.mux(audio.encode(sound))
        container.mux(video.encode())
        container.mux(audio.encode())


def _video_stream(container: OutputContainer, size: FrameSize) -> VideoStream:
    # Measured at 720p on one core: ultrafast 410, superfast 200, veryfast 170 frames a second. One thread
    # each: a render takes its turn among other work, and its bytes do not depend on the machine.
    options = {"preset": "ultrafast", "crf": "18", "threads": "1"}
    video = container.add_stream("libx264", rate=FRAME_RATE, options=options)
    assert isinstance(video, VideoStream)
    video.width, video.height, video.pix_fmt = size.width, size.height, "yuv420p"
    context = video.codec_context
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = ColorRange.MPEG
    return video


class _Moving:
    """The picture of a clip, brought from frame to frame."""

    def __init__(self, slate: Slate, dissolve: Dissolve, frames: int) -> None:
        self._picture = to_planes(slate.image)
        self._dissolve = dissolve
        self._motion = Motion(self._picture, slate, frames, FRAME_RATE)

    def frame(self, index: int) -> av.VideoFrame:
        """Give one frame, a copy: the encoder may keep it."""
        self._motion.draw(index)
        frame = av.VideoFrame.from_ndarray(self._dissolve.over(self._picture, index), format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, FRAME_RATE)
        return frame


def _sound(frames: int, tone: float) -> Iterator[av.AudioFrame]:
    """Yield the sound of one video frame at a time: as long as the pictures to the sample."""
    count = SAMPLE_RATE // FRAME_RATE
    length = frames / FRAME_RATE
    for index in range(frames):
        at = np.arange(index * count, (index + 1) * count, dtype=np.float64) / SAMPLE_RATE
        # Faded in and out over 50 ms: a tone that starts at full swing clicks at every cut.
        swing = _LOUDNESS * np.clip(np.minimum(at, length - at) / 0.05, 0, 1)
        ground = np.sin(2 * np.pi * tone * at)
        # A fifth on one side and an octave on the other widen it.
        sides = [ground + 0.4 * np.sin(step * np.pi * tone * at) for step in (3, 4)]
        waves = np.stack([swing * side for side in sides]).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(waves, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = SAMPLE_RATE, index * count
        frame.time_base = Fraction(1, SAMPLE_RATE)
        yield frame
