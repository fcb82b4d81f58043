"""Join clips into one film: copied where they are alike, the odd ones alone re-encoded, and then checked."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import av

from domain.errors import MediaError, UnfitClipError
from domain.media import Stitched
from media.checking import check_film
from media.conforming import AAC, PROFILES, conform_pictures, conform_sound, plain_look
from media.joining import Part, join
from media.parameter_sets import MOST_IDS, ParameterSets
from media.survey import Clip, Look, Sound, survey

Progress = Callable[[int], None]
_SURVEYED, _CONFORMED, _JOINED, _CHECKED = 10, 80, 90, 100
"""Per cent done after each step."""


@dataclass(frozen=True, slots=True)
class _Aim:
    """What all pictures and all sound are to be like, and under which id others' pictures are put."""

    look: Look
    number: int
    sound: Sound | None


def stitch(paths: Sequence[Path], into: Path, progress: Progress = lambda _percent: None) -> Stitched:
    """Join clips in this order into ``into``, an MP4 file that plays while it loads, and check it.

    Files in the making lie beside ``into``; memory does not grow with the clips.

    Raises:
        UnfitClipError: a certain clip cannot be used.
        MediaError: they cannot be joined, or what came out is not what it should be.
    """
    clips = []
    for number, path in enumerate(paths):
        with _naming(number):
            clips.append(survey(path))
    if not clips:
        raise MediaError("There are no clips to join.")
    progress(_SURVEYED)
    aim = _aim(clips)
    made: list[Path] = []
    try:
        parts = list(_parts(clips, aim, into, made, progress))
        joined = join(parts, aim.sound, into)
        progress(_JOINED)
        odd = sum(part.pictures.path != clip.path for part, clip in zip(parts, clips, strict=True))
        check_film(into, parts, joined, decode=odd > 0)
        progress(_CHECKED)
    except av.FFmpegError as error:
        raise MediaError(f"These clips cannot be joined ({error.strerror}).") from error
    finally:
        for path in made:
            path.unlink(missing_ok=True)
    return Stitched(tuple(float(part.pictures.seconds) for part in parts), reencoded=odd)


def _aim(clips: Sequence[Clip]) -> _Aim:
    """Let the majority decide; where its pictures cannot be made, all of them become plain H.264."""
    sounds = Counter(clip.sound for clip in clips if clip.sound)
    sound = sounds.most_common(1)[0][0] if sounds else None
    if sound and (len(sounds) > 1 or len(clips) > sounds.total()) and not _makes_sound(sound):
        sound = replace(AAC)
    looks = Counter(clip.look for clip in clips if clip.look.whole)
    if looks and looks.most_common(1)[0][1] == len(clips):
        return _Aim(clips[0].look, 0, sound)
    look = looks.most_common(1)[0][0] if looks else None
    number = _free_number(look) if look else None
    if look is None or number is None:
        return _Aim(plain_look(look or clips[0].look), 0, sound)
    return _Aim(look, number, sound)


def _makes_sound(sound: Sound) -> bool:
    return (sound.codec, sound.profile, sound.frame_size) == (AAC.codec, AAC.profile, AAC.frame_size)


def _free_number(look: Look) -> int | None:
    """Give an id for further parameter sets; ``None`` where no pictures can be made to stand beside these."""
    if look.codec != "h264" or look.profile not in PROFILES or look.rotation or not look.pix_fmt:
        return None
    if look.pix_fmt not in {one.name for one in av.Codec("libx264", "w").video_formats or ()}:
        return None
    try:
        taken = ParameterSets.parse(look.extradata).ids()
    except ValueError:
        return None
    return next((number for number in range(MOST_IDS) if number not in taken), None)


def _parts(
    clips: Sequence[Clip], aim: _Aim, into: Path, made: list[Path], progress: Progress
) -> Iterator[Part]:
    for number, clip in enumerate(clips):
        pictures, sound = clip, clip if clip.sound else None
        with _naming(number):
            if clip.look != aim.look:
                path = into.with_name(f"{into.name}.{number}.pictures.part")
                made.append(path)
                pictures = _pictures(clip, aim, path)
            if clip.sound and aim.sound and clip.sound != aim.sound:
                path = into.with_name(f"{into.name}.{number}.sound.part")
                made.append(path)
                conform_sound(clip, aim.sound, path)
                sound = replace(clip, path=path)
        yield Part(pictures, sound)
        progress(_SURVEYED + (_CONFORMED - _SURVEYED) * (number + 1) // len(clips))


def _pictures(clip: Clip, aim: _Aim, into: Path) -> Clip:
    conform_pictures(clip, aim.look, into, aim.number)
    made = survey(into)
    if made.look.time_base != aim.look.time_base:
        raise MediaError("Its pictures cannot be given the film's time base.")
    return made


@contextmanager
def _naming(number: int) -> Iterator[None]:
    """Name the clip that something goes wrong with."""
    try:
        yield
    except MediaError as error:
        raise UnfitClipError(number, error.message) from error
    except av.FFmpegError as error:
        raise UnfitClipError(number, f"This clip cannot be decoded ({error.strerror}).") from error
