"""Register webhooks, look at what was delivered, and send it again."""

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain.access import Caller
from domain.errors import ConflictError, InvalidRequestError, NotAllowedError, NotFoundError, Problem
from domain.events import EventType
from domain.fetching import url_problem
from domain.paging import Page, Position
from domain.records import Transaction
from domain.webhooks import Delivery, Webhook
from services import projects

PREFIX = "whsec_"
MOST = 100
"""Webhooks of one project, and of all projects together: every event is held against each."""
_GROUP = re.compile(r"[a-z_]+\.\*")
_KNOWN = frozenset(map(str, EventType))


@dataclass(frozen=True, slots=True)
class Registered:
    """A webhook that was just made."""

    webhook: Webhook
    secret: str = field(repr=False)
    """What its messages are signed with, shown this once."""


async def register(
    tx: Transaction, caller: Caller, *, project: str | None, url: str, types: Sequence[str]
) -> Registered:
    """Send events of a project, or of all of them, to ``url`` from now on.

    Raises:
        InvalidRequestError: the URL or a type is none.
        NotAllowedError: the caller's key is for certain projects, and this would be for all.
        ConflictError: ``too_many_webhooks``.
    """
    if problems := _problems(url, types):
        raise InvalidRequestError(problems)
    if project is None and caller.project_ids is not None:
        raise NotAllowedError("this key is for certain projects; name one of them as project_id")
    found = None if project is None else (await projects.find(tx, caller, project)).id
    if sum(one.project_id == found for one in await tx.webhooks.every(None)) >= MOST:
        raise ConflictError(f"there are {MOST} webhooks already; delete one first", "too_many_webhooks")
    secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    made = await tx.webhooks.create(project=found, url=url, types=sorted(set(types)), secret=secret)
    return Registered(made, secret)


def _problems(url: str, types: Sequence[str]) -> list[Problem]:
    wrong = url_problem(url)
    problems = [Problem("url", url, wrong)] if wrong else []
    groups = sorted({f"{one.partition('.')[0]}.*" for one in _KNOWN})
    for number, one in enumerate(types):
        if one not in _KNOWN and not (_GROUP.fullmatch(one) and one in groups):
            allowed = f"allowed: a type of event, or a group: {', '.join(groups)}"
            problems.append(Problem(f"types[{number}]", one, allowed))
    return problems


async def every(tx: Transaction, caller: Caller) -> Sequence[Webhook]:
    """List the caller's webhooks, the oldest first."""
    return await tx.webhooks.every(caller.project_ids)


async def find(tx: Transaction, caller: Caller, webhook: UUID) -> Webhook:
    """Give a webhook.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    found = await tx.webhooks.get(webhook)
    hidden = caller.project_ids is not None and (found is None or found.project_id not in caller.project_ids)
    if found is None or hidden:
        raise NotFoundError("there is no such webhook")
    return found


async def delete(tx: Transaction, caller: Caller, webhook: UUID) -> None:
    """Send nothing more to it."""
    await tx.webhooks.delete((await find(tx, caller, webhook)).id)


async def ping(tx: Transaction, caller: Caller, webhook: UUID) -> Delivery:
    """Send a message that tells nothing. One that was disabled is enabled again: whoever asks expects it."""
    found = await find(tx, caller, webhook)
    await tx.webhooks.enable(found.id)
    return await tx.webhooks.ping(found.id)


async def deliveries(
    tx: Transaction, caller: Caller, webhook: UUID, after: Position | None, limit: int
) -> Page[Delivery]:
    """List what was sent and is to be sent, newest first."""
    found = await find(tx, caller, webhook)
    return await tx.webhooks.deliveries(found.id, after=after, limit=limit)


async def replay(tx: Transaction, caller: Caller, webhook: UUID, delivery: UUID) -> Delivery:
    """Send a message once more, under its id, from the first attempt on; enables as ``ping`` does.

    Raises:
        NotFoundError: there is no such webhook or delivery.
    """
    found = await find(tx, caller, webhook)
    again = await tx.webhooks.replay(found.id, delivery)
    if again is None:
        raise NotFoundError("there is no such delivery")
    await tx.webhooks.enable(found.id)
    return again
