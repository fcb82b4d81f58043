"""Group commit: together, once, and a spoilt row alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from domain import moves
from domain.errors import ConflictError, DatabaseUnavailableError, PoisonedError
from domain.moves import Move, Outcome
from executor.writer import LARGEST_BATCH, Writer
from tests.fakes import FakeQueue, make_claim


class Gated(FakeQueue):
    """Holds every flush until it is let through, and remembers the batches."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.spoilt: set[object] = set()
        self.error: type[Exception] = PoisonedError

    async def apply(self, moves: Sequence[Move]) -> Sequence[Outcome]:
        self.batches.append(len(moves))
        self.asked.set()
        await self.open.wait()
        if any(move.claim.job.id in self.spoilt for move in moves):
            raise self.error
        return await super().apply(moves)


@pytest.fixture
def queue() -> Gated:
    return Gated()


@pytest.fixture
def freed() -> list[None]:
    return []


@pytest.fixture
async def writer(queue: Gated, freed: list[None]) -> AsyncIterator[Writer]:
    made = Writer(queue, lambda: freed.append(None))
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()


async def test_moves_that_pile_up_go_together(writer: Writer, queue: Gated) -> None:
    first = asyncio.create_task(writer.write(moves.release(make_claim())))
    await queue.asked.wait()
    rest = [asyncio.create_task(writer.write(moves.release(make_claim()))) for _ in range(7)]
    await asyncio.sleep(0)
    queue.open.set()
    assert await asyncio.gather(first, *rest) == [Outcome.APPLIED] * 8
    assert queue.batches == [1, 7]


async def test_a_batch_has_a_limit(writer: Writer, queue: Gated) -> None:
    queue.open.set()
    await asyncio.gather(*(writer.write(moves.release(make_claim())) for _ in range(LARGEST_BATCH + 1)))
    assert queue.batches == [LARGEST_BATCH, 1]


@pytest.mark.parametrize("error", [PoisonedError, ConflictError])
async def test_a_spoilt_move_fails_alone(writer: Writer, queue: Gated, error: type[Exception]) -> None:
    claims = [make_claim() for _ in range(9)]
    queue.spoilt, queue.error = {claims[4].job.id}, error
    queue.open.set()
    outcomes = await asyncio.gather(
        *(writer.write(moves.release(claim)) for claim in claims), return_exceptions=True
    )
    assert [type(found) for found in outcomes].count(PoisonedError) == 1
    assert isinstance(outcomes[4], PoisonedError)
    assert len(queue.moves) == 8


async def test_an_outage_is_waited_out(writer: Writer, queue: Gated) -> None:
    queue.failures = [DatabaseUnavailableError(), DatabaseUnavailableError()]
    queue.open.set()
    assert await writer.write(moves.release(make_claim())) is Outcome.APPLIED


async def test_each_gets_its_own_answer(writer: Writer, queue: Gated) -> None:
    queue.outcomes["progress"] = Outcome.LOST
    queue.open.set()
    found = await asyncio.gather(
        writer.write(moves.progress(make_claim(), 10)), writer.write(moves.release(make_claim()))
    )
    assert list(found) == [Outcome.LOST, Outcome.APPLIED]


async def test_freed_places_are_told_after_the_commit(
    writer: Writer, queue: Gated, freed: list[None]
) -> None:
    waiting = asyncio.create_task(writer.write(moves.release(make_claim())))
    await queue.asked.wait()
    assert not freed
    queue.open.set()
    await waiting
    assert freed == [None]


async def test_a_caller_that_left_does_not_stop_the_others(writer: Writer, queue: Gated) -> None:
    leaving = asyncio.create_task(writer.write(moves.release(make_claim())))
    await queue.asked.wait()
    leaving.cancel()
    queue.open.set()
    assert await writer.write(moves.release(make_claim())) is Outcome.APPLIED
