"""Webhooks and their deliveries on PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import timedelta
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.api_tables import webhook_deliveries as _deliveries
from db.api_tables import webhooks as _webhooks
from db.engine import Database
from db.pages import page_of
from db.statements import statement
from domain.paging import Page, Position
from domain.records import Projects
from domain.webhooks import PING, Answered, Delivery, DeliveryState, DueDelivery, Webhook

_SHOWN = [_webhooks.c[field.name] for field in fields(Webhook)]
_KEPT = timedelta(days=30)


class WebhookStore:
    """``domain.webhooks.WebhookRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def create(self, *, project: UUID | None, url: str, types: Sequence[str], secret: str) -> Webhook:
        """See the port."""
        values = {"project_id": project, "url": url, "types": list(types), "secret": secret}
        made = await self._connection.execute(insert(_webhooks).values(values).returning(*_SHOWN))
        return _webhook(made.mappings().one())

    async def every(self, within: Projects) -> Sequence[Webhook]:
        """See the port."""
        query = select(*_SHOWN).order_by(_webhooks.c.created_at, _webhooks.c.id)
        if within is not None:
            query = query.where(_webhooks.c.project_id.in_(within))
        return [_webhook(row) for row in (await self._connection.execute(query)).mappings()]

    async def get(self, webhook: UUID) -> Webhook | None:
        """See the port."""
        found = await self._connection.execute(select(*_SHOWN).where(_webhooks.c.id == webhook))
        row = found.mappings().one_or_none()
        return _webhook(row) if row else None

    async def delete(self, webhook: UUID) -> None:
        """See the port. Whatever is queued for it in this very moment is never taken, and forgotten later."""
        await self._connection.execute(delete(_webhooks).where(_webhooks.c.id == webhook))
        await self._connection.execute(delete(_deliveries).where(_deliveries.c.webhook_id == webhook))

    async def enable(self, webhook: UUID) -> None:
        """See the port."""
        on = update(_webhooks).where(_webhooks.c.id == webhook).values(disabled_at=None)
        await self._connection.execute(on)

    async def ping(self, webhook: UUID) -> Delivery:
        """See the port."""
        made = insert(_deliveries).values(webhook_id=webhook, type=PING).returning(_deliveries)
        return _delivery((await self._connection.execute(made)).mappings().one())

    async def deliveries(self, webhook: UUID, *, after: Position | None, limit: int) -> Page[Delivery]:
        """See the port."""
        query = select(_deliveries).where(_deliveries.c.webhook_id == webhook)
        return await page_of(self._connection, query, _deliveries, after, limit, _delivery)

    async def replay(self, webhook: UUID, delivery: UUID) -> Delivery | None:
        """See the port."""
        again = (
            update(_deliveries)
            .where(_deliveries.c.id == delivery, _deliveries.c.webhook_id == webhook)
            .values(state=DeliveryState.PENDING, attempts=0, next_at=func.now())
            .returning(_deliveries)
        )
        row = (await self._connection.execute(again)).mappings().one_or_none()
        return _delivery(row) if row else None


class PostgresDeliveries:
    """``domain.webhooks.Deliveries``; borrows the database, which its owner closes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, limit: int) -> Sequence[DueDelivery]:
        """See the port."""
        async with self._database.transaction() as connection:
            found = await connection.execute(statement("take_deliveries"), {"limit": limit})
            return [_due(row) for row in found.mappings()]

    async def settle(self, delivery: DueDelivery, answered: Answered) -> None:
        """See the port."""
        values = asdict(answered) | {"delivery": delivery.id, "attempts": delivery.attempts}
        async with self._database.transaction() as connection:
            await connection.execute(statement("settle_delivery"), values)

    async def forget(self) -> None:
        """See the port."""
        over = delete(_deliveries).where(_deliveries.c.created_at < func.now() - _KEPT)
        async with self._database.transaction() as connection:
            await connection.execute(over)


def _webhook(row: RowMapping) -> Webhook:
    return Webhook(**{**row, "types": tuple(row["types"])})


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(**{**row, "state": DeliveryState(row["state"])})


def _due(row: RowMapping) -> DueDelivery:
    message = {
        "sequence": row["sequence"],
        "type": row["type"],
        "project_id": row["project_id"],
        "scene_id": row["scene_id"],
        "job_id": row["job_id"],
        "data": row["data"] or {},
        "created_at": row["happened_at"] or row["created_at"],
    }
    names = {field.name for field in fields(DueDelivery)} - {"message"}
    return DueDelivery(**{name: row[name] for name in names}, message=message)
