"""The mock as a provider: the ledger and the renderer, off the event loop."""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import BinaryIO, ParamSpec, TypeVar

from domain.capabilities import Capability
from domain.failures import ErrorCode
from domain.provider import (
    Attempt,
    Handle,
    Pending,
    Provider,
    ProviderError,
    Recovered,
    Result,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.mock.ledger import Accepted, Ledger
from providers.mock.models import IMAGE_MODELS, VIDEO_MODELS
from providers.mock.render import render
from providers.mock.script import Marker
from providers.mock.server import MockServer
from providers.mock.settings import MockSettings

NAME = "mock"
CHUNK = 256 * 1024
"""Bytes read at a time."""
_MODELS: Mapping[JobKind, Mapping[str, Capability]] = {
    JobKind.VIDEO: VIDEO_MODELS,
    JobKind.IMAGE: IMAGE_MODELS,
}
_CONTENT_TYPES = {JobKind.VIDEO: "video/mp4", JobKind.IMAGE: "image/png"}

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def providers() -> Sequence[Provider]:
    """Give the mock for clips and the mock for images, as the environment says.

    Raises:
        ConfigurationError: a setting of the mock is wrong.
    """
    settings = MockSettings()
    return MockProvider(settings, JobKind.VIDEO), MockProvider(settings, JobKind.IMAGE)


class MockProvider:
    """Renders real clips or images after a pretended wait, and fails as its script says.

    Threads, not processes: encoding holds the interpreter for a few per cent of its time, so that the
    event loop is as prompt beside a render in a thread as beside one in another process, and a process
    pool would cost another 100 MB. ``docs/how-to/mock-provider.md`` has the figures.
    """

    def __init__(
        self, settings: MockSettings, kind: JobKind, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.name = NAME
        self.kind = kind
        self.models: Mapping[str, Capability] = {
            name: _paced(able, settings.delay) for name, able in _MODELS[kind].items()
        }
        self._settings = settings
        ledger = Ledger(settings.ledger_path, clock=clock)
        self._server = MockServer(ledger, self.models, settings.script, settings.delay)
        # One thread owns the ledger's connection; an answer takes it a fraction of a millisecond.
        self._desk = ThreadPoolExecutor(1, thread_name_prefix=f"mock-{kind}")
        # One core is left to the process that the mock lives in.
        cores = min(4, max(1, (os.cpu_count() or 2) - 1))
        self._easels = ThreadPoolExecutor(cores, thread_name_prefix=f"mock-render-{kind}")

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """Accept one generation, or refuse it."""
        if request.kind is not self.kind:
            raise SubmitRejectedError(
                ErrorCode.INVALID_REQUEST, f"this provider makes no {request.kind}, only {self.kind}"
            )
        try:
            return await self._ask(self._server.submit, request, attempt)
        except (sqlite3.Error, OSError) as error:
            raise SubmitUnknownError(raw=repr(error)) from error

    async def poll(self, handle: Handle) -> Pending | Result:
        """Tell how a generation stands."""
        answer = await self._ask(self._server.poll, handle)
        if isinstance(answer, Pending):
            return answer
        return Result(
            {"handle": answer.handle_id}, content_type=_CONTENT_TYPES[self.kind], actual_cost=answer.cost
        )

    @asynccontextmanager
    async def open(self, result: Result) -> AsyncIterator[AsyncIterator[bytes]]:
        """Render what was asked for and stream it. The file is gone when the stream is."""
        row, faults = await self._ask(self._server.download, str(result.data["handle"]))
        await asyncio.sleep(row.script.seconds(Marker.SLOW) or 0)
        file = await self._render(row, short=Marker.WRONG_DURATION in faults)
        try:
            yield self._chunks(file, faults)
        finally:
            file.close()

    async def _render(self, row: Accepted, *, short: bool) -> BinaryIO:
        stop = threading.Event()
        seconds = (row.request.duration_seconds or 0) / (2 if short else 1)
        made = self._easels.submit(render, row.request, seconds, stop)
        try:
            return await asyncio.wrap_future(made)
        except asyncio.CancelledError:
            stop.set()
            made.add_done_callback(_discard)
            raise

    async def _chunks(self, file: BinaryIO, faults: frozenset[Marker]) -> AsyncIterator[bytes]:
        size = os.fstat(file.fileno()).st_size
        end = size // 2 if faults & {Marker.DOWNLOAD_ERROR, Marker.TRUNCATED} else size
        sent = 0
        while sent < end:
            # Just written, so in the page cache: reading takes less than handing it to a thread would.
            chunk = file.read(min(CHUNK, end - sent))
            sent += len(chunk)
            yield chunk
        if Marker.DOWNLOAD_ERROR in faults:
            raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw="scripted: the connection broke")

    async def cancel(self, handle: Handle) -> None:
        """Note that nobody waits any more; the generation finishes and is billed all the same."""
        await self._ask(self._server.cancel, handle)

    async def recover(self, attempt: Attempt) -> Recovered:
        """Look an attempt up; one that never came is closed for good."""
        return await self._ask(self._server.recover, attempt)

    async def check(self) -> str:
        """See that the books can be written."""
        path = self._settings.ledger_path
        try:
            count = await self._ask(self._server.ledger.count)
        except (sqlite3.Error, OSError) as error:
            raise ProviderError(
                ErrorCode.PERMISSION,
                f"the mock cannot write {path}; make that folder writable or set RUSHES_HOME",
                raw=repr(error),
            ) from error
        return f"renders here, in {self._settings.mock_delay_seconds} s; {count} generations in {path}"

    async def aclose(self) -> None:
        """Close the books. Renders under way are left to their streams."""
        self._desk.submit(self._server.ledger.close)
        await asyncio.to_thread(self._desk.shutdown)
        self._easels.shutdown(wait=False, cancel_futures=True)

    async def _ask(
        self, answer: Callable[_Given, _Answer], *args: _Given.args, **kwargs: _Given.kwargs
    ) -> _Answer:
        return await asyncio.wrap_future(self._desk.submit(answer, *args, **kwargs))


def _paced(able: Capability, delay: tuple[float, float]) -> Capability:
    """Tell how long a generation takes, so that nobody polls as if it took longer, or gives it up early."""
    typical = sum(delay) / 2
    return replace(able, typical_seconds=typical, longest_seconds=max(able.longest_seconds, 2 * delay[1]))


def _discard(made: Future[BinaryIO]) -> None:
    if not made.cancelled() and made.exception() is None:
        made.result().close()
