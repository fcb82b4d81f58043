"""Check a film against the clips that it was made of; nothing is taken on the word of a muxer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from av.container import InputContainer

from domain.errors import MediaError
from media.boxes import starts_at_once, top_level_boxes
from media.joining import Count, Joined, Part
from media.survey import opened


def check_film(path: Path, parts: Sequence[Part], joined: Joined, *, decode: bool) -> None:
    """Read a film back and compare it with its parts.

    Every packet must be there, byte for byte and in order; every part must begin with a key frame at its
    very time; sound and pictures must end within one picture of each other. With ``decode`` all pictures
    and all sound are decoded as well: worth it where something was encoded, while a copy of a sound clip is
    sound if its bytes are the same.

    Raises:
        MediaError: something is not as it should be, and the film must not be used.
    """
    if not starts_at_once(top_level_boxes(path)):
        raise MediaError("The film cannot be played while it loads.")
    with opened(path) as film:
        _check_packets(film, parts, joined)
    if decode:
        with opened(path) as film:
            _decode(film, parts)


@dataclass(slots=True)
class _Seen:
    """What a film turns out to hold. Times in units of each track's time base."""

    pictures: Count = field(default_factory=Count)
    sounds: Count = field(default_factory=Count)
    begin: int | None = None
    end: int = 0
    heard: int = 0
    keys: set[int] = field(default_factory=set)


def _seen(film: InputContainer, starts: set[int]) -> _Seen:
    seen = _Seen()
    for packet in film.demux():
        if not packet.size or packet.pts is None:
            continue
        end = packet.pts + (packet.duration or 0)
        if packet.stream.type == "audio":
            seen.sounds.add(packet)
            seen.heard = max(seen.heard, end)
            continue
        seen.pictures.add(packet)
        seen.begin = packet.pts if seen.begin is None else min(seen.begin, packet.pts)
        seen.end = max(seen.end, end)
        if packet.is_keyframe and packet.pts in starts:
            seen.keys.add(packet.pts)
    return seen


def _check_packets(film: InputContainer, parts: Sequence[Part], joined: Joined) -> None:
    base, picture = parts[0].pictures.look.time_base, 1 / parts[0].pictures.look.rate
    if film.streams.video[0].time_base != base:
        raise MediaError("The film has another time base than its clips.")
    ends = list(accumulate(part.pictures.length for part in parts))
    starts = {0, *ends[:-1]}
    seen = _seen(film, starts)
    if (seen.pictures, seen.sounds) != (joined.pictures, joined.sounds):
        raise MediaError("The film does not hold what was written into it.")
    if seen.pictures.packets != sum(part.pictures.frames for part in parts):
        raise MediaError("The film has not as many pictures as its clips.")
    if seen.begin != 0 or abs(seen.end - ends[-1]) * base > picture:
        raise MediaError("The film is not as long as its clips.")
    if seen.keys != starts:
        raise MediaError("A clip does not begin where it should.")
    if seen.sounds.packets:
        heard = seen.heard * (film.streams.audio[0].time_base or 0)
        if abs(heard - seen.end * base) >= picture:
            raise MediaError("Sound and pictures of the film do not end together.")


def _decode(film: InputContainer, parts: Sequence[Part]) -> None:
    streams = [film.streams.video[0], *film.streams.audio[:1]]
    shown = 0
    for packet in film.demux(streams):
        for frame in packet.decode():
            if getattr(frame, "is_corrupt", False):
                raise MediaError("Some pictures of the film cannot be decoded.")
            shown += packet.stream.type == "video"
    expected = sum(part.pictures.frames for part in parts)
    if shown != expected:
        raise MediaError(f"Of {expected:,} pictures of the film {shown:,} can be decoded.")
