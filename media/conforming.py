"""Make an odd clip's pictures or sound like those of the others, so that they fit into the same track."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.filter import Graph
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from domain.errors import MediaError
from media.survey import Clip, Look, Sound, opened

PROFILES = {
    "Baseline": "baseline",
    "Constrained Baseline": "baseline",
    "Main": "main",
    "High": "high",
    "High 10": "high10",
    "High 4:2:2": "high422",
    "High 4:4:4 Predictive": "high444",
}
"""What x264 calls the profiles that it makes."""
AAC = Sound(codec="aac", profile="LC", extradata=b"", rate=48_000, layout="stereo", frame_size=1024)
"""What sound becomes where the clips' own cannot be made."""
_QUALITY = {"preset": "fast", "crf": "18"}
_SOUND_BITS = 192_000
_UNTOLD = 2
"""How FFmpeg numbers a colour property that a stream does not tell."""
_UPRIGHT = {
    -90: [("transpose", "clock")],
    90: [("transpose", "cclock")],
    180: [("hflip", ""), ("vflip", "")],
    -180: [("hflip", ""), ("vflip", "")],
}


def plain_look(look: Look) -> Look:
    """Give the H.264 look that stands in for one that cannot be made, in the same size and rate."""
    turned = abs(look.rotation) % 180 == 90  # noqa: PLR2004 # degrees
    width, height = (look.height, look.width) if turned else (look.width, look.height)
    rate = look.rate
    return Look(
        codec="h264",
        profile="High",
        level=None,
        extradata=b"",
        # Half-sized colour needs even sizes.
        width=max(2, round(width * (1 if turned else look.shape)) // 2 * 2),
        height=max(2, round(height * (look.shape if turned else 1)) // 2 * 2),
        shape=Fraction(1),
        pix_fmt="yuv420p",
        colours=(1, 1, 1, 1),
        rotation=0,
        # Fine enough for the muxer to keep it, and a whole number of units for each picture.
        time_base=1 / (rate * 512),
        step=512,
        rate=rate,
    )


def conform_pictures(clip: Clip, look: Look, into: Path, number: int) -> None:
    """Re-encode a clip's pictures: scaled and padded into the look's size, at its rate, GOPs closed.

    ``number`` is the id of the parameter sets; pictures of another id may stand in the same track.
    """
    options = {"movflags": "+faststart", "video_track_timescale": str(look.time_base.denominator)}
    with opened(clip.path) as source, av.open(str(into), "w", format="mp4", options=options) as target:
        stream = _encoder(target, look, number)
        for frame in _filtered(source.decode(source.streams.video[0]), source.streams.video[0], clip, look):
            # The source's choice of key frames says nothing about what is made of it.
            frame.pict_type = PictureType.NONE
            target.mux(stream.encode(frame))
        target.mux(stream.encode())


def _encoder(target: "av.container.OutputContainer", look: Look, number: int) -> VideoStream:
    options = {**_QUALITY, "profile": PROFILES[look.profile or "High"], "x264-params": f"sps-id={number}"}
    stream = target.add_stream("libx264", rate=look.rate, options=options)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = look.width, look.height, look.pix_fmt
    context = stream.codec_context
    context.sample_aspect_ratio = look.shape
    context.color_primaries, context.color_trc, context.colorspace, context.color_range = look.colours
    return stream


def _filtered(
    frames: Iterator[VideoFrame], stream: VideoStream, clip: Clip, look: Look
) -> Iterator[VideoFrame]:
    graph = Graph()
    nodes = [graph.add_buffer(template=stream)]
    nodes += [graph.add(name, arguments) for name, arguments in _filters(clip.look, look)]
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    for frame in frames:
        if frame.is_corrupt:
            raise MediaError("Some of its pictures cannot be decoded.")
        frame.pts = (frame.pts or 0) - clip.begin
        graph.vpush(frame)
        yield from _ready(graph)
    graph.vpush(None)
    yield from _ready(graph)


def _ready(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _filters(source: Look, look: Look) -> Iterator[tuple[str, str]]:
    yield from _UPRIGHT.get(source.rotation, [])
    width, height = _fitted(source, look)
    colour = f":out_color_matrix={look.colours[2]}" if look.colours[2] not in {0, _UNTOLD} else ""
    yield "scale", f"{width}:{height}:flags=bicubic{colour}:out_range={look.colours[3]}"
    yield "format", look.pix_fmt
    yield "pad", f"{look.width}:{look.height}:(ow-iw)/2:(oh-ih)/2"
    yield "setsar", f"{look.shape.numerator}/{look.shape.denominator}"
    yield "fps", f"{look.rate.numerator}/{look.rate.denominator}"


def _fitted(source: Look, look: Look) -> tuple[int, int]:
    """Give the size, in the look's pixels, in which all of the source is seen, undistorted."""
    width, height = Fraction(source.width) * source.shape, Fraction(source.height)
    if abs(source.rotation) % 180 == 90:  # noqa: PLR2004 # degrees
        width, height = height, width
    scale = min(look.width * look.shape / width, look.height / height)
    fitted = round(width * scale / look.shape), round(height * scale)
    return min(look.width, _even(fitted[0], look.width)), min(look.height, _even(fitted[1], look.height))


def _even(size: int, whole: int) -> int:
    """Round to what can be centred on a grid of half-sized colour, unless it fills its side anyhow."""
    return size if size == whole else max(2, size // 2 * 2)


def conform_sound(clip: Clip, sound: Sound, into: Path) -> None:
    """Re-encode a clip's sound to AAC of the asked rate and channels; its times stay."""
    with opened(clip.path) as source, av.open(str(into), "w", format="mp4") as target:
        stream = sound_encoder(target, sound)
        resampler = AudioResampler(
            format="fltp", layout=sound.layout, rate=sound.rate, frame_size=sound.frame_size
        )
        for frame in source.decode(source.streams.audio[0]):
            for piece in resampler.resample(frame):
                target.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            target.mux(stream.encode(piece))
        target.mux(stream.encode())


def sound_encoder(target: "av.container.OutputContainer", sound: Sound) -> AudioStream:
    """Add an AAC stream of a sound's rate and channels."""
    stream = target.add_stream("aac", rate=sound.rate, layout=sound.layout)
    assert isinstance(stream, AudioStream)
    stream.bit_rate = _SOUND_BITS
    return stream


def silent_packet(sound: Sound) -> bytes:
    """Give one AAC packet of silence, which decodes to silence wherever it stands."""
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = sound.rate, sound.layout, "fltp"
    encoder.bit_rate = _SOUND_BITS
    made: list[bytes] = []
    for index in range(4):
        frame = av.AudioFrame(format="fltp", layout=sound.layout, samples=sound.frame_size)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts = sound.rate, index * sound.frame_size
        made += [bytes(packet) for packet in encoder.encode(frame)]
    # The first ones carry the encoder's name and its start.
    return made[-1]
