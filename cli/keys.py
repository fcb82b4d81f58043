"""``rushes keys``: who may call the API."""

import asyncio
from collections.abc import Collection, Sequence
from uuid import UUID

import typer

from cli.output import say, warn
from cli.records import opened_records
from cli.tables import print_table
from domain.access import LOCAL, ApiKey, Scope
from domain.errors import NotFoundError
from services import keys, projects

_FIRST = (
    "this is the first key: from now on the API answers nobody without one, on this machine neither, and "
    "revoking it does not change that. Send it as Authorization: Bearer rsh_…"
)


def create_key(*, name: str, scopes: Collection[Scope], projects: Collection[str]) -> None:
    """Make a key; its secret goes to stdout and everything else to stderr, so that it can be piped."""
    secret, key = asyncio.run(_create(name, scopes, projects))
    allows = ", ".join(sorted(key.scopes))
    typer.echo(f"key {key.id} ({key.name}: {allows}); the secret is shown only this once:", err=True)
    typer.echo(secret)


async def _create(name: str, scopes: Collection[Scope], references: Collection[str]) -> tuple[str, ApiKey]:
    async with opened_records() as records, records.transaction() as tx:
        found = [(await projects.find(tx, LOCAL, reference)).id for reference in references]
        if not await tx.keys.any():
            warn(_FIRST)
        return await keys.create(tx, name=name, scopes=scopes, project_ids=found or None)


def list_keys() -> None:
    """Print all keys, the oldest first."""
    columns = ("id", "name", "allows", "projects", "created", "last used", "revoked")
    print_table(columns, [_row(key) for key in asyncio.run(_every())])


async def _every() -> Sequence[ApiKey]:
    async with opened_records() as records, records.transaction() as tx:
        return await tx.keys.every()


def _row(key: ApiKey) -> tuple[object, ...]:
    within = "all" if key.project_ids is None else ", ".join(sorted(map(str, key.project_ids)))
    moments = (key.created_at, key.last_used_at, key.revoked_at)
    times = [None if moment is None else moment.isoformat(timespec="seconds") for moment in moments]
    return (key.id, key.name, ", ".join(sorted(key.scopes)), within, *times)


def revoke_key(key: UUID) -> None:
    """Make a key worthless.

    Raises:
        NotFoundError: there is no such key, or it is revoked already.
    """

    async def act() -> bool:
        async with opened_records() as records, records.transaction() as tx:
            return await tx.keys.revoke(key)

    if not asyncio.run(act()):
        raise NotFoundError("there is no such key, or it is revoked already")
    say(f"{key} is revoked")
