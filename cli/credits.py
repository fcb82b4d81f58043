"""``rushes credits``: how a project's account stands, and how it gets more."""

import asyncio
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from uuid import uuid4

from cli.output import say, warn
from cli.records import opened_records
from cli.tables import print_table
from domain.access import LOCAL
from domain.credits import Entry, usd
from domain.errors import InvalidRequestError, Problem
from services import accounts
from services.accounts import Statement

_COLUMNS = ("created", "entry", "balance", "held", "spent", "owed", "job", "receipt", "note")


def show_credits(project: str, *, limit: int) -> None:
    """Print an account and the latest entries of its ledger."""
    found = asyncio.run(_look(project, limit))
    if not found.on:
        warn("CREDITS is off here, so nothing is held and nothing changes this")
    account = found.account
    budget = "" if account.cap is None else f"; budget {usd(account.cap)}"
    say(
        f"{usd(account.balance)} free, {usd(account.held)} held, {usd(account.spent)} spent, "
        f"{usd(account.owed)} owed{budget}"
    )
    print_table(_COLUMNS, map(_row, found.entries.data))


async def _look(project: str, limit: int) -> Statement:
    async with opened_records() as records, records.transaction() as tx:
        return await accounts.look(tx, LOCAL, project, limit=limit)


def _row(entry: Entry) -> tuple[object, ...]:
    figures = [f"{figure.normalize():f}" for figure in (entry.amount, entry.held, entry.spent, entry.owed)]
    created = entry.created_at.isoformat(timespec="seconds")
    return (created, entry.kind, *figures, entry.job_id, entry.receipt_id, entry.note)


def grant_credits(project: str, amount: str, *, key: str | None, note: str | None) -> None:
    """Put credits in, once for each key.

    Raises:
        InvalidRequestError: the amount is nothing that can be granted.
        ConflictError: credits are off, or the key was used for another grant.
    """
    granted = _amount(amount)

    async def act() -> Statement:
        async with opened_records() as records, records.transaction() as tx:
            await accounts.grant(tx, LOCAL, project, granted, key=f"{LOCAL.name}:{key or uuid4()}", note=note)
            return await accounts.look(tx, LOCAL, project, limit=1)

    account = asyncio.run(act()).account
    say(f"granted {usd(granted)}: {usd(account.balance)} free, {usd(account.held)} held")


def _amount(text: str) -> Decimal:
    smallest, largest = accounts.SMALLEST_GRANT, accounts.LARGEST_GRANT
    with suppress(InvalidOperation):
        amount = Decimal(text)
        if smallest <= amount <= largest and not amount % smallest:
            return amount
    allowed = f"USD from {smallest:f} to {largest:f}, six decimals at most"
    raise InvalidRequestError([Problem("USD", text, allowed)])
