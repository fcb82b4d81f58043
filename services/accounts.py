"""A project's credits: look at them, put some in, give some back, set a budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.access import Caller
from domain.credits import SMALLEST, Account, Cost, Entries, Entry, PromptCost, SceneWaits, Wait
from domain.errors import ConflictError, NotFoundError
from domain.events import EventType
from domain.films import Project
from domain.paging import Page, Position
from domain.records import Transaction
from services import jobs, projects

MOST_WAITING = 100
"""So many jobs that wait are named."""
SMALLEST_GRANT, LARGEST_GRANT = SMALLEST, Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class Statement:
    """How a project's account stands, and a page of its ledger."""

    on: bool
    """Whether credits are held at all."""
    account: Account
    entries: Entries
    waiting: Sequence[Wait]
    """The first of the jobs that the account does not go for."""
    waiting_by_scene: Sequence[SceneWaits]
    """All of them."""


async def look(
    tx: Transaction, caller: Caller, project: str, *, after: int | None = None, limit: int = 50
) -> Statement:
    """Tell how a project stands."""
    found = await projects.find(tx, caller, project)
    entries = await tx.credits.entries(found.id, after=after, limit=limit)
    account = await tx.credits.account(found.id)
    waiting = await tx.credits.waiting(found.id, MOST_WAITING)
    by_scene = await tx.credits.waiting_by_scene(found.id)
    return Statement(tx.credits.on, account, entries, waiting, by_scene)


async def costs(
    tx: Transaction, caller: Caller, project: str, after: Position | None, limit: int
) -> Page[Cost]:
    """List every attempt with what it cost, the latest first."""
    found = await projects.find(tx, caller, project)
    return await tx.credits.costs(found.id, after=after, limit=limit)


async def prompts(
    tx: Transaction, caller: Caller, project: str, after: Position | None, limit: int
) -> Page[PromptCost]:
    """List what prompts that were written for orders cost, the latest first."""
    found = await projects.find(tx, caller, project)
    return await tx.credits.prompts(found.id, after=after, limit=limit)


async def grant(
    tx: Transaction, caller: Caller, project: str, amount: Decimal, *, key: str, note: str | None = None
) -> Entry:
    """Put credits in, once for each key.

    Raises:
        ConflictError: ``credits_off``, or ``grant_key_reused``.
    """
    found = await _writable(tx, caller, project)
    return await tx.credits.grant(found.id, amount, key=key, note=note)


async def refund(
    tx: Transaction,
    caller: Caller,
    project: str,
    job: UUID,
    amount: Decimal | None,
    *,
    key: str,
    note: str | None = None,
) -> Sequence[Entry]:
    """Give back what a job was charged, or a part of it; without an amount also what is held in doubt.

    Raises:
        ConflictError: ``credits_off``, or ``nothing_to_refund``.
    """
    found = await _writable(tx, caller, project)
    if (await jobs.get(tx, caller, job)).project_id != found.id:
        raise NotFoundError("there is no such job in this project")
    return await tx.credits.refund(found.id, job, amount, key=key, note=note)


async def set_budget(tx: Transaction, caller: Caller, project: str, cap: Decimal | None) -> Account:
    """Set the most that a project may spend, or lift that."""
    found = await _writable(tx, caller, project)
    await tx.credits.set_cap(found.id, cap)
    data = {"budget": None if cap is None else float(cap)}
    await tx.events.append(found.id, EventType.CREDITS_BUDGET, data=data)
    return await tx.credits.account(found.id)


async def _writable(tx: Transaction, caller: Caller, project: str) -> Project:
    found = await projects.find(tx, caller, project)
    if not tx.credits.on:
        raise ConflictError(
            "credits are off here; set CREDITS=on for the API and all executors", "credits_off"
        )
    return found
