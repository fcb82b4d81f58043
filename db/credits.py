"""Accounts on PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, RowMapping, Select, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import tables
from db.credit_tables import accounts as _accounts
from db.credit_tables import holds as _holds
from db.credit_tables import ledger as _ledger
from db.credit_tables import prompts as _prompts
from db.credit_tables import waits as _waits
from db.pages import page_of
from db.parameters import as_json, as_text
from db.settlement import open_accounts, wake
from db.statements import statement
from domain.credits import (
    Account,
    Cost,
    CreditTerms,
    Entries,
    Entry,
    EntryKind,
    Means,
    PromptCost,
    SceneWaits,
    Wait,
    dollars,
    micros,
    usd,
)
from domain.errors import ConflictError
from domain.paging import Page, Position
from domain.statuses import FINAL, AttemptState, JobKind, JobStatus

_attempts, _jobs = tables.attempts, tables.jobs


class CreditStore:
    """``domain.credits.CreditRecords`` within one transaction."""

    def __init__(self, connection: AsyncConnection, terms: CreditTerms | None) -> None:
        self._connection = connection
        self._terms = terms or CreditTerms()
        self.on = terms is not None

    async def account(self, project: UUID) -> Account:
        """See the port."""
        found = await self._connection.execute(select(_accounts).where(_accounts.c.project_id == project))
        row = found.mappings().one_or_none()
        if row is None:
            zero, first = Decimal(0), self._terms.welcome
            return Account(project_id=project, balance=first, held=zero, spent=zero, owed=zero, cap=None)
        return Account(
            project_id=project,
            **{name: dollars(row[name]) for name in ("balance", "held", "spent", "owed")},
            cap=None if row["spend_cap"] is None else dollars(row["spend_cap"]),
        )

    async def hold(self, project: UUID, costs: Mapping[UUID, Decimal], receipt: UUID) -> None:
        """See the port: all or nothing, since the error undoes the caller's transaction."""
        if not self.on or not costs:
            return
        await open_accounts(self._connection, [project], self._terms)
        before = await self.account(project)
        wanted = [
            {"job": job, "project": project, "amount": micros(cost), "receipt": receipt}
            for job, cost in costs.items()
        ]
        found = (await self._connection.execute(statement("hold_credits"), {"wanted": as_json(wanted)})).all()
        if not all(row.held for row in found):
            asked = sum((dollars(micros(cost)) for cost in costs.values()), Decimal(0))
            refusal = Means(before, asked).refusal
            assert refusal is not None, "what the account goes for is held"
            raise refusal

    async def grant(self, project: UUID, amount: Decimal, *, key: str, note: str | None) -> Entry:
        """See the port."""
        await open_accounts(self._connection, [project], self._terms)
        key = f"grant:{key}"
        if before := await self._entry(key):
            if (before["project_id"], before["kind"], before["amount"]) != (project, "grant", micros(amount)):
                message = "this key was used for another grant; use a new one"
                raise ConflictError(message, "grant_key_reused")
            return _entry(before)
        row = {"project_id": project, "kind": EntryKind.GRANT, "key": key, "receipt_id": uuid4()}
        row |= {"amount": micros(amount), "note": as_text(note)}
        made = await self._append(row)
        await self._pay_what_is_owed(project, made)
        await wake(self._connection, project)
        return _entry(made)

    async def _pay_what_is_owed(self, project: UUID, grant: RowMapping) -> None:
        owed = await self._connection.scalar(
            select(_accounts.c.owed).where(_accounts.c.project_id == project)
        )
        if paid := min(owed or 0, grant["amount"]):
            row = {"project_id": project, "kind": EntryKind.SETTLE, "receipt_id": grant["receipt_id"]}
            row |= {"amount": -paid, "spent": paid, "owed": -paid, "key": f"settle:{grant['key']}"}
            await self._append(row)

    async def refund(
        self, project: UUID, job: UUID, amount: Decimal | None, *, key: str, note: str | None
    ) -> Sequence[Entry]:
        """See the port: what is held in doubt first, since nobody knows of a charge there."""
        await open_accounts(self._connection, [project], self._terms)
        common = {"project_id": project, "job_id": job, "receipt_id": uuid4(), "note": as_text(note)}
        charged = int(
            await self._connection.scalar(
                select(func.coalesce(func.sum(_ledger.c.spent), 0)).where(
                    _ledger.c.job_id == job, _ledger.c.project_id == project
                )
            )
            or 0
        )
        kept = await self._let_go(project, job) if amount is None else []
        asked = charged if amount is None else micros(amount)
        if asked > charged or not (asked or kept):
            also = ", and nothing is held in doubt for it" if amount is None else "; a refund can be no more"
            raise ConflictError(
                f"{usd(dollars(charged))} were charged for this job{also}", "nothing_to_refund"
            )
        rows = [
            {**common, "kind": EntryKind.RELEASE, "amount": one.amount, "held": -one.amount}
            | {"attempt_id": one.attempt_id, "key": f"release:{job}:{one.number}"}
            for one in kept
            if one.amount
        ]
        if asked:
            rows.append(
                {**common, "kind": EntryKind.REFUND, "amount": asked, "spent": -asked, "key": f"refund:{key}"}
            )
        entries = [_entry(await self._append(row)) for row in rows]
        await wake(self._connection, project)
        return entries

    async def _let_go(self, project: UUID, job: UUID) -> Sequence[Any]:
        """Let go of the holds of a job that nothing but a person will end."""
        ended = select(_jobs.c.id).where(_jobs.c.status.in_(FINAL), _jobs.c.in_hand.is_(False))
        gone = _holds.delete().where(
            _holds.c.project_id == project,
            _holds.c.job_id == job,
            or_(_holds.c.attempt_id.is_not(None), _holds.c.job_id.in_(ended)),
        )
        return (await self._connection.execute(gone.returning(_holds))).all()

    async def set_cap(self, project: UUID, cap: Decimal | None) -> None:
        """See the port."""
        await open_accounts(self._connection, [project], self._terms)
        value = None if cap is None else micros(cap)
        await self._connection.execute(
            update(_accounts).where(_accounts.c.project_id == project).values(spend_cap=value)
        )
        await wake(self._connection, project)

    async def entries(self, project: UUID, *, after: int | None, limit: int) -> Entries:
        """See the port."""
        query = select(_ledger).where(_ledger.c.project_id == project)
        if after is not None:
            query = query.where(_ledger.c.id < after)
        found = await self._connection.execute(query.order_by(_ledger.c.id.desc()).limit(limit + 1))
        data = [_entry(row) for row in found.mappings()]
        return Entries(data[:limit], data[limit - 1].id if len(data) > limit else None)

    async def costs(self, project: UUID, *, after: Position | None, limit: int) -> Page[Cost]:
        """See the port."""
        return await page_of(self._connection, _costs(project), _attempts, after, limit, _cost)

    async def note_prompts(self, cost: PromptCost) -> None:
        """See the port: the moment is the database's."""
        values = {name: value for name, value in asdict(cost).items() if name != "created_at"}
        await self._connection.execute(insert(_prompts).values(values))

    async def prompts(self, project: UUID, *, after: Position | None, limit: int) -> Page[PromptCost]:
        """See the port."""
        query = select(_prompts).where(_prompts.c.project_id == project)
        return await page_of(self._connection, query, _prompts, after, limit, lambda row: PromptCost(**row))

    async def totals(self, project: UUID) -> Mapping[EntryKind, Decimal]:
        """See the port."""
        moved = case(
            (_ledger.c.kind == EntryKind.HOLD, _ledger.c.held),
            (_ledger.c.kind == EntryKind.SETTLE, _ledger.c.spent),
            else_=_ledger.c.amount,
        )
        query = select(_ledger.c.kind, func.sum(moved)).where(_ledger.c.project_id == project)
        found = await self._connection.execute(query.group_by(_ledger.c.kind))
        return {EntryKind(kind): dollars(int(total)) for kind, total in found}

    async def waiting(self, project: UUID, limit: int) -> Sequence[Wait]:
        """See the port."""
        if not self.on:
            return []
        query = _waiting(project, _waits.c.job_id, _waits.c.needed)
        first = query.order_by(_waits.c.needed, _waits.c.job_id).limit(limit)
        return [Wait(job, dollars(needed)) for job, needed in await self._connection.execute(first)]

    async def waiting_by_scene(self, project: UUID) -> Sequence[SceneWaits]:
        """See the port."""
        if not self.on:
            return []
        query = _waiting(project, _jobs.c.scene_id, func.count(), func.sum(_waits.c.needed))
        found = await self._connection.execute(query.group_by(_jobs.c.scene_id).order_by(_jobs.c.scene_id))
        return [SceneWaits(scene, jobs, dollars(int(needed))) for scene, jobs, needed in found]

    async def shortfall(self, job: UUID) -> Decimal | None:
        """See the port."""
        needed = await self._connection.scalar(select(_waits.c.needed).where(_waits.c.job_id == job))
        return None if needed is None or not self.on else dollars(needed)

    async def _append(self, row: Mapping[str, Any]) -> RowMapping:
        made = await self._connection.execute(insert(_ledger).values(row).returning(_ledger))
        appended: RowMapping = made.mappings().one()
        return appended

    async def _entry(self, key: str) -> RowMapping | None:
        found = await self._connection.execute(select(_ledger).where(_ledger.c.key == key))
        return found.mappings().one_or_none()


def _waiting(project: UUID, *columns: ColumnElement[Any]) -> Select[Any]:
    """Select from what waits; a job that ended instead may have left its row behind."""
    joined = _waits.join(_jobs, _jobs.c.id == _waits.c.job_id)
    chosen = select(*columns).select_from(joined)
    return chosen.where(_waits.c.project_id == project, _jobs.c.status == JobStatus.QUEUED)


def _costs(project: UUID) -> Select[Any]:
    charged = select(_ledger.c.attempt_id, _ledger.c.spent, _ledger.c.owed)
    settled = charged.where(_ledger.c.project_id == project, _ledger.c.kind == EntryKind.SETTLE).subquery()
    names = ("job_id", "number", "provider", "model", "state", "estimated_cost", "error_code")
    cost = case(
        (_attempts.c.actual_cost.is_not(None), _attempts.c.actual_cost),
        (_attempts.c.result.is_not(None), _attempts.c.estimated_cost),
    )
    return (
        select(
            _attempts.c.id,
            *(_attempts.c[name] for name in names),
            *(_attempts.c[name] for name in ("created_at", "finished_at")),
            *(_jobs.c[name] for name in ("scene_id", "shot_id", "kind")),
            cost.label("actual_cost"),
            settled.c.spent,
            settled.c.owed,
        )
        .select_from(_attempts.join(_jobs).outerjoin(settled, settled.c.attempt_id == _attempts.c.id))
        .where(_jobs.c.project_id == project)
    )


def _cost(row: RowMapping) -> Cost:
    values = {name: value for name, value in row.items() if name not in {"id", "spent", "owed"}}
    values |= {"kind": JobKind(row["kind"]), "state": AttemptState(row["state"])}
    charged, owed = (None if row[name] is None else dollars(row[name]) for name in ("spent", "owed"))
    return Cost(attempt_id=row["id"], charged=charged, owed=owed, **values)


def _entry(row: RowMapping) -> Entry:
    values = {**row, "kind": EntryKind(row["kind"])}
    values |= {name: dollars(row[name]) for name in ("amount", "held", "spent", "owed")}
    return Entry(**values)
