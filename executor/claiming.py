"""Finding work: woken by notifications, by freed places, and by the clock when all else is silent."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from domain.errors import DatabaseUnavailableError, RushesError
from domain.job import Claim
from domain.ports import JobQueue, Lane
from domain.statuses import JobKind
from executor.heart import Heart

LARGEST_CLAIM = 500
"""Jobs per claim; a larger one would hold the gate longer than a flush does."""
_CLAIMS_IN_A_ROW = 8
_RECONNECT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Claimer:
    """Claims queued jobs and takes over orphans, and hands both to ``start``."""

    def __init__(
        self,
        queue: JobQueue,
        *,
        executor: UUID,
        lanes: Sequence[Lane],
        heart: Heart,
        start: Callable[[Claim], None],
        in_hand: Callable[[JobKind], int],
        poll_interval: float,
        on_news: Callable[[], None] = lambda: None,
    ) -> None:
        self._queue = queue
        self._executor = executor
        self._lanes = lanes
        self._makers = {
            kind: [lane.provider for lane in lanes if lane.kind is kind]
            for kind in {lane.kind for lane in lanes}
        }
        self._heart = heart
        self._start = start
        self._in_hand = in_hand
        self._on_news = on_news
        self._poll_interval = poll_interval
        self._wake = asyncio.Event()
        self._orphans = False
        self._again: asyncio.TimerHandle | None = None
        self._roll_ups = False

    def rescue(self) -> None:
        """Take over, as soon as we may, the jobs of executors that stopped beating."""
        self._orphans = True
        self._wake.set()

    def roll_up(self) -> None:
        """Decide soon the scenes that nobody else is going to decide."""
        self._roll_ups = True
        self._wake.set()

    def wake(self) -> None:
        """Look for jobs now."""
        self._wake.set()

    def wake_in(self, seconds: float) -> None:
        """Look for jobs when a back-off of ours is over, not at the next round."""
        asyncio.get_running_loop().call_later(seconds, self._wake.set)

    async def claim_forever(self) -> None:
        """Claim whenever woken, and every poll interval in any case."""
        while True:
            self._wake.clear()
            try:
                await self._round()
            except RushesError as error:
                # The edge of the loop: whatever one row or one moment does, the next round tries again.
                log.warning("could not claim", action="claim_failed", error=error.message)
            try:
                async with asyncio.timeout(self._poll_interval):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _round(self) -> None:
        if not self._heart.may_submit(self._heart.fence()):
            return  # what we claimed now we could not submit
        # Everybody rescues and nobody leads: a leader could be the one that is frozen.
        dead_too = self._orphans and self._heart.may_rescue()
        self._orphans = False
        # New work first, since it is waited for, except where what is adopted takes up the room.
        for lane in self._lanes:
            if lane.most_here is None:
                await self._claim(lane)
        await self._adopt(dead_too=dead_too)
        for lane in self._lanes:
            if lane.most_here is not None:
                await self._claim(lane)
        if self._roll_ups:
            self._roll_ups = False
            await self._queue.roll_up_due()
        if held_back := [wait for lane in self._lanes if (wait := self._queue.held_back(lane)) > 0]:
            self._look_again(min(held_back))

    async def _claim(self, lane: Lane) -> None:
        for _ in range(_CLAIMS_IN_A_ROW):
            if self._queue.held_back(lane) or not (room := self._room(lane)):
                return
            claims = await self._queue.claim(self._executor, lane, room)
            if not claims:
                return
            for claim in claims:
                self._start(claim)
            self._on_news()
            # The work just started goes first, and so does whatever else became ready.
            await asyncio.sleep(0)
        # While places keep getting free there may be more; other lanes and orphans have their turn first.
        self._wake.set()

    def _look_again(self, seconds: float) -> None:
        """Look when a rate lets more through; every round says anew when that is."""
        if self._again is not None:
            self._again.cancel()
        self._again = asyncio.get_running_loop().call_later(seconds, self._wake.set)

    def _room(self, lane: Lane) -> int:
        if lane.most_here is None:
            return LARGEST_CLAIM
        return max(0, lane.most_here - self._in_hand(lane.kind))

    async def _adopt(self, *, dead_too: bool) -> None:
        for kind, providers in self._makers.items():
            while claims := await self._queue.adopt(
                self._executor, providers, kind=kind, dead_too=dead_too, limit=LARGEST_CLAIM
            ):
                log.info("took over jobs", action="adopted", jobs=len(claims))
                for claim in claims:
                    self._start(claim)

    async def listen_forever(self) -> None:
        """Wake on every notification; connect anew whenever the connection is lost or deaf."""
        while True:
            try:
                async with self._queue.listen() as wakes:
                    async for _ in wakes:
                        self._wake.set()
                        self._on_news()
            except DatabaseUnavailableError as error:
                log.warning("not listening", action="listen_failed", error=error.message)
            await asyncio.sleep(_RECONNECT_SECONDS)
