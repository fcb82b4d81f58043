"""Events that are sent to addresses of other programs, as Standard Webhooks says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

PING = "webhook.ping"
"""The type of a message that a person asked for, to see whether it arrives."""
WAITS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each attempt, from the one before it on. After the last one a delivery has failed."""


class DeliveryState(StrEnum):
    """What became of a delivery."""

    PENDING = "pending"
    """To be attempted, for the first time or again."""
    DELIVERED = "delivered"
    """Answered with a 2xx."""
    FAILED = "failed"
    """Attempted as often as the schedule has it, or the address is gone (410)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One row of ``webhooks``, without its secret."""

    id: UUID
    project_id: UUID | None
    """The project whose events it gets; ``None`` for all."""
    url: str
    types: tuple[str, ...]
    """Event types, or groups of them such as ``job.*``; none at all for every event."""
    created_at: datetime
    disabled_at: datetime | None
    """Since when nothing is sent, because the address answered that it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of ``webhook_deliveries``."""

    id: UUID
    """Also the message's ``webhook-id``, the same at every attempt and replay."""
    webhook_id: UUID
    project_id: UUID | None
    sequence: int | None
    """Of the event; ``None`` for a ping."""
    type: str
    state: DeliveryState
    attempts: int
    next_at: datetime
    """When a pending one is attempted; while one is under way, when it counts as lost."""
    status: int | None
    """What the last attempt was answered, if it was."""
    error: str | None
    """Why the last attempt got no answer."""
    created_at: datetime
    attempted_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """A delivery in this process's hands, for a minute."""

    id: UUID
    webhook_id: UUID
    attempts: int
    """With this one; it fences the answer."""
    url: str
    secret: str = field(repr=False)
    type: str
    created_at: datetime
    message: Mapping[str, Any]
    """The event as the feed tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of one attempt."""

    delivered: bool = False
    gone: bool = False
    """The address wants nothing more, ever."""
    wait: float | None = None
    """Seconds until the next attempt; ``None`` for none."""
    status: int | None = None
    error: str | None = None


class Deliveries(Protocol):
    """What is to be delivered, as executors take it. No call holds a connection after it returns."""

    async def take(self, limit: int) -> Sequence[DueDelivery]:
        """Take what is due, a few of each webhook at most, for a minute: nobody else takes it meanwhile."""
        ...

    async def settle(self, delivery: DueDelivery, answered: Answered) -> None:
        """Write what became of an attempt, unless somebody else attempts it by now."""
        ...

    async def forget(self) -> None:
        """Remove what was over a month ago."""
        ...
