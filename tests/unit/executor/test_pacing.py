"""Polls that wait for each other."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from random import Random
from uuid import uuid4

import pytest

from domain.clock import boot_time
from domain.ports import Pulse
from domain.rates import Member, Rate, Reading, spacing
from domain.statuses import JobKind
from executor.pacing import Pacer, Shares
from executor.work import Parking

ME, FOREVER = uuid4(), float("inf")
LANE = (JobKind.VIDEO, "grok")
RATES = {
    LANE: {"fast": Rate("fast", polls=200.0), "alias": Rate("fast", polls=200.0), "free": Rate("free", 1.0)}
}


@pytest.fixture
def shares() -> Shares:
    return Shares(ME, lambda: True)


@pytest.fixture
async def pacer(shares: Shares) -> AsyncIterator[Pacer]:
    made = Pacer(Parking(), shares, RATES, Random(1))
    yield made
    made.close()


def beaten(*others: Member, ahead: float = 0.0) -> Pulse:
    """Give what a beat tells just now; the database's clock is that far ahead of ours."""
    now = boot_time()
    return Pulse(members={LANE: [Member(ME, 0.0, FOREVER), *others]}, reading=Reading(now + ahead, now, now))


async def test_whoever_is_due_longest_goes_first(pacer: Pacer, shares: Shares) -> None:
    order: list[int] = []

    async def poll(number: int) -> None:
        await pacer.wait(LANE, "alias" if number % 2 else "fast", -number)
        order.append(number)

    polls = [asyncio.create_task(poll(number)) for number in (3, 9, 1, 7)]
    await asyncio.sleep(0)
    assert not order, "nothing goes before a beat told which slots are ours"
    shares.learn(beaten())
    await asyncio.wait_for(asyncio.gather(*polls), 20)
    assert order == [9, 7, 3, 1]


async def test_each_poll_has_a_slot_of_our_own(shares: Shares) -> None:
    other = Member(uuid4(), 1.0, FOREVER)
    shares.learn(beaten(other, ahead=1e6))
    after, numbers = 0, []
    for _ in range(10):
        found = shares.next_slot(LANE, 200.0, not_before=boot_time(), after=after)
        assert found is not None
        after, slot = found
        numbers.append(after)
        assert slot.closes > boot_time()
    assert all(later - earlier >= 2 and (later - earlier) % 2 == 0 for earlier, later in pairwise(numbers))


async def test_a_model_without_a_limit_waits_for_its_time_alone(pacer: Pacer) -> None:
    await asyncio.wait_for(pacer.wait(LANE, "free", 0.0), 20)
    await asyncio.wait_for(pacer.wait((JobKind.IMAGE, "mock"), "any", 0.0), 20)


async def test_whoever_does_not_beat_asks_nothing() -> None:
    shares = Shares(ME, lambda: False)
    shares.learn(beaten())
    assert shares.next_slot(LANE, 1.0, not_before=boot_time(), after=0) is None


async def test_the_sharpest_look_at_the_clock_is_kept(shares: Shares) -> None:
    now = boot_time()
    for doubt in (0.03, 0.001, 0.05):
        member = Member(ME, 0.0, FOREVER)
        shares.learn(Pulse(members={LANE: [member]}, reading=Reading(now, now - doubt, now)))
    found = shares.next_slot(LANE, 1.0, not_before=now, after=0)
    assert found is not None
    number, slot = found
    assert slot.opens == pytest.approx(number * spacing(1.0), abs=1e-6)
    assert slot.closes - slot.opens == pytest.approx(0.099, abs=1e-6)


async def test_a_draining_executor_waits_for_no_slot(pacer: Pacer) -> None:
    waiting = asyncio.create_task(pacer.wait(LANE, "fast", 0.0))
    await asyncio.sleep(0)
    pacer._parking.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_refused_poll_slows_all_of_its_provider_down(pacer: Pacer, shares: Shares) -> None:
    shares.learn(beaten())
    pacer.slow_down(LANE, 3_600.0)
    held = [asyncio.create_task(pacer.wait(LANE, model, 0.0)) for model in ("fast", "free")]
    other = asyncio.create_task(pacer.wait((JobKind.VIDEO, "veo3"), "any", 0.0))
    await asyncio.wait_for(other, 20)
    assert not any(task.done() for task in held)
    pacer.speed_up(LANE)
    assert pacer._braked(LANE) > boot_time() + 3_000, "an answer that was under way ends no pause"
    for task in held:
        task.cancel()


async def test_refusals_in_a_row_brake_for_longer_and_one_answer_ends_them(pacer: Pacer) -> None:
    waits = []
    for _ in range(3):
        pacer.slow_down(LANE, None)
        pacer.slow_down(LANE, None)
        waits.append(pacer._braked(LANE) - boot_time())
        pacer._brakes[LANE].until = boot_time() - 1
    assert waits[0] <= 2 < waits[2] <= 8, "those that are refused together brake once"
    pacer.speed_up(LANE)
    assert pacer._braked(LANE) == 0
