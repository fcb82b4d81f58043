"""Projects, scenes and shots on PostgreSQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import tables
from db.cuts import read_cut
from db.pages import page_of
from db.rollup import lock_for_roll_up, roll_up
from db.script import scene_row, shot_rows
from db.settlement import open_accounts
from db.statements import statement
from domain.credits import CreditTerms
from domain.films import Cut, Film, NewProject, Project, Scene, SceneTally, Shot, Standing
from domain.paging import Page, Position
from domain.pipeline import ShotState
from domain.records import Projects
from domain.statuses import JobKind, JobStatus, RenderStatus, ReviewStatus, Step

_projects, _scenes, _shots = tables.projects, tables.scenes, tables.shots
_issues = tables.review_issues


class ProjectStore:
    """``domain.records.ProjectRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection, *, terms: CreditTerms | None = None) -> None:
        self._connection = connection
        self._terms = terms

    async def create(self, new: NewProject) -> Film:
        """See the port: a few statements, however long the film."""
        project = uuid4()
        await self._connection.execute(insert(_projects).values(id=project, title=new.title))
        scenes = [scene_row(project, number, scene) for number, scene in enumerate(new.scenes, 1)]
        shots = [
            row
            for scene, made in zip(new.scenes, scenes, strict=True)
            for row in shot_rows(made, scene.shots)
        ]
        if scenes:
            await self._connection.execute(insert(_scenes), scenes)
        if shots:
            await self._connection.execute(insert(_shots), shots)
        await self._open_account(project)
        film = await self.film(project)
        assert film is not None, "written above, in this transaction"
        return film

    async def page(self, *, within: Projects, after: Position | None, limit: int) -> Page[Project]:
        """See the port."""
        query = select(_projects)
        if within is not None:
            query = query.where(_projects.c.id.in_(within))
        return await page_of(self._connection, query, _projects, after, limit, _project)

    async def counts(self, projects: Collection[UUID]) -> Mapping[UUID, Mapping[JobStatus, int]]:
        """See the port."""
        found = await self._connection.execute(statement("counts"), {"projects": list(projects)})
        counts: dict[UUID, dict[JobStatus, int]] = {}
        for row in found:
            counts.setdefault(row.project_id, {})[JobStatus(row.status)] = row.jobs
        return counts

    async def find(self, project: UUID | str) -> Project | None:
        """See the port."""
        column = _projects.c.id if isinstance(project, UUID) else _projects.c.receipt
        rows = await self._connection.execute(select(_projects).where(column == project))
        row = rows.mappings().one_or_none()
        return _project(row) if row else None

    async def film(self, project: UUID) -> Film | None:
        """See the port."""
        found = await self.find(project)
        return Film(found, await self._read_scenes(project)) if found else None

    async def scene(self, project: UUID, scene: UUID) -> Scene | None:
        """See the port."""
        return next(iter(await self._read_scenes(project, scene)), None)

    async def _read_scenes(self, project: UUID, scene: UUID | None = None) -> tuple[Scene, ...]:
        still_open = select(func.count()).where(
            _issues.c.scene_id == _scenes.c.id, _issues.c.resolved_at.is_(None)
        )
        counted = still_open.scalar_subquery().label("open_issues")
        scenes = select(_scenes, counted).where(_scenes.c.project_id == project)
        shots = select(_shots).where(_shots.c.project_id == project)
        if scene is not None:
            scenes, shots = scenes.where(_scenes.c.id == scene), shots.where(_shots.c.scene_id == scene)
        scene_rows = await self._connection.execute(scenes.order_by(_scenes.c.position, _scenes.c.id))
        shot_rows = await self._connection.execute(shots.order_by(_shots.c.position, _shots.c.id))
        by_scene: dict[UUID, list[Shot]] = {}
        for row in shot_rows.mappings():
            by_scene.setdefault(row["scene_id"], []).append(Shot(**row))
        return tuple(_scene(row, by_scene.get(row["id"], ())) for row in scene_rows.mappings())

    async def shot_states(self, project: UUID, scene: UUID | None = None) -> Mapping[UUID, ShotState]:
        """See the port."""
        values = {"project": project, "scene": scene}
        found = await self._connection.execute(statement("shot_states"), values)
        return {row["shot_id"]: _shot_state(row) for row in found.mappings()}

    async def lock(self, project: UUID, scenes: Collection[UUID]) -> None:
        """See the port: after the account, since whoever orders jobs locks here."""
        await self._open_account(project)
        await lock_for_roll_up(self._connection, [project], scenes)

    async def _open_account(self, project: UUID) -> None:
        if self._terms is not None:
            await open_accounts(self._connection, [project], self._terms)

    async def roll_up(self, project: UUID, scenes: Collection[UUID]) -> None:
        """See the port."""
        await roll_up(self._connection, [project], scenes)

    async def cut(self, project: UUID, scene: UUID | None = None) -> Cut:
        """See the port."""
        return await read_cut(self._connection, project, scene)

    async def standing(self, project: UUID) -> Standing:
        """See the port."""
        found = (await self._connection.execute(statement("standing"), {"project": project})).one()
        failures = {JobKind(kind): int(jobs) for kind, jobs in (found.failures or {}).items()}
        return Standing(
            step=Step(found.step),
            images=found.images,
            images_completed=found.images_completed,
            failures=failures,
        )

    async def tallies(self, project: UUID, scene: UUID | None = None) -> Sequence[SceneTally]:
        """See the port."""
        found = await self._connection.execute(statement("tally"), {"project": project, "scene": scene})
        return [_tally(row) for row in found.mappings()]


def _project(row: RowMapping) -> Project:
    return Project(
        id=row["id"],
        title=row["title"],
        receipt=row["receipt"],
        status=RenderStatus(row["status"]),
        current_step=Step(row["current_step"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _scene(row: RowMapping, shots: Iterable[Shot]) -> Scene:
    return Scene(
        id=row["id"],
        project_id=row["project_id"],
        position=row["position"],
        title=row["title"],
        narration=row["narration"],
        stage=row["stage"],
        render_status=RenderStatus(row["render_status"]),
        review_status=ReviewStatus(row["review_status"]),
        review_ready=row["review_ready"],
        open_issues=row["open_issues"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        shots=tuple(shots),
    )


def _shot_state(row: RowMapping) -> ShotState:
    values = {name: value for name, value in row.items() if name != "shot_id"}
    for name in ("video", "image"):
        values[name] = JobStatus(values[name]) if values[name] else None
    return ShotState(**values)


def _tally(row: RowMapping) -> SceneTally:
    counts = {JobStatus(status): int(jobs) for status, jobs in row["counts"].items()}
    review = ReviewStatus(row["review_status"])
    return SceneTally(row["scene_id"], counts, row["progress"], row["missing"], review)
