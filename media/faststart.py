"""Move a clip's index to its front, so that a player may begin before the whole file has arrived."""

import os
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from domain.errors import MediaError


def rewrite_for_streaming(path: Path) -> None:
    """Copy the clip's pictures and sound, untouched, into a file whose ``moov`` comes first, in its place.

    The file under ``path`` is the old or the new one, never half of either.

    Raises:
        MediaError: what it holds cannot be copied into an MP4 file.
    """
    # Beside the clip, so that the rename is atomic; and without a clip's name, which only finished ones have.
    part = path.with_name(f"{path.name}.remux")
    try:
        with (
            av.open(str(path), "r", format="mp4") as source,
            av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as target,
        ):
            _copy(source, target)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except av.FFmpegError as error:
        raise MediaError(f"This clip cannot be rewritten for streaming ({error.strerror}).") from error
    finally:
        part.unlink(missing_ok=True)


def _copy(source: InputContainer, target: OutputContainer) -> None:
    streams: dict[int, Stream] = {
        stream.index: target.add_stream_from_template(stream)
        for stream in (*source.streams.video[:1], *source.streams.audio)
    }
    for packet in source.demux():
        # The demuxer ends each stream with an empty packet, which no file holds.
        if packet.dts is not None and packet.stream.index in streams:
            packet.stream = streams[packet.stream.index]
            target.mux(packet)
