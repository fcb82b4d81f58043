"""What an executor tidies, and when."""

import asyncio
from uuid import uuid4

import pytest

from domain.errors import DatabaseUnavailableError
from domain.ports import ExecutorCard
from executor import tidying
from executor.heart import BEAT_SECONDS, Heart
from tests.fakes import FakeQueue


class Queue(FakeQueue):
    def __init__(self) -> None:
        super().__init__()
        self.said: asyncio.Queue[str] = asyncio.Queue()

    async def forget_executors(self) -> None:
        self._fail()
        self.said.put_nowait("forget")

    async def end_stranded(self) -> int:
        self.said.put_nowait("end")
        return 2


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "_EVERY_SECONDS", 0.0)


async def test_the_absence_of_a_provider_means_nothing_at_first() -> None:
    queue, now = Queue(), [0.0]
    heart = Heart(queue, ExecutorCard(uuid4(), "test", "here", 1), lambda _: None, clock=lambda: now[0])
    await heart.beat()
    task = asyncio.create_task(tidying.tidy_forever(queue, heart))
    assert [await queue.said.get() for _ in range(3)] == ["forget"] * 3
    while now[0] < 700.0:
        now[0] += BEAT_SECONDS
        await heart.beat()
    while await queue.said.get() != "end":
        continue
    task.cancel()


async def test_a_fault_ends_no_tidying(unavailable: Exception) -> None:
    queue = Queue()
    queue.failures = [unavailable]
    heart = Heart(queue, ExecutorCard(uuid4(), "test", "here", 1), lambda _: None)
    task = asyncio.create_task(tidying.tidy_forever(queue, heart))
    assert await queue.said.get() == "forget"
    task.cancel()


@pytest.fixture
def unavailable() -> Exception:
    return DatabaseUnavailableError("away")
