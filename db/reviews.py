"""Issues and verdicts on PostgreSQL."""

from collections.abc import Collection
from dataclasses import asdict, fields
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.pages import page_of
from db.statements import statement
from db.tables import review_issues as _issues
from db.tables import scenes as _scenes
from domain.paging import Page, Position
from domain.review import Issue, IssueStatus, IssueType, NewIssue, Stage
from domain.statuses import JobKind, ReviewStatus

_SHOWN = [_issues.c[field.name] for field in fields(Issue)]


class ReviewStore:
    """``domain.review.ReviewRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def file(self, project: UUID, scene: UUID, new: NewIssue) -> Issue:
        """See the port."""
        values = {"project_id": project, "scene_id": scene, **asdict(new)}
        made = await self._connection.execute(insert(_issues).values(values).returning(*_SHOWN))
        return _issue(made.mappings().one())

    async def get(self, scene: UUID, issue: UUID) -> Issue | None:
        """See the port."""
        query = select(*_SHOWN).where(_issues.c.id == issue, _issues.c.scene_id == scene)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return _issue(row) if row else None

    async def page(
        self, scene: UUID, status: IssueStatus | None, *, after: Position | None, limit: int
    ) -> Page[Issue]:
        """See the port."""
        query = select(*_SHOWN).where(_issues.c.scene_id == scene)
        if status is not None:
            is_open = _issues.c.resolved_at.is_(None)
            query = query.where(is_open if status is IssueStatus.OPEN else ~is_open)
        return await page_of(self._connection, query, _issues, after, limit, _issue)

    async def open_types(self, scene: UUID) -> Collection[IssueType]:
        """See the port."""
        query = select(_issues.c.type).where(_issues.c.scene_id == scene, _issues.c.resolved_at.is_(None))
        return [IssueType(name) for name in (await self._connection.execute(query)).scalars()]

    async def resolve(self, issue: UUID) -> None:
        """See the port."""
        await self._connection.execute(
            update(_issues).where(_issues.c.id == issue).values(resolved_at=func.now())
        )

    async def judge(self, scene: UUID, status: ReviewStatus, stage: Stage) -> None:
        """See the port."""
        values = {
            "review_status": status,
            # What the release before this one reads.
            "review_ready": status is ReviewStatus.VIDEO_COMPLETE,
            "stage": stage,
            "updated_at": func.now(),
        }
        await self._connection.execute(update(_scenes).where(_scenes.c.id == scene).values(values))

    async def send_back(self, scene: UUID, kinds: Collection[JobKind], shot: UUID | None) -> None:
        """See the port."""
        values = {"scene": scene, "kinds": list(kinds), "shot": shot}
        await self._connection.execute(statement("send_back"), values)

    async def accept(self, scene: UUID) -> None:
        """See the port."""
        await self._connection.execute(statement("accept_returned"), {"scene": scene})

    async def reopen(self, scene: UUID) -> None:
        """See the port."""
        approved = (_scenes.c.id == scene, _scenes.c.review_status == ReviewStatus.APPROVED)
        await self._connection.execute(
            update(_scenes).where(*approved).values(review_status=ReviewStatus.PENDING)
        )


def _issue(row: RowMapping) -> Issue:
    return Issue(**{**row, "type": IssueType(row["type"])})
