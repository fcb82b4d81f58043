"""Videos on PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import tables
from db.claim_rows import job_of
from domain.videos import Video

_videos, _jobs = tables.videos, tables.jobs
_JOINED = _videos.join(_jobs, _jobs.c.id == _videos.c.job_id)


class VideoStore:
    """``domain.videos.VideoRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def make_home(self, project: UUID, scene: UUID, title: str) -> None:
        """See the port. Of two who are the first at once, one waits for the other."""
        home = upsert(tables.projects).values(id=project, title=title)
        await self._connection.execute(home.on_conflict_do_nothing(index_elements=["id"]))
        room = upsert(tables.scenes).values(id=scene, project_id=project, position=1, title=title)
        await self._connection.execute(room.on_conflict_do_nothing(index_elements=["id"]))

    async def add(self, job: UUID, remixed_from: UUID | None) -> None:
        """See the port."""
        await self._connection.execute(insert(_videos).values(job_id=job, remixed_from=remixed_from))

    async def get(self, project: UUID, job: UUID) -> Video | None:
        """See the port."""
        query = select(_jobs, _videos.c.remixed_from).select_from(_JOINED)
        query = query.where(_videos.c.job_id == job, _videos.c.hidden_at.is_(None))
        found = await self._connection.execute(query.where(_jobs.c.project_id == project))
        row = found.mappings().one_or_none()
        return _video(row) if row else None

    async def page(
        self, project: UUID, *, after: UUID | None, limit: int, oldest_first: bool
    ) -> Sequence[Video] | None:
        """See the port."""
        query = select(_jobs, _videos.c.remixed_from).select_from(_JOINED)
        query = query.where(_jobs.c.project_id == project, _videos.c.hidden_at.is_(None))
        place = tuple_(_jobs.c.created_at, _jobs.c.id)
        if after is not None:
            end = await self._moment(project, after)
            if end is None:
                return None
            query = query.where(place > tuple_(*end) if oldest_first else place < tuple_(*end))
        columns = (_jobs.c.created_at, _jobs.c.id)
        ordered = query.order_by(*(c if oldest_first else c.desc() for c in columns)).limit(limit)
        return [_video(row) for row in (await self._connection.execute(ordered)).mappings()]

    async def _moment(self, project: UUID, job: UUID) -> tuple[object, UUID] | None:
        query = select(_jobs.c.created_at).select_from(_JOINED)
        found = await self._connection.execute(
            query.where(_videos.c.job_id == job, _jobs.c.project_id == project)
        )
        created = found.scalar_one_or_none()
        return None if created is None else (created, job)

    async def hide(self, job: UUID) -> bool:
        """See the port."""
        hiding = update(_videos).where(_videos.c.job_id == job, _videos.c.hidden_at.is_(None))
        done = await self._connection.execute(hiding.values(hidden_at=func.now()).returning(_videos.c.job_id))
        return done.first() is not None


def _video(row: RowMapping) -> Video:
    return Video(job_of(row), row["remixed_from"])
