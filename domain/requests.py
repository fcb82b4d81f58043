"""What is asked of a provider, frozen when an attempt begins."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self
from uuid import UUID

from domain.statuses import JobKind

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

    def with_defaults(self, *, aspect_ratio: str, resolution: str | None) -> Self:
        """Fill in what the caller left open; providers are always told explicitly."""
        return replace(
            self,
            aspect_ratio=self.aspect_ratio or aspect_ratio,
            resolution=self.resolution or resolution,
        )

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object that ``from_json`` reads back."""
        data = {name: getattr(self, name) for name in self.__slots__}
        return data | {name: str(data[name]) for name in _IDS if data[name] is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote; unknown keys of a newer version are ignored."""
        known = {f.name: data[f.name] for f in fields(cls) if f.name in data}
        for name in _IDS:
            known[name] = UUID(known[name]) if known.get(name) else None
        known["kind"] = JobKind(known["kind"])
        return cls(**known)
