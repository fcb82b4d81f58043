"""Polls in turns: each at its time, all together no faster than the provider allows, over all executors."""

import asyncio
import heapq
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from uuid import UUID

import structlog

from domain.clock import boot_time
from domain.ports import LaneKey, Pulse
from domain.rates import SLACK_SECONDS, Rate, Reading, Slot, share_of, spacing
from domain.retry import Backoff
from executor.work import Parking

_READING_SECONDS = 60.0
"""How long the sharpest look at the database's clock is kept: two clocks drift by milliseconds meanwhile."""
_LOOK_SECONDS = 0.5
"""How often to look whether there is a share, while there is none."""

log = structlog.get_logger(__name__)


class Shares:
    """Which slots are this executor's, as far as its last beats tell."""

    def __init__(self, executor: UUID, is_known_alive: Callable[[], bool]) -> None:
        self._executor = executor
        self._is_known_alive = is_known_alive
        self._pulse = Pulse()
        self._reading: Reading | None = None

    def learn(self, pulse: Pulse) -> None:
        """Take what a beat told."""
        self._pulse = pulse
        new, kept = pulse.reading, self._reading
        if new is not None and (
            kept is None or new.doubt <= kept.doubt or new.sent - kept.sent > _READING_SECONDS
        ):
            self._reading = new

    def next_slot(
        self, lane: LaneKey, per_second: float, *, not_before: float, after: int
    ) -> tuple[int, Slot] | None:
        """Give our first slot with a number above ``after`` that is open at ``not_before`` or later.

        ``None`` while we may use none: whoever has not beaten for a while asks nothing, since its share may
        have been given to others.
        """
        reading, gap = self._reading, spacing(per_second)
        if reading is None or not self._is_known_alive():
            return None
        share = share_of(self._executor, self._pulse.members.get(lane, ()), reading.at(boot_time()))
        if share is None:
            return None
        number = max(after, math.floor((reading.at(not_before) - SLACK_SECONDS) / gap) - 1)
        while True:
            number = share.next_after(number)
            slot = reading.slot(number * gap)
            if slot.closes > not_before:
                return number, slot


@dataclass(slots=True)
class _Line:
    """The polls of one model, those that are due first in front."""

    waiting: list[tuple[float, int, asyncio.Future[None]]] = field(default_factory=list)
    nearer: asyncio.Event = field(default_factory=asyncio.Event)
    server: asyncio.Task[None] | None = None

    def first(self) -> float | None:
        """Give when the first one is due."""
        while self.waiting and self.waiting[0][2].done():
            heapq.heappop(self.waiting)
        return self.waiting[0][0] if self.waiting else None


@dataclass(slots=True)
class _Brake:
    """How a provider is spared after it said that it was asked too often."""

    until: float = 0.0
    refusals: int = 0


class Pacer:
    """Lets polls go: each when it is due, and where its model has a limit, in a slot of ours."""

    def __init__(
        self, parking: Parking, shares: Shares, rates: Mapping[LaneKey, Mapping[str, Rate]], rng: Random
    ) -> None:
        self._parking = parking
        self._shares = shares
        self._rates = rates
        self._rng = rng
        self._lines: dict[tuple[LaneKey, str], _Line] = {}
        self._brakes: dict[LaneKey, _Brake] = {}
        self._numbers = count()
        self._backoff = Backoff(longest=60.0)

    async def wait(self, lane: LaneKey, model: str, seconds: float) -> None:
        """Wait for that long, and then until a poll of this model may go; ends when the executor drains."""
        due = boot_time() + seconds
        rate = self._rates.get(lane, {}).get(model)
        if rate is None or rate.polls is None:
            await self._parking.wait(max(seconds, self._braked(lane) - boot_time()))
            return
        line = self._lines.setdefault((lane, rate.model), _Line())
        if line.server is None:
            line.server = asyncio.create_task(self._serve(line, lane, rate.polls))
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(line.waiting, (due, next(self._numbers), turn))
        if line.waiting[0][2] is turn:
            line.nearer.set()
        with self._parking.parked():
            await turn

    def slow_down(self, lane: LaneKey, seconds: float | None) -> None:
        """Ask a provider nothing for as long as it said, or for longer with every refusal in a row."""
        brake = self._brakes.setdefault(lane, _Brake())
        if seconds is None and boot_time() < brake.until:
            return  # refused together with the one that braked
        brake.refusals += 1
        wait = self._backoff.delay(brake.refusals, self._rng, seconds or 0.0)
        brake.until = max(brake.until, boot_time() + wait)
        log.warning("polls slow down", action="polls_slow_down", provider=lane[1], seconds=round(wait, 1))

    def speed_up(self, lane: LaneKey) -> None:
        """Note that the provider answered."""
        if lane in self._brakes and boot_time() >= self._brakes[lane].until:
            del self._brakes[lane]

    def close(self) -> None:
        """Let nothing go any more."""
        for line in self._lines.values():
            if line.server is not None:
                line.server.cancel()

    def _braked(self, lane: LaneKey) -> float:
        brake = self._brakes.get(lane)
        return brake.until if brake else 0.0

    async def _serve(self, line: _Line, lane: LaneKey, per_second: float) -> None:
        used = 0
        while True:
            line.nearer.clear()
            now, due = boot_time(), line.first()
            if due is None:
                await line.nearer.wait()
                continue
            earliest = max(due, now, self._braked(lane))
            found = self._shares.next_slot(lane, per_second, not_before=earliest, after=used)
            start = now + _LOOK_SECONDS if found is None else max(found[1].opens, earliest)
            if found is None or start > now:
                # Looked at anew in any case: something may be due sooner, or the share another one by then.
                with suppress(TimeoutError):
                    async with asyncio.timeout(start - now):
                        await line.nearer.wait()
                continue
            used, _ = found
            _, _, turn = heapq.heappop(line.waiting)
            turn.set_result(None)
