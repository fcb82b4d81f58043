"""Submits that are booked ahead: when each model's next one may go, by the database's clock."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import tables
from db.statements import statement
from domain.clock import boot_time
from domain.ports import Lane, LaneKey
from domain.rates import AHEAD_SECONDS, LEAD_SECONDS, Rate, Reading, Slot, spacing

_rates = tables.rates


@dataclass(frozen=True, slots=True)
class Openings:
    """What a lane's rates let through now."""

    booked: Sequence[str]
    """Models, aliases included, that are booked as far ahead as is allowed."""
    room: int | None
    """Jobs that may be claimed whichever of the other models they name; ``None``: as many as one likes."""
    wait: float
    """Seconds until the first of the booked ones has a slot to book; 0 without any."""


async def openings(connection: AsyncConnection, lane: Lane) -> Openings:
    """See what a lane's rates let through. Its gate is locked, so nobody else claims meanwhile."""
    limited = {name: rate for name, rate in lane.rates.items() if rate.submits is not None}
    if not limited:
        return Openings((), None, 0.0)
    left = func.extract("epoch", _rates.c.free_at - func.clock_timestamp())
    query = select(_rates.c.model, left).where(
        _rates.c.provider == lane.provider, _rates.c.kind == lane.kind, left > LEAD_SECONDS
    )
    found = {model: float(seconds) for model, seconds in await connection.execute(query)}
    waits = {
        name: found.get(rate.model, 0.0) - LEAD_SECONDS - AHEAD_SECONDS for name, rate in limited.items()
    }
    booked = [name for name, wait in waits.items() if wait > 0]
    # From the first free slot to as far ahead as is allowed, both ends included.
    free = [
        1 + math.floor(min(-wait, AHEAD_SECONDS) / spacing(limited[name].submits or 1.0))
        for name, wait in waits.items()
        if wait <= 0
    ]
    return Openings(booked, min(free, default=None), min((waits[name] for name in booked), default=0.0))


async def book(connection: AsyncConnection, lane: LaneKey, rate: Rate, slots: int) -> Sequence[Slot]:
    """Book slots behind those that are booked already; whose rate has no limit, needs none."""
    assert rate.submits is not None, "only what is limited is booked"
    kind, provider = lane
    gap = spacing(rate.submits)
    values: Mapping[str, object] = {
        "provider": provider,
        "kind": kind,
        "model": rate.model,
        "lead": LEAD_SECONDS,
        "taken": slots * gap,
    }
    sent = boot_time()
    row = (await connection.execute(statement("book_slots"), values)).one()
    reading = Reading(row.clock, sent, boot_time())
    return [reading.slot(row.opens + number * gap) for number in range(slots)]
