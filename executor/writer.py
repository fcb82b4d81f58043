"""Group commit: whatever moves pile up during one transaction go into the next one together."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from domain.errors import ConflictError, DatabaseUnavailableError, PoisonedError
from domain.moves import Move, Outcome
from domain.ports import JobQueue

LARGEST_BATCH = 500
"""Moves per transaction. Larger ones gain nothing measurable and hold their locks longer."""
_LONGEST_WAIT = 2.0

log = structlog.get_logger(__name__)


class Writer:
    """Writes moves, many in one transaction, and tells each caller what became of its own.

    One transaction at a time: while it runs, the next batch gathers, so the batch grows with the load and
    a lone move waits for nobody.
    """

    def __init__(
        self, queue: JobQueue, on_freed: Callable[[], None], on_flushed: Callable[[], None] = lambda: None
    ) -> None:
        self._queue = queue
        self._on_freed = on_freed
        self._on_flushed = on_flushed
        self._waiting: list[tuple[Move, asyncio.Future[Outcome]]] = []
        self._some = asyncio.Event()

    async def write(self, move: Move) -> Outcome:
        """Write one move; returns when it is committed or certainly is not.

        While the database is away this waits: what a provider answered must not be dropped.

        Raises:
            PoisonedError: this move's values cannot be stored.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((move, future))
        self._some.set()
        return await future

    async def run(self) -> None:
        """Flush for ever."""
        while True:
            await self._some.wait()
            batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            if not self._waiting:
                self._some.clear()
            await self._flush(batch)

    async def _flush(self, batch: Sequence[tuple[Move, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self._apply([move for move, _ in batch])
        except (PoisonedError, ConflictError) as error:
            if len(batch) == 1:
                _fail(batch[0][1], PoisonedError(error.message))
                return
            # One row spoils the transaction: halve it until that row stands alone.
            half = len(batch) // 2
            await self._flush(batch[:half])
            await self._flush(batch[half:])
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
        if any(move.frees_slot for move, _ in batch):
            self._on_freed()
        self._on_flushed()

    async def _apply(self, moves: Sequence[Move]) -> Sequence[Outcome]:
        wait = 0.05
        while True:
            try:
                return await self._queue.apply(moves)
            except DatabaseUnavailableError as error:
                # It may have committed all the same; applying again is safe.
                log.warning("moves wait for the database", action="flush_failed", error=error.message)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)


def _fail(future: asyncio.Future[Outcome], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
