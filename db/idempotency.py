"""Answers by idempotency key, on PostgreSQL."""

from datetime import timedelta

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.api_tables import idempotency_keys as keys
from domain.errors import ConflictError
from domain.records import Replay

KEPT = timedelta(days=7)
"""How long an answer is replayed: longer than any client goes on retrying."""
_SWEPT_AT_ONCE = 20


class IdempotencyStore:
    """``domain.records.IdempotencyRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, caller: str, key: str, request_hash: str) -> Replay | None:
        """See the port. The insert waits for another transaction that holds the same key."""
        await self._sweep()
        taken = await self._connection.execute(
            insert(keys)
            .values(caller=caller, key=key, request_hash=request_hash)
            .on_conflict_do_nothing()
            .returning(keys.c.key)
        )
        if taken.first() is not None:
            return None
        return await self.first(caller, key, request_hash)

    async def first(self, caller: str, key: str, request_hash: str) -> Replay | None:
        """See the port."""
        query = select(keys).where(keys.c.caller == caller, keys.c.key == key)
        first = (await self._connection.execute(query)).mappings().one_or_none()
        if first is None:
            return None
        if first["request_hash"] != request_hash:
            raise ConflictError(
                "this idempotency key was used for another request; use a new one", "idempotency_key_reused"
            )
        return Replay(first["status"], first["response"])

    async def finish(self, caller: str, key: str, answer: Replay) -> None:
        """See the port."""
        await self._connection.execute(
            update(keys)
            .where(keys.c.caller == caller, keys.c.key == key)
            .values(status=answer.status, response=dict(answer.body))
        )

    async def _sweep(self) -> None:
        """Drop a few keys that are past their time; every use pays a little, and no job is needed."""
        old = (
            select(keys.c.caller, keys.c.key)
            .where(keys.c.created_at < func.now() - KEPT)
            .limit(_SWEPT_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        await self._connection.execute(delete(keys).where(tuple_(keys.c.caller, keys.c.key).in_(old)))
