"""Being alive, and knowing when one may no longer act as if one were."""

import asyncio
from collections.abc import Callable

import structlog

from domain.clock import boot_time
from domain.errors import DatabaseUnavailableError
from domain.ports import ExecutorCard, JobQueue, Pulse

BEAT_SECONDS = 2.0
"""Between two beats."""
SUBMIT_SECONDS = 6.0
"""After the last good beat was sent, how long submits are allowed: less than EXPIRY_SECONDS by more than
a submit takes to leave, so that we stop before anybody else may take over."""
EXPIRY_SECONDS = 10.0
"""After this long without a beat, by the database's clock, others take the jobs over."""
_BEAT_TIMEOUT = 4.0

log = structlog.get_logger(__name__)


class Heart:
    """Beats, and answers the two questions that depend on it."""

    def __init__(
        self,
        queue: JobQueue,
        card: ExecutorCard,
        on_pulse: Callable[[Pulse], None],
        clock: Callable[[], float] = boot_time,
    ) -> None:
        self._queue = queue
        self._card = card
        self._on_pulse = on_pulse
        self._clock = clock
        self._last_good = float("-inf")
        self._healthy_since: float | None = None
        self._gaps = 0

    async def beat(self) -> bool:
        """Beat once; tell whether the database took it."""
        sent = self._clock()
        try:
            async with asyncio.timeout(_BEAT_TIMEOUT):
                pulse = await self._queue.beat(self._card)
        except (DatabaseUnavailableError, TimeoutError) as error:
            self._healthy_since = None
            log.warning("the beat failed", action="beat_failed", error=str(error))
            return False
        # A beat counts from when it was sent: the answer may have taken long, or we were frozen meanwhile.
        if sent - self._last_good >= SUBMIT_SECONDS:
            self._gaps += 1
            self._healthy_since = None
        self._last_good = sent
        if self._healthy_since is None:
            self._healthy_since = sent
        self._on_pulse(pulse)
        return True

    async def first_beat(self) -> None:
        """Beat until the database takes one."""
        wait = 0.1
        while not await self.beat():
            await asyncio.sleep(wait)
            wait = min(wait * 2, BEAT_SECONDS)

    async def run(self) -> None:
        """Beat for ever."""
        while True:
            await self.beat()
            await asyncio.sleep(BEAT_SECONDS)

    def fence(self) -> int:
        """Give a mark, to take before an intent is committed and to show ``may_submit`` before its POST."""
        return self._gaps

    def may_submit(self, fence: int) -> bool:
        """Tell whether nobody else can have taken our jobs over since ``fence``.

        A recent beat alone does not say so: a process that was frozen and woke up may have beaten again
        before it goes on where it stood.
        """
        return self._gaps == fence and self.is_beating()

    def is_beating(self) -> bool:
        """Tell whether nobody can take us for dead by now."""
        return self._clock() - self._last_good < SUBMIT_SECONDS

    def may_rescue(self) -> bool:
        """Tell whether others' silence is theirs: we have beaten for one whole expiry without a fault.

        After an outage of the database everybody looks dead for a while; so does everybody to a process
        that has just started or just woken up.
        """
        return self.steady_for(EXPIRY_SECONDS)

    def steady_for(self, seconds: float) -> bool:
        """Tell whether we have beaten for so long without a fault."""
        now = self._clock()
        if now - self._last_good >= SUBMIT_SECONDS:
            self._healthy_since = None
        return self._healthy_since is not None and now - self._healthy_since >= seconds
