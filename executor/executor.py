"""One executor: its loops, its jobs in flight, and how it stops."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, replace
from random import Random
from typing import Any

import structlog

from domain.errors import DatabaseUnavailableError
from domain.job import Claim
from domain.moves import Move, Outcome
from domain.ports import JobQueue, Lane, Pulse
from domain.statuses import JobKind, JobStatus
from executor.claiming import Claimer
from executor.delivering import Deliverer
from executor.heart import Heart
from executor.pacing import Shares
from executor.parts import Parts, assemble
from executor.runner import Runner
from executor.tidying import tidy_forever
from executor.work import Parking, Work
from executor.writer import Writer
from services.numbering import Numberer

_HAND_OVER_TIMEOUT = 5.0
_HAND_OVER_AGAIN = 0.2

log = structlog.get_logger(__name__)


class Executor:
    """Claims jobs and runs them until told to stop. Owns no connection and no adapter: its caller does."""

    def __init__(self, queue: JobQueue, lanes: Sequence[Lane], parts: Parts) -> None:
        self._queue = queue
        says = {**parts.card.settings, "lanes": [asdict(lane) for lane in lanes]}
        # Others go by the lanes that it says it serves: they divide the polls by them.
        self._card = replace(parts.card, settings=says)
        self._drain_seconds = parts.settings.drain_seconds
        self._rng = Random()  # noqa: S311 # spreads waits, guards nothing
        self._parking = Parking()
        self._limited = {lane.kind for lane in lanes if lane.most_here is not None}
        self._in_flight: dict[asyncio.Task[None], Work] = {}
        self._numberer = Numberer(queue.number_events, interval=parts.settings.poll_interval_seconds)
        self._deliverer = _deliverer(parts, self._rng)
        self._writer = Writer(queue, self._freed, self._numberer.wake)
        self._heart = Heart(queue, self._card, self._learn)
        self._shares = Shares(parts.card.id, self._heart.is_beating)
        self._claimer = Claimer(
            queue,
            executor=parts.card.id,
            lanes=lanes,
            heart=self._heart,
            start=self._start,
            in_hand=self._in_hand,
            on_news=self._news,
            poll_interval=parts.settings.poll_interval_seconds,
        )
        self._runner: Runner = assemble(
            parts,
            queue,
            self._write,
            heart=self._heart,
            parking=self._parking,
            shares=self._shares,
            rng=self._rng,
        )

    @property
    def in_flight(self) -> int:
        """How many jobs this executor works on."""
        return len(self._in_flight)

    async def run(self, stop: asyncio.Event, ready: asyncio.Event | None = None) -> None:
        """Work until ``stop`` is set, then drain: hand over what can wait, finish what cannot.

        ``ready`` is set once jobs may be claimed.
        """
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(self._writer.run())
            await self._heart.first_beat()
            beating = group.create_task(self._heart.run())
            numbering = group.create_task(self._numberer.run())
            hunting = [
                group.create_task(tidy_forever(self._queue, self._heart)),
                group.create_task(self._claimer.listen_forever()),
                group.create_task(self._claimer.claim_forever()),
            ]
            if self._deliverer is not None:
                hunting.append(group.create_task(self._deliverer.run()))
            log.info("the executor is ready", action="executor_ready", executor=str(self._card.id))
            if ready is not None:
                ready.set()
            await stop.wait()
            for task in hunting:
                task.cancel()
            await self._drain(beating)
            writer.cancel()
            numbering.cancel()
            self._runner.close()

    def _start(self, claim: Claim) -> None:
        work = self._runner.take(claim)
        self._track(work, self._runner.run(work))

    def _track(self, work: Work, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._in_flight[task] = work
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        work = self._in_flight.pop(task)
        if work.claim.job.kind in self._limited:
            self._claimer.wake()

    def _in_hand(self, kind: JobKind) -> int:
        return len({id(work) for work in self._in_flight.values() if work.claim.job.kind is kind})

    async def _write(self, move: Move) -> Outcome:
        outcome = await self._writer.write(move)
        if move.target is JobStatus.QUEUED and outcome is Outcome.APPLIED:
            self._claimer.wake_in(move.delay)
        return outcome

    def _news(self) -> None:
        self._numberer.wake()
        if self._deliverer is not None:
            self._deliverer.wake()

    def _freed(self) -> None:
        self._claimer.wake()

    def _learn(self, pulse: Pulse) -> None:
        """Act on a beat's news, which come again with every beat until they are dealt with."""
        self._shares.learn(pulse)
        if pulse.orphans:
            self._claimer.rescue()
        if pulse.roll_ups:
            self._claimer.roll_up()
        news = set(pulse.cancelled)
        for work in [w for w in self._in_flight.values() if w.claim.job.id in news and not w.cancelled]:
            work.cancelled = True
            if work.handle is not None:
                self._track(work, self._runner.stop(work))

    async def _drain(self, beating: asyncio.Task[None]) -> None:
        """End the waits, let submits and uploads finish for a while, put the rest into nobody's hands."""
        log.info("draining", action="drain", jobs=len(self._in_flight))
        self._parking.close()
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=self._drain_seconds)
        # A beat after the hand-over would undo the signing off.
        beating.cancel()
        await asyncio.wait([beating])
        try:
            async with asyncio.timeout(_HAND_OVER_TIMEOUT):
                left = await self._hand_over()
        except TimeoutError:
            log.warning("could not sign off", action="hand_over_timeout", seconds=_HAND_OVER_TIMEOUT)
        else:
            log.info("drained", action="drained", handed_over=left)

    async def _hand_over(self) -> int:
        """Sign off, over a short outage too: otherwise nobody resumes our jobs before we count as dead."""
        while True:
            try:
                return await self._queue.hand_over(self._card.id)
            except DatabaseUnavailableError as error:
                log.warning("could not sign off", action="hand_over_failed", error=error.message)
            await asyncio.sleep(_HAND_OVER_AGAIN)


def _deliverer(parts: Parts, rng: Random) -> Deliverer | None:
    if parts.deliveries is None:
        return None
    interval = parts.settings.poll_interval_seconds
    return Deliverer(parts.deliveries, parts.fetcher, interval=interval, rng=rng)
