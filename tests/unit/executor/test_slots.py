"""Submits that miss their slots."""

import asyncio
from collections.abc import Sequence

import pytest

from domain.clock import boot_time
from domain.errors import DatabaseUnavailableError
from domain.ports import LaneKey
from domain.rates import Rate, Slot
from domain.statuses import JobKind
from executor.slots import Slots
from tests.fakes import FakeQueue

LANE = (JobKind.VIDEO, "fake")
RATE = Rate("fake-1", 1_000.0)


def missed() -> Slot:
    return Slot(boot_time() - 10.0, boot_time() - 9.0)


class LateQueue(FakeQueue):
    """Gives slots that are over already, as to a machine that stalls."""

    async def book(self, lane: LaneKey, rate: Rate, slots: int) -> Sequence[Slot]:
        await super().book(lane, rate, slots)
        return [missed()] * slots


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def slots(queue: FakeQueue) -> Slots:
    return Slots(queue, {LANE: {"fake-1": RATE}})


async def test_a_slot_is_waited_for(slots: Slots, queue: FakeQueue) -> None:
    opens = boot_time() + 0.05
    await slots.open(Slot(opens, opens + 60.0), LANE, "fake-1")
    assert boot_time() >= opens
    assert not queue.booked


async def test_all_that_miss_theirs_at_once_book_together(slots: Slots, queue: FakeQueue) -> None:
    await asyncio.gather(*(slots.open(missed(), LANE, "fake-1") for _ in range(20)))
    assert sum(count for _, _, count in queue.booked) == 20, "one each"
    assert len(queue.booked) < 20, "and not one by one"


async def test_those_that_are_late_together_go_one_after_another() -> None:
    went = list[float]()
    slots = Slots(LateQueue(), {LANE: {"fake-1": Rate("fake-1", 100.0)}})

    async def submit() -> None:
        await slots.open(missed(), LANE, "fake-1")
        went.append(boot_time())

    began = boot_time()
    await asyncio.gather(*(submit() for _ in range(20)))
    assert went[-1] - began >= 19 / 100.0, "at the rate, though nobody's slot is left"


async def test_whoever_always_comes_late_goes_in_the_end() -> None:
    late = LateQueue()
    await Slots(late, {LANE: {"fake-1": RATE}}).open(missed(), LANE, "fake-1")
    assert len(late.booked) == 3


async def test_without_a_database_nobody_waits_for_ever(slots: Slots, queue: FakeQueue) -> None:
    queue.failures = [DatabaseUnavailableError()]
    await asyncio.wait_for(slots.open(missed(), LANE, "fake-1"), 20)
    assert not queue.booked
    await slots.open(missed(), LANE, "fake-1")
    assert len(queue.booked) == 1, "the next one asks again"


async def test_a_waiter_that_goes_away_takes_nobody_along(slots: Slots) -> None:
    first, second = (asyncio.create_task(slots.open(missed(), LANE, "fake-1")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait_for(second, 20)
