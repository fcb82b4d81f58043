"""Changes to projects, scenes and shots on PostgreSQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, func, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import tables
from db.parameters import as_json
from db.statements import statement
from domain.films import NewScene, NewShot
from domain.statuses import JobKind

_projects, _scenes, _shots = tables.projects, tables.scenes, tables.shots


class ScriptStore:
    """``domain.script.ScriptRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def change_project(self, project: UUID, changes: Mapping[str, Any]) -> None:
        """See the port."""
        await self._change(_projects, project, changes)

    async def change_scene(self, scene: UUID, changes: Mapping[str, Any]) -> None:
        """See the port."""
        await self._change(_scenes, scene, changes)

    async def change_shot(self, shot: UUID, changes: Mapping[str, Any]) -> None:
        """See the port."""
        await self._change(_shots, shot, changes)

    async def _change(self, table: Table, row: UUID, changes: Mapping[str, Any]) -> None:
        await self._connection.execute(
            update(table).where(table.c.id == row).values({**changes, "updated_at": func.now()})
        )

    async def add_scene(self, project: UUID, new: NewScene, position: int) -> UUID:
        """See the port."""
        later = update(_scenes).where(_scenes.c.project_id == project, _scenes.c.position >= position)
        await self._connection.execute(later.values(position=_scenes.c.position + 1))
        row = scene_row(project, position, new)
        await self._connection.execute(insert(_scenes).values(row))
        if new.shots:
            await self._connection.execute(insert(_shots), list(shot_rows(row, new.shots)))
        scene: UUID = row["id"]
        return scene

    async def add_shots(self, project: UUID, scene: UUID, new: Sequence[NewShot], position: int) -> None:
        """See the port."""
        later = update(_shots).where(_shots.c.scene_id == scene, _shots.c.position >= position)
        await self._connection.execute(later.values(position=_shots.c.position + len(new)))
        rows = shot_rows({"project_id": project, "id": scene}, new, position)
        await self._connection.execute(insert(_shots), list(rows))

    async def choose(self, shots: Collection[UUID], kind: JobKind, job: UUID | None) -> None:
        """See the port."""
        column = "chosen_image_job_id" if kind is JobKind.IMAGE else "chosen_job_id"
        which = _shots.c.id == func.any(list(shots))
        # Whoever has no choice and gets none is left as it is.
        changes = _shots.c[column].is_distinct_from(job)
        await self._connection.execute(
            update(_shots).where(which, changes).values({column: job, "updated_at": func.now()})
        )

    async def write_prompts(self, project: UUID, prompts: Mapping[UUID, str]) -> None:
        """See the port."""
        rows = as_json([{"shot": shot, "prompt": prompt} for shot, prompt in prompts.items()])
        await self._connection.execute(statement("write_prompts"), {"project": project, "prompts": rows})


def scene_row(project: UUID, position: int, scene: NewScene) -> dict[str, Any]:
    """Give a new scene's row."""
    return {
        "id": uuid4(),
        "project_id": project,
        "position": position,
        "title": scene.title,
        "narration": scene.narration,
    }


def shot_rows(
    scene: Mapping[str, Any], shots: Iterable[NewShot], position: int = 1
) -> Iterable[dict[str, Any]]:
    """Give the rows of new shots of a scene, from a position on."""
    for number, shot in enumerate(shots, position):
        yield {
            "id": uuid4(),
            "project_id": scene["project_id"],
            "scene_id": scene["id"],
            "position": number,
            "label": shot.label,
            "image_prompt": shot.image_prompt,
            "video_prompt": shot.video_prompt,
            "narration": shot.narration,
            "duration_seconds": shot.duration_seconds,
            "start_frame_url": shot.start_frame_url,
            "end_frame_url": shot.end_frame_url,
        }
