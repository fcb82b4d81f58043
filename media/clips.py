"""Probe a clip by reading all of it and decoding its beginning and its end."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from domain.errors import MediaError
from domain.media import MediaInfo

_FIRST_FRAMES = 3
_SLACK_FRAMES = 2
"""Frames by which what decodes may fall short of what the index promises; encoders round."""


@dataclass(slots=True)
class _Extent:
    """How far the packets of a stream reach, in its own time base."""

    begin: int | None = None
    end: int = 0
    packets: int = 0
    last_key: int = 0

    def add(self, packet: "Packet[Stream]") -> None:
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None:
            return
        self.packets += 1
        self.begin = time if self.begin is None else min(self.begin, time)
        self.end = max(self.end, time + (packet.duration or 0))
        if packet.is_keyframe:
            self.last_key = max(self.last_key, time)


def probe_clip(path: Path) -> MediaInfo:
    """Describe a clip, having read every packet and decoded its first frames and its last pictures.

    Memory does not grow with the file: packets and frames are dropped as they come.

    Raises:
        MediaError: it cannot be decoded, is cut off, or has no video.
    """
    try:
        with av.open(str(path), "r", format="mp4") as container:
            return _probe(container)
    except av.FFmpegError as error:
        raise MediaError(f"This clip cannot be decoded ({error.strerror}).") from error


def _probe(container: InputContainer) -> MediaInfo:
    if not container.streams.video:
        raise MediaError("This clip has no video, only sound." if container.streams.audio else "No video.")
    stream = container.streams.video[0]
    extent = _read_all(container, stream)
    if extent.begin is None or stream.time_base is None:
        raise MediaError("This clip has no pictures.")
    promised = extent.end - extent.begin
    container.seek(extent.begin, stream=stream)
    if not _decode(container, stream, _FIRST_FRAMES):
        raise MediaError("The first pictures of this clip cannot be decoded.")
    container.seek(extent.last_key, stream=stream)
    reached = _decode(container, stream, None)
    step = promised / extent.packets
    if reached < extent.end - _SLACK_FRAMES * step:
        base = float(stream.time_base)
        got, whole = (reached - extent.begin) * base, promised * base
        raise MediaError(f"This clip is cut off: its pictures end after {got:.2f} of {whole:.2f} seconds.")
    return _describe(container, stream, promised * stream.time_base)


def _read_all(container: InputContainer, stream: VideoStream) -> _Extent:
    extent = _Extent()
    for packet in container.demux():
        if packet.is_corrupt:
            raise MediaError("This clip is cut off: part of its data is missing.")
        if packet.stream.index == stream.index and packet.size:
            extent.add(packet)
    return extent


def _decode(container: InputContainer, stream: VideoStream, most: int | None) -> int:
    """Decode from here on; give the time that the last picture reaches to."""
    reached = 0
    for count, frame in enumerate(container.decode(stream), 1):
        if frame.is_corrupt:
            raise MediaError("This clip is damaged: some of its pictures cannot be decoded.")
        reached = max(reached, (frame.pts or 0) + (frame.duration or 0))
        if count == most:
            break
    return reached


def _describe(container: InputContainer, stream: VideoStream, seconds: Fraction) -> MediaInfo:
    context = stream.codec_context
    rate = stream.average_rate or stream.guessed_rate
    return MediaInfo(
        width=context.width,
        height=context.height,
        duration_seconds=float(seconds),
        codec=context.name,
        frame_rate=float(rate) if rate else None,
        has_audio=bool(container.streams.audio),
    )
