"""API keys on PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.api_tables import api_keys, sessions
from domain.access import ApiKey, Scope
from domain.records import Projects

_USED_WITHIN = timedelta(minutes=1)
"""How stale ``last_used_at`` may be: a write per request would cost more than it tells."""


class KeyStore:
    """``domain.records.KeyRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def any(self) -> bool:
        """See the port."""
        return bool(await self._connection.scalar(select(exists(select(api_keys.c.id)))))

    async def find(self, digest: str) -> ApiKey | None:
        """See the port."""
        return await self._used(select(api_keys).where(api_keys.c.hash == digest))

    async def _used(self, query: Select[Any]) -> ApiKey | None:
        query = query.where(api_keys.c.revoked_at.is_(None))
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        stale = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < func.now() - _USED_WITHIN)
        # The guard is in the statement, so that many requests at once write once.
        await self._connection.execute(
            update(api_keys).where(api_keys.c.id == row["id"], stale).values(last_used_at=func.now())
        )
        return _key(row)

    async def create(
        self, *, name: str, digest: str, scopes: Collection[Scope], project_ids: Projects
    ) -> ApiKey:
        """See the port."""
        values = {
            "name": name,
            "hash": digest,
            "scopes": sorted(scopes),
            "project_ids": None if project_ids is None else sorted(project_ids),
        }
        made = await self._connection.execute(insert(api_keys).values(values).returning(api_keys))
        return _key(made.mappings().one())

    async def every(self) -> Sequence[ApiKey]:
        """See the port."""
        query = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
        return [_key(row) for row in (await self._connection.execute(query)).mappings()]

    async def revoke(self, key: UUID) -> bool:
        """See the port."""
        ended = await self._connection.execute(
            update(api_keys)
            .where(api_keys.c.id == key, api_keys.c.revoked_at.is_(None))
            .values(revoked_at=func.now())
            .returning(api_keys.c.id)
        )
        return ended.first() is not None

    async def open_session(self, key: UUID, digest: str, lifetime: timedelta) -> None:
        """See the port."""
        await self._connection.execute(delete(sessions).where(sessions.c.expires_at < func.now()))
        values = {"hash": digest, "key_id": key, "expires_at": func.now() + lifetime}
        await self._connection.execute(insert(sessions).values(values))

    async def of_session(self, digest: str) -> ApiKey | None:
        """See the port."""
        query = select(api_keys).join(sessions, sessions.c.key_id == api_keys.c.id)
        return await self._used(query.where(sessions.c.hash == digest, sessions.c.expires_at > func.now()))

    async def end_session(self, digest: str) -> None:
        """See the port."""
        await self._connection.execute(delete(sessions).where(sessions.c.hash == digest))


def _key(row: RowMapping) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(map(Scope, row["scopes"])),
        project_ids=None if row["project_ids"] is None else frozenset(row["project_ids"]),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
