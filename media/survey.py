"""What decides whether two clips can be joined without touching their pictures and sound."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from domain.errors import MediaError
from media.boxes import top_level_boxes

_USUAL_RATE = Fraction(24)
_PACKETS_ALONE = {"probesize": "32"}
"""Keeps FFmpeg from decoding pictures to learn what nobody asks who copies packets."""


@dataclass(frozen=True, slots=True)
class Look:
    """Everything about a clip's pictures in which neighbours in one track must not differ."""

    codec: str
    profile: str | None
    level: int | None
    extradata: bytes
    """The parameter sets: decoders are set up from them once."""
    width: int
    height: int
    shape: Fraction
    """Of one pixel: its width over its height."""
    pix_fmt: str
    colours: tuple[int, int, int, int]
    """Primaries, transfer, matrix and range, as FFmpeg numbers them."""
    rotation: int
    """Degrees."""
    time_base: Fraction
    step: int | None
    """Time units from picture to picture; ``None`` where it varies."""
    whole: bool = True
    """Whether it begins with a key frame and shows every picture that it holds."""
    rate: Fraction = field(default=_USUAL_RATE, compare=False)
    """Pictures a second, on the average where it varies."""


@dataclass(frozen=True, slots=True)
class Sound:
    """The same of its sound."""

    codec: str
    profile: str | None
    extradata: bytes
    rate: int
    layout: str
    frame_size: int
    """Samples in one packet."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One file, read from end to end. Times in units of its pictures' time base."""

    path: Path
    look: Look
    sound: Sound | None
    begin: int
    """When its first picture is shown."""
    length: int
    frames: int
    delay: int
    """By how much decoding runs ahead of showing."""

    @property
    def origin(self) -> Fraction:
        """Seconds at which the first picture is shown: where its sound counts from."""
        return self.begin * self.look.time_base

    @property
    def seconds(self) -> Fraction:
        """How long its pictures are."""
        return self.length * self.look.time_base


@contextmanager
def opened(path: Path, *, surveyed: bool = False) -> Iterator[InputContainer]:
    """Open an MP4 file, whatever it is called; one that was surveyed, for its packets alone."""
    with av.open(str(path), "r", format="mp4", options=_PACKETS_ALONE if surveyed else {}) as container:
        yield container


def survey(path: Path) -> Clip:
    """Read all of a clip's packets and decode its first picture.

    Raises:
        MediaError: it has no pictures, is cut off, or its first picture cannot be decoded.
    """
    top_level_boxes(path)  # finds a cut file out, which the demuxer takes for a short one
    try:
        with opened(path) as container:
            if not container.streams.video:
                raise MediaError("This clip has no video.")
            stream = container.streams.video[0]
            first = next(container.decode(stream), None)
            if first is None or first.is_corrupt:
                raise MediaError("The first picture of this clip cannot be decoded.")
            container.seek(0)
            return _survey(path, container, stream, first)
    except av.FFmpegError as error:
        raise MediaError(f"This clip cannot be decoded ({error.strerror}).") from error


def _survey(path: Path, container: InputContainer, stream: VideoStream, first: VideoFrame) -> Clip:
    base, times, last_dts, whole = stream.time_base, _Times(), None, True
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise MediaError("This clip is cut off: part of its data is missing.")
        if not packet.size:
            continue
        if packet.pts is None or packet.dts is None or (last_dts is not None and packet.dts <= last_dts):
            raise MediaError("The pictures of this clip have no times.")
        whole = whole and not packet.is_discard and (times.frames > 0 or packet.is_keyframe)
        last_dts = packet.dts
        times.add(packet.pts, packet.dts, packet.duration or 0)
    if not times.frames or base is None:
        raise MediaError("This clip has no pictures.")
    sounds = container.streams.audio
    return Clip(
        path=path,
        look=_look(stream, first, times, base, whole=whole),
        sound=_sound(sounds[0]) if sounds else None,
        begin=times.begin,
        length=times.end - times.begin,
        frames=times.frames,
        delay=times.begin - times.first_dts,
    )


@dataclass(slots=True)
class _Times:
    frames: int = 0
    begin: int = 0
    end: int = 0
    first_dts: int = 0
    steps: set[int] = field(default_factory=set)

    def add(self, pts: int, dts: int, duration: int) -> None:
        if not self.frames:
            self.begin, self.first_dts = pts, dts
        self.frames += 1
        self.begin, self.end = min(self.begin, pts), max(self.end, pts + duration)
        if len(self.steps) <= 1:
            self.steps.add(duration)


def _look(stream: VideoStream, first: VideoFrame, times: _Times, base: Fraction, *, whole: bool) -> Look:
    context = stream.codec_context
    step = next(iter(times.steps)) if len(times.steps) == 1 else None
    average = Fraction(times.frames) / ((times.end - times.begin) * base) if times.end > times.begin else None
    return Look(
        codec=context.name,
        profile=context.profile,
        level=context.level,
        extradata=context.extradata or b"",
        width=context.width,
        height=context.height,
        shape=stream.sample_aspect_ratio or Fraction(1),
        pix_fmt=context.pix_fmt or "",
        colours=(context.color_primaries, context.color_trc, context.colorspace, context.color_range),
        rotation=first.rotation,
        time_base=base,
        step=step,
        whole=whole,
        rate=1 / (step * base) if step else (average or _USUAL_RATE).limit_denominator(1001),
    )


def _sound(stream: AudioStream) -> Sound:
    context = stream.codec_context
    return Sound(
        codec=context.name,
        profile=context.profile,
        extradata=context.extradata or b"",
        rate=context.sample_rate,
        layout=context.layout.name,
        frame_size=context.frame_size or 0,
    )
