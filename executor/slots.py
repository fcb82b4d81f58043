"""The slots of submits: waiting for them, and booking others for those that were missed."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.clock import boot_time
from domain.errors import RushesError
from domain.ports import JobQueue, LaneKey
from domain.rates import Rate, Slot

_MISSES = 3
"""So often a slot may be missed; a machine that stalls for longer keeps to the rate on average only."""
_TIMER_SECONDS = 0.001
"""A timer may be early by its own resolution, which would be early for the provider too."""


@dataclass(slots=True)
class Slots:
    """Lets each submit go in a slot, and those of this executor apart from each other."""

    queue: JobQueue
    rates: Mapping[LaneKey, Mapping[str, Rate]]
    _missed: dict[tuple[LaneKey, Rate], list[asyncio.Future[Slot | None]]] = field(
        default_factory=lambda: defaultdict(list), init=False
    )
    _last: dict[tuple[LaneKey, str], float] = field(default_factory=dict, init=False)
    """When the latest of each bucket went from here."""
    _booking: asyncio.Task[None] | None = field(default=None, init=False)

    async def open(self, slot: Slot, lane: LaneKey, model: str) -> None:
        """Wait for a slot. Who misses it gets another, since somebody else may be close behind."""
        rate = self.rates[lane][model]
        misses, found = 0, slot
        await _until(found.opens)
        while boot_time() > found.closes and misses < _MISSES:
            another = await self._another(lane, rate)
            if another is None:
                break
            misses, found = misses + 1, another
            await _until(found.opens)
        await self._apart(lane, rate)

    async def _apart(self, lane: LaneKey, rate: Rate) -> None:
        """Keep to the rate within this executor in any case: after a stall many are late together."""
        assert rate.submits is not None, "only what is limited has slots"
        now = boot_time()
        turn = max(now, self._last.get((lane, rate.model), 0.0) + 1 / rate.submits)
        self._last[lane, rate.model] = turn
        if turn > now:
            await _until(turn)

    async def _another(self, lane: LaneKey, rate: Rate) -> Slot | None:
        """Book a slot, together with all that miss theirs meanwhile; ``None`` where that cannot be."""
        slot: asyncio.Future[Slot | None] = asyncio.get_running_loop().create_future()
        self._missed[lane, rate].append(slot)
        if self._booking is None or self._booking.done():
            self._booking = asyncio.create_task(self._book())
        # The task is nobody's who waits: a waiter that goes away takes no one else's slot along.
        return await slot

    async def _book(self) -> None:
        """Book in one go at a time: whoever is late for many must not ask the database for each of them."""
        while self._missed:
            (lane, rate), waiting = self._missed.popitem()
            found: list[Slot | None]
            try:
                found = list(await self.queue.book(lane, rate, len(waiting)))
            except RushesError:
                # Without a database the fence lets nothing out; then the intent is settled.
                found = [None] * len(waiting)
            for future, slot in zip(waiting, found, strict=True):
                if not future.done():
                    future.set_result(slot)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - boot_time() + _TIMER_SECONDS))
