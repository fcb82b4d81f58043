"""Copy the packets of clips that fit together into one file, on one clock that never drifts.

Pictures: clip k begins exactly where the pictures of clip k-1 end. Sound: AAC packets are of one length
and cannot be cut, so they stand on a grid from the film's first sample to its last, and each clip's are put
on the places nearest to where they belong: at most half a packet (11 ms) away, never adding up. The priming
of every clip but the first is left out, and a place that nothing belongs to is filled with silence.
"""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from pathlib import Path
from zlib import crc32

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from domain.errors import MediaError
from media.conforming import silent_packet
from media.parameter_sets import ParameterSets
from media.survey import Clip, Sound, opened

_MOST_PRIMING = 3
"""Packets by which encoders start ahead; two at most are known."""
_MOST_KINDS = 2
"""Of parameter sets: the clips' own and ours."""


@dataclass(frozen=True, slots=True)
class Part:
    """One clip of the film: whose pictures, and whose sound (its times count from the clip's own origin)."""

    pictures: Clip
    sound: Clip | None


@dataclass(slots=True)
class Count:
    """What went into a track, to be found there again."""

    packets: int = 0
    checksum: int = 0

    def add(self, packet: "Packet[Stream]") -> None:
        """Count one packet, in its order."""
        self.packets += 1
        self.checksum = crc32(memoryview(packet), self.checksum)


@dataclass(frozen=True, slots=True)
class Joined:
    """What was written."""

    pictures: Count
    sounds: Count


def join(parts: Sequence[Part], sound: Sound | None, into: Path) -> Joined:
    """Write the parts one after the other; all pictures fit together, and so does all sound."""
    base = parts[0].pictures.look.time_base
    options = {"movflags": "+faststart", "video_track_timescale": str(base.denominator)}
    with av.open(str(into), "w", format="mp4", options=options) as target:
        pictures = _Pictures(_picture_stream(target, parts), max(part.pictures.delay for part in parts))
        sounds = _Sounds(_sound_stream(target, parts, sound), sound, parts) if sound else None
        for part in parts:
            pictures.begin(part.pictures)
            if sounds:
                sounds.begin(part)
            for packet in _packets(part, with_sound=sounds is not None):
                if packet.stream.type == "video":
                    target.mux(pictures.placed(packet))
                elif sounds:
                    target.mux(list(sounds.placed(packet)))
            if sounds:
                target.mux(list(sounds.rest()))
    return Joined(pictures.count, sounds.count if sounds else Count())


def _packets(part: Part, *, with_sound: bool) -> "Iterator[Packet[Stream]]":
    """Give the packets of both tracks, in about the order of their times."""
    sound = part.sound if with_sound else None
    with ExitStack() as files:
        source = files.enter_context(opened(part.pictures.path, surveyed=True))
        tracks: list[Stream] = [source.streams.video[0]]
        if sound is not None and sound.path == part.pictures.path:
            tracks.append(source.streams.audio[0])
        sources = [source.demux(tracks)]
        if sound is not None and sound.path != part.pictures.path:
            other = files.enter_context(opened(sound.path, surveyed=True))
            theirs: list[Stream] = [other.streams.audio[0]]
            sources.append(other.demux(theirs))
        full = ((packet for packet in one if packet.size) for one in sources)
        yield from heapq.merge(*full, key=_when) if len(sources) > 1 else next(iter(full))


def _when(packet: "Packet[Stream]") -> Fraction:
    return (packet.dts or 0) * (packet.time_base or Fraction(0))


def _picture_stream(target: OutputContainer, parts: Sequence[Part]) -> VideoStream:
    """Describe the track, which knows the parameter sets of all parts."""
    kinds = list(dict.fromkeys(part.pictures.look.extradata for part in parts))
    with opened(parts[0].pictures.path) as first:
        stream = target.add_stream_from_template(first.streams.video[0])
    if len(kinds) == 1:
        return stream
    sets = [ParameterSets.parse(kind) for kind in kinds]
    if len(sets) > _MOST_KINDS or sets[0].ids() & sets[1].ids():
        raise MediaError("Pictures of these clips cannot stand in one track.")
    stream.codec_context.extradata = sets[0].joined(sets[1])
    return stream


def _sound_stream(target: OutputContainer, parts: Sequence[Part], sound: Sound) -> AudioStream:
    sounding = [part.sound for part in parts if part.sound]
    like = next((clip for clip in sounding if clip.sound == sound), sounding[0])
    with opened(like.path) as source:
        return target.add_stream_from_template(source.streams.audio[0])


@dataclass(slots=True)
class _Pictures:
    """Puts pictures in their places. Times in the time base that all of them share."""

    stream: VideoStream
    ahead: int
    """Everybody decodes as far ahead as the one who needs most, so that the order holds across joints."""
    count: Count = field(default_factory=Count)
    _shift: int = 0
    _early: int = 0
    _offset: int = 0
    _last: int | None = None

    def begin(self, clip: Clip) -> None:
        self._shift = self._offset - clip.begin
        self._early = self.ahead - clip.delay
        self._offset += clip.length

    def placed(self, packet: "Packet[Stream]") -> "Packet[Stream]":
        if packet.pts is None or packet.dts is None:
            raise MediaError("The pictures of a clip have no times.")
        pts, dts = packet.pts + self._shift, packet.dts + self._shift - self._early
        if self._last is not None and dts <= self._last:
            dts = self._last + 1
        if dts > pts:
            raise MediaError("The pictures of these clips cannot be put in order.")
        packet.pts, packet.dts, packet.stream = pts, dts, self.stream
        self._last = dts
        self.count.add(packet)
        return packet


class _Sounds:
    """Puts packets of sound in their places."""

    def __init__(self, stream: AudioStream, sound: Sound, parts: Sequence[Part]) -> None:
        self.count = Count()
        self._stream = stream
        self._size = sound.frame_size
        self._base = Fraction(1, sound.rate)
        self._grid = Fraction(sound.frame_size, sound.rate)
        self._silence = silent_packet(sound)
        self._end = sum((part.pictures.seconds for part in parts), Fraction(0))
        self._last_sample = round(self._end * sound.rate)
        self._offset = Fraction(0)
        self._next, self._beyond = 0, 0
        """The place to be filled next, and the first one that is not this part's."""
        self._origin, self._lead = Fraction(0), 0
        self._begun: int | None = None
        self._unit = Fraction(0)
        """Places in one unit of the part's clock."""

    def begin(self, part: Part) -> None:
        """Turn to the next part."""
        self._origin = part.sound.origin if part.sound else Fraction(0)
        self._begun = None
        self._lead = round(self._offset / self._grid)
        self._offset += part.pictures.seconds
        places = self._offset / self._grid
        # The film's last place may reach beyond its end, where it is cut; all others are the nearest ones.
        self._beyond = ceil(places) if self._offset == self._end else round(places)

    def placed(self, packet: "Packet[Stream]") -> "Iterator[Packet[Stream]]":
        """Give what belongs before this packet, and the packet, if it belongs into the part at all."""
        if packet.pts is None:
            return
        if self._begun is None:
            self._begun = packet.pts
            self._unit = packet.time_base / self._grid
            self._lead += round(packet.pts * self._unit - self._origin / self._grid)
        # Counted from the first one, so that rounded times of a coarse clock cannot double a place.
        place = self._lead + round((packet.pts - self._begun) * self._unit)
        if place >= self._beyond:
            return
        is_priming = not self._next and -_MOST_PRIMING <= place < 0
        if is_priming:
            yield self._put(packet, place)
        elif place >= self._next:
            yield from self._silent(place)
            yield self._put(packet, place)
            self._next = place + 1

    def rest(self) -> "Iterator[Packet[Stream]]":
        """Give what is missing to the part's end."""
        yield from self._silent(self._beyond)

    def _silent(self, until: int) -> "Iterator[Packet[Stream]]":
        while self._next < until:
            yield self._put(Packet(self._silence), self._next)
            self._next += 1

    def _put(self, packet: "Packet[Stream]", place: int) -> "Packet[Stream]":
        packet.time_base = self._base
        packet.pts = packet.dts = place * self._size
        packet.duration = max(1, min(self._size, self._last_sample - packet.pts))
        packet.stream = self._stream
        self.count.add(packet)
        return packet
