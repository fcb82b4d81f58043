"""Credits in the transactions that move jobs: lock accounts first, settle at the end."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Step
from db.statements import statement
from domain.credits import CreditTerms, micros


def lock_account_steps(projects: Collection[UUID]) -> Sequence[Step]:
    """Give what locks the accounts that there are; after gates, before projects."""
    return [("lock_accounts", {"projects": list(projects)})]


def settle_steps(projects: Collection[UUID], jobs: Collection[UUID]) -> Sequence[Step]:
    """Give what settles these jobs of these projects after they were moved, and wakes who can now be paid."""
    return [
        ("settle_credits", {"jobs": list(jobs)}),
        ("wake_waiting", {"projects": list(projects)}),
    ]


async def open_accounts(connection: AsyncConnection, projects: Collection[UUID], terms: CreditTerms) -> None:
    """Lock the accounts of projects, opened where there are none."""
    values = {"projects": list(projects), "welcome": micros(terms.welcome)}
    await connection.execute(statement("open_accounts"), values)
    await lock_accounts(connection, projects)


async def lock_accounts(connection: AsyncConnection, projects: Collection[UUID]) -> None:
    """Lock the accounts that these projects have."""
    for name, values in lock_account_steps(projects):
        await connection.execute(statement(name), values)


async def wake(connection: AsyncConnection, project: UUID) -> None:
    """Let jobs be claimed that the balance goes for now; the account is locked."""
    await connection.execute(statement("wake_waiting"), {"projects": [project]})


async def settle(connection: AsyncConnection, projects: Collection[UUID], jobs: Collection[UUID]) -> None:
    """Settle jobs that were just moved; their accounts are locked."""
    for name, values in settle_steps(projects, jobs):
        await connection.execute(statement(name), values)
