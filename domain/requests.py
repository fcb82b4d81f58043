"""What is asked of a provider, frozen when an attempt begins."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self
from uuid import UUID

from domain.frames import Frame, shown_address
from domain.statuses import JobKind

_FRAMES = {"start_frame": "start_frame_url", "end_frame": "end_frame_url"}
_IDS = ("job_id", "project_id", "scene_id", "shot_id")


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One clip or image to make. Kept with its attempt, so that a resume never re-reads edited rows."""

    job_id: UUID
    project_id: UUID
    scene_id: UUID | None
    shot_id: UUID | None
    kind: JobKind
    model: str
    prompt: str
    duration_seconds: float | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    negative_prompt: str | None = None
    start_frame_url: str | None = None
    end_frame_url: str | None = None
    seed: int | None = None
    generate_audio: bool | None = None
    project_title: str = ""
    scene_title: str = ""
    shot_label: str = ""
    start_frame: Frame | None = None
    """What ``start_frame_url`` led to; providers take this, and never an address."""
    end_frame: Frame | None = None

    @property
    def frames(self) -> Mapping[str, Frame | None]:
        """The frames that were given, by the field that they were given in; ``None`` before they are read."""
        given = {url: (getattr(self, url), getattr(self, name)) for name, url in _FRAMES.items()}
        return {url: frame for url, (address, frame) in given.items() if address or frame}

    def with_frames(self, frames: Mapping[str, Frame]) -> Self:
        """Fill in what was read, by field; an address that is a picture itself is cut short."""
        changes: dict[str, Any] = {}
        for name, url in _FRAMES.items():
            if url in frames:
                address = getattr(self, url)
                changes |= {name: frames[url], url: address and shown_address(address)}
        return replace(self, **changes)

    def frozen(self) -> Self:
        """Give what is kept with an attempt: the frames' digests without their bytes."""
        kept = {n: f and replace(f, content=b"") for n in _FRAMES if (f := getattr(self, n)) is not None}
        return replace(self, **kept) if kept else self

    def with_defaults(self, *, aspect_ratio: str, resolution: str | None) -> Self:
        """Fill in what the caller left open; providers are always told explicitly."""
        return replace(
            self,
            aspect_ratio=self.aspect_ratio or aspect_ratio,
            resolution=self.resolution or resolution,
        )

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object that ``from_json`` reads back; what was left open is left out."""
        data = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        data |= {name: str(data[name]) for name in _IDS if name in data}
        return data | {name: data[name].to_json() for name in _FRAMES if name in data}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote; unknown keys of a newer version are ignored."""
        known = {f.name: data[f.name] for f in fields(cls) if f.name in data}
        for name in _IDS:
            known[name] = UUID(known[name]) if known.get(name) else None
        known["kind"] = JobKind(known["kind"])
        for name in _FRAMES.keys() & known.keys():
            known[name] = Frame.from_json(known[name]) if known[name] else None
        return cls(**known)
