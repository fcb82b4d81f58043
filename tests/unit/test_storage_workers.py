import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from storage.workers import Stop, StoppedError, Workers


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    made = Workers("test", 1)
    yield made
    await made.aclose()


async def test_a_call_gives_its_result_or_its_error(workers: Workers) -> None:
    assert await workers.run(lambda: 7) == 7
    assert await workers.run_stoppable(lambda _stop: 8) == 8
    with pytest.raises(ZeroDivisionError):
        await workers.run(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        await workers.run_stoppable(lambda _stop: 1 // 0)


async def test_a_result_that_nobody_waits_for_is_let_go_of(workers: Workers) -> None:
    begun, go, discarded = threading.Event(), threading.Event(), threading.Event()

    def call() -> str:
        begun.set()
        go.wait()
        return "a file"

    task = asyncio.create_task(workers.run(call, discard=lambda _result: discarded.set()))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not discarded.is_set()
    go.set()
    assert await asyncio.to_thread(discarded.wait, 10)


async def test_a_cancelled_caller_waits_for_the_thread_to_stop(workers: Workers) -> None:
    begun, asked, ended = threading.Event(), threading.Event(), threading.Event()

    def call(stop: Stop) -> None:
        stop.then(asked.set)
        begun.set()
        asked.wait()
        ended.set()
        stop.check()

    task = asyncio.create_task(workers.run_stoppable(call))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_a_call_that_was_not_begun_never_is(workers: Workers) -> None:
    begun, go = threading.Event(), threading.Event()
    called: list[str] = []

    def first() -> None:
        begun.set()
        go.wait()

    busy = asyncio.create_task(workers.run(first))
    await asyncio.to_thread(begun.wait)
    task = asyncio.create_task(workers.run_stoppable(lambda _stop: called.append("second")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()
    await busy
    assert called == []


async def test_letting_go_works_after_the_end(workers: Workers) -> None:
    await workers.aclose()
    called: list[str] = []
    workers.run_unwatched(lambda: called.append("closed"))
    assert called == ["closed"]


def test_a_stop_reaches_those_who_ask_later() -> None:
    stop, told = Stop(), []
    stop.check()
    stop.then(lambda: told.append("early"))
    stop.ask()
    stop.ask()
    stop.then(lambda: told.append("late"))
    assert told == ["early", "late"]
    with pytest.raises(StoppedError):
        stop.check()
