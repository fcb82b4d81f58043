"""Read a script in plain text, in the manner of Fountain, and say what was understood.

A scene begins with a heading (``INT. BAKERY - NIGHT``, ``# The bakery`` or ``.THE BAKERY``), a paragraph
below it is a shot, and what a character says is the narration of the shot before it (of the scene, when
there is none yet). A paragraph may name its parts (``Image:``, ``Video:``, ``Narration:``) and end with a
length such as ``(6 s)``. The rest of Fountain that has no picture (notes, synopses, transitions, page
breaks) is left out, and said to be.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from domain.films import NewProject, NewScene, NewShot
from services.projects import labels_for

USUAL_SECONDS = 6.0
"""Length of a shot that names none: every video model of Rushes makes it."""

_TITLE_KEY = re.compile(
    r"(title|credit|author|authors|source|draft date|contact|copyright)\s*:\s*(.*)", re.IGNORECASE
)
_HEADING = re.compile(r"(?:(?:INT|EXT|EST|INT\.?/EXT|I/E)[. ].*|\.(?!\.).+|#{1,6}\s*.+)", re.IGNORECASE)
_CUE = re.compile(r"@.+|(?=.*[A-ZÀ-Þ])[^a-zß-ÿ]+(?:\(.*\))?\s*\^?")
_TRANSITION = re.compile(r"[^a-z]+ TO:|>.*|(?:FADE|CUT) [A-Z ]+[.:]")
_LENGTH = re.compile(
    r"\s*[(\[]\s*(\d+(?:\.\d+)?)\s*(?:s|sec|secs|second|seconds)\.?\s*[)\]]\s*$", re.IGNORECASE
)
_LABEL = re.compile(r"(?:SHOT\s+)?(\d{1,3}[A-Z]{1,2})\s*[.:)\-–]\s+", re.IGNORECASE)
_PART = re.compile(r"(image|video|narration)\s*:\s*", re.IGNORECASE)
_UNSEEN = re.compile(r"\[\[.*?\]\]|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Understood:
    """What a script came down to."""

    project: NewProject
    notes: tuple[str, ...]
    """What was assumed and what was left out, for a person."""


@dataclass(slots=True)
class _Scene:
    title: str
    narration: list[str] = field(default_factory=list)
    shots: list[NewShot] = field(default_factory=list)

    def speak(self, words: str) -> None:
        """Take a narration where it belongs: the last shot, or the scene before its first one."""
        if not self.shots:
            self.narration.append(words)
            return
        last = self.shots[-1]
        self.shots[-1] = replace(last, narration=f"{last.narration}\n{words}" if last.narration else words)


def read(script: str) -> Understood:
    """Read a script. It always means something; what is missing or impossible in it shows in the result."""
    text = _UNSEEN.sub("", script.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff"))
    notes = ["notes and comments were left out"] if _UNSEEN.search(script) else []
    title, body = _title_page(text)
    reader = _Reader(notes)
    for paragraph in _paragraphs(body):
        reader.take(paragraph)
    return reader.understood(title)


def _title_page(text: str) -> tuple[str | None, str]:
    """Split off the keys that a script may begin with."""
    title, lines = None, text.lstrip("\n").split("\n")
    at = 0
    while at < len(lines) and (found := _TITLE_KEY.fullmatch(lines[at].strip())):
        if found[1].lower() == "title":
            title = found[2].strip(" _*") or None
        at += 1
        # What a key says may go on in indented lines.
        while at < len(lines) and lines[at][:1] in {" ", "\t"} and lines[at].strip():
            title = title or (lines[at].strip(" _*\t") if found[1].lower() == "title" else None)
            at += 1
    return title, "\n".join(lines[at:])


def _paragraphs(body: str) -> Iterator[list[str]]:
    """Give the lines of each paragraph; a heading and a synopsis is one by itself."""
    gathered: list[str] = []
    for line in [*body.split("\n"), ""]:
        stripped = line.strip()
        if stripped and not _stands_alone(stripped):
            gathered.append(stripped)
            continue
        if gathered:
            yield gathered
            gathered = []
        if stripped:
            yield [stripped]


def _stands_alone(line: str) -> bool:
    return line.startswith("=") or _HEADING.fullmatch(line) is not None


class _Reader:
    def __init__(self, notes: list[str]) -> None:
        self._notes = notes
        self._scenes: list[_Scene] = []
        self._assumed = 0
        self._left_out = 0

    def take(self, lines: list[str]) -> None:
        """Read one paragraph."""
        first = lines[0]
        if len(lines) == 1 and _HEADING.fullmatch(first):
            self._scenes.append(_Scene(first.lstrip(".#").strip() or "Untitled"))
        elif first.startswith("="):
            self._left_out += not first.startswith("===")
        elif len(lines) == 1 and _TRANSITION.fullmatch(first):
            self._left_out += 1
        elif len(lines) > 1 and _CUE.fullmatch(first):
            self._scene().speak(" ".join(line for line in lines[1:] if not _is_aside(line)))
        else:
            self._shot([line.removeprefix("!") for line in lines])

    def understood(self, title: str | None) -> Understood:
        """Give everything read so far."""
        notes = list(self._notes)
        if title is None:
            notes.append("no “Title:” was found; the project is called Untitled")
        if self._assumed:
            shots = "1 shot names" if self._assumed == 1 else f"{self._assumed} shots name"
            notes.append(
                f"{shots} no length and gets {USUAL_SECONDS:g} s; write (4 s) behind a shot to set it"
            )
        if self._left_out:
            notes.append("transitions and synopses were left out")
        scenes = tuple(_finished(number, scene) for number, scene in enumerate(self._scenes))
        return Understood(NewProject(title=title or "Untitled", scenes=scenes), tuple(notes))

    def _scene(self) -> _Scene:
        if not self._scenes:
            self._notes.append(
                "the script begins without a scene heading; its first scene is called Untitled"
            )
            self._scenes.append(_Scene("Untitled"))
        return self._scenes[-1]

    def _shot(self, lines: list[str]) -> None:
        parts = _parts(lines)
        scene = self._scene()
        if set(parts) == {"narration"}:
            scene.speak(parts["narration"])
            return
        seconds, label = None, ""
        for name in ("image", "video"):
            if name in parts:
                parts[name], length = _cut_length(parts[name])
                seconds = length or seconds
        if found := _LABEL.match(parts.get("image", "")):
            label = found[1].upper()
            parts["image"] = parts["image"][found.end() :]
        self._assumed += seconds is None
        scene.shots.append(
            NewShot(
                label=label,
                image_prompt=parts.get("image"),
                video_prompt=parts.get("video"),
                narration=parts.get("narration"),
                duration_seconds=seconds or USUAL_SECONDS,
            )
        )


def _is_aside(line: str) -> bool:
    return line.startswith("(") and line.endswith(")")


def _parts(lines: list[str]) -> dict[str, str]:
    """Split a paragraph at its ``Image:``, ``Video:`` and ``Narration:``; what comes before is the image."""
    parts: dict[str, list[str]] = {}
    name = "image"
    for line in lines:
        if found := _PART.match(line):
            name, line = found[1].lower(), line[found.end() :]  # noqa: PLW2901 # the rest of the line
        parts.setdefault(name, []).append(line)
    return {name: " ".join(said).strip() for name, said in parts.items() if "".join(said).strip()}


def _cut_length(text: str) -> tuple[str, float | None]:
    found = _LENGTH.search(text)
    return (text[: found.start()].rstrip(), float(found[1])) if found else (text, None)


def _finished(number: int, scene: _Scene) -> NewScene:
    labels = labels_for(number, [shot.label or None for shot in scene.shots])
    shots = tuple(replace(shot, label=label) for shot, label in zip(scene.shots, labels, strict=True))
    return NewScene(title=scene.title, narration="\n".join(scene.narration) or None, shots=shots)
