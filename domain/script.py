"""Changing what a film is to be: its words, its frames, its shots, and which takes stand for them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from domain.films import NewScene, NewShot
from domain.statuses import JobKind


class ScriptRecords(Protocol):
    """Writes to projects, scenes and shots. Whoever calls has locked the project and all of its scenes."""

    async def change_project(self, project: UUID, changes: Mapping[str, Any]) -> None:
        """Set columns of a project."""
        ...

    async def change_scene(self, scene: UUID, changes: Mapping[str, Any]) -> None:
        """Set columns of a scene."""
        ...

    async def change_shot(self, shot: UUID, changes: Mapping[str, Any]) -> None:
        """Set columns of a shot."""
        ...

    async def add_scene(self, project: UUID, new: NewScene, position: int) -> UUID:
        """Put a scene with its shots at this position, counted from 1; later ones move on."""
        ...

    async def add_shots(self, project: UUID, scene: UUID, new: Sequence[NewShot], position: int) -> None:
        """Put shots into a scene from this position on; later ones move on."""
        ...

    async def choose(self, shots: Collection[UUID], kind: JobKind, job: UUID | None) -> None:
        """Let a job's result stand for a shot, or, with ``None``, the newest one for each of these."""
        ...

    async def write_prompts(self, project: UUID, prompts: Mapping[UUID, str]) -> None:
        """Give shots without a video prompt one."""
        ...
