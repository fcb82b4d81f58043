"""A process must know when it may no longer act as if its jobs were its own."""

from uuid import uuid4

import pytest

from domain.errors import DatabaseUnavailableError
from domain.ports import ExecutorCard, Pulse
from executor.heart import BEAT_SECONDS, EXPIRY_SECONDS, SUBMIT_SECONDS, Heart
from tests.fakes import FakeQueue


class Body:
    """A heart with a clock in our hands."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.queue = FakeQueue()
        self.pulses: list[Pulse] = []
        card = ExecutorCard(uuid4(), "test", "here", 1)
        self.heart = Heart(self.queue, card, self.pulses.append, clock=lambda: self.now)

    async def beat_for(self, seconds: float) -> None:
        """Beat regularly for a while."""
        end = self.now + seconds
        while self.now < end:
            self.now += BEAT_SECONDS
            assert await self.heart.beat()


@pytest.fixture
def body() -> Body:
    return Body()


def test_limits_leave_room_between_the_last_submit_and_the_takeover() -> None:
    assert BEAT_SECONDS < SUBMIT_SECONDS < EXPIRY_SECONDS


def test_no_submit_before_the_first_beat(body: Body) -> None:
    assert not body.heart.may_submit(body.heart.fence())


async def test_a_submit_is_allowed_for_six_seconds_after_a_beat(body: Body) -> None:
    await body.heart.beat()
    fence = body.heart.fence()
    body.now += SUBMIT_SECONDS - 0.01
    assert body.heart.may_submit(fence)
    body.now += 0.02
    assert not body.heart.may_submit(fence)


async def test_a_beat_counts_from_when_it_was_sent(body: Body) -> None:
    await body.heart.beat()
    fence = body.heart.fence()

    async def slow(card: ExecutorCard) -> Pulse:
        body.now += 5.0
        return Pulse()

    body.now += 1.0
    body.queue.beat = slow  # type: ignore[method-assign] # the answer takes five seconds
    await body.heart.beat()
    body.now += 1.5
    assert not body.heart.may_submit(fence), "6.5 s after it was sent, however late the answer was"


async def test_a_frozen_process_may_not_go_on_where_it_stood(body: Body) -> None:
    await body.heart.beat()
    fence = body.heart.fence()
    body.now += 20.0
    await body.heart.beat()
    assert not body.heart.may_submit(fence), "the beat is fresh, but others had time to take over"
    assert body.heart.may_submit(body.heart.fence())


async def test_a_failed_beat_is_not_a_beat(body: Body) -> None:
    await body.heart.beat()
    fence = body.heart.fence()
    body.now += 5.0
    body.queue.failures = [DatabaseUnavailableError()]
    assert not await body.heart.beat()
    body.now += 1.5
    assert not body.heart.may_submit(fence)


async def test_rescue_only_after_a_whole_healthy_expiry(body: Body) -> None:
    await body.beat_for(EXPIRY_SECONDS - BEAT_SECONDS)
    assert not body.heart.may_rescue(), "a process that has just started knows nothing of the others"
    await body.beat_for(2 * BEAT_SECONDS)
    assert body.heart.may_rescue()


async def test_a_database_error_starts_the_wait_anew(body: Body) -> None:
    await body.beat_for(2 * EXPIRY_SECONDS)
    body.queue.failures = [DatabaseUnavailableError()]
    assert not await body.heart.beat()
    await body.beat_for(EXPIRY_SECONDS - BEAT_SECONDS)
    assert not body.heart.may_rescue(), "in an outage everybody looks dead"
    await body.beat_for(2 * BEAT_SECONDS)
    assert body.heart.may_rescue()


async def test_waking_up_starts_the_wait_anew(body: Body) -> None:
    await body.beat_for(2 * EXPIRY_SECONDS)
    body.now += 60.0
    assert not body.heart.may_rescue()
    await body.heart.beat()
    assert not body.heart.may_rescue()


async def test_news_come_with_the_beat(body: Body) -> None:
    body.queue.pulse = Pulse(cancelled=[uuid4()], orphans=True)
    await body.heart.beat()
    assert body.pulses == [body.queue.pulse]


async def test_first_beat_waits_for_the_database(body: Body) -> None:
    body.queue.failures = [DatabaseUnavailableError(), DatabaseUnavailableError()]
    await body.heart.first_beat()
    assert body.queue.beats == 1
