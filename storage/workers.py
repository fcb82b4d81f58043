"""Threads for calls that block, with a way to end those that are not wanted any more."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

T = TypeVar("T")


class StoppedError(Exception):
    """The thread was asked to stop; nobody waits for what it was doing."""


class Stop:
    """Tells a thread that nobody wants its work any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = False
        self._calls: list[Callable[[], object]] = []

    def ask(self) -> None:
        """Ask the thread to stop, once and for all."""
        with self._lock:
            self._asked = True
            calls, self._calls = self._calls, []
        for call in calls:
            call()

    def check(self) -> None:
        """Raise ``StoppedError`` if the thread is to stop; called in the thread wherever it can."""
        if self._asked:
            raise StoppedError

    def then(self, call: Callable[[], object]) -> None:
        """Have ``call`` made when the thread is asked to stop, or now if it was already."""
        with self._lock:
            if not self._asked:
                self._calls.append(call)
                return
        call()


class Workers:
    """A small pool of threads of one store, so that its stalls hold up nobody else."""

    def __init__(self, name: str, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"rushes-{name}")

    async def run(self, call: Callable[[], T], *, discard: Callable[[T], object] | None = None) -> T:
        """Make a short call.

        If the caller is cancelled, it ends by itself and ``discard`` gets its result.
        """
        job = self._pool.submit(call)
        try:
            return await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            if discard:
                job.add_done_callback(partial(_discard, discard))
            raise

    async def run_stoppable(self, call: Callable[[Stop], T]) -> T:
        """Make a long call. If the caller is cancelled it is asked to stop and waited for.

        So a cancelled caller may take away the files that the call was using. A second cancel does not wait.
        """
        stop = Stop()
        job = self._pool.submit(call, stop)
        done = asyncio.wrap_future(job)
        try:
            await asyncio.wait((done,))
        except asyncio.CancelledError:
            stop.ask()
            job.cancel()
            await asyncio.wait((done,))
            if not done.cancelled():
                done.exception()  # whatever it ended with, nobody asks; unread it would be reported as lost
            raise
        return done.result()

    def run_unwatched(self, call: Callable[[], object]) -> None:
        """Have something let go of without waiting for it."""
        try:
            self._pool.submit(call)
        except RuntimeError:  # the pool is closed: nothing else runs in it that this could wait for
            call()

    async def aclose(self) -> None:
        """Wait for all that was begun; the sockets' own limits put an end to it."""
        await asyncio.to_thread(self._pool.shutdown, wait=True)


def _discard(discard: Callable[[T], object], job: "Future[T]") -> None:
    if not job.cancelled() and job.exception() is None:
        discard(job.result())
