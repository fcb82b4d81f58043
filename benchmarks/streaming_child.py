"""An executor that stores one large clip, in a process of its own: see ``streaming``."""

import asyncio
import logging
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import psutil
import structlog

from benchmarks.child import asked, tell
from benchmarks.instant_provider import InstantProvider
from benchmarks.instant_storage import InstantMedia
from benchmarks.running import executing, parts_of, queue_at
from domain.provider import Result
from executor.garbage import collect_less_often
from executor.settings import ExecutorSettings
from storage.open import open_store
from storage.settings import StorageSettings

_CHUNK = bytes(range(256)) * 4_096
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1_024


class LargeClips(InstantProvider):
    """A provider whose clips have so many MiB."""

    def __init__(self, mebibytes: int) -> None:
        super().__init__()
        self._mebibytes = mebibytes

    def open(self, result: Result) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:  # noqa: ARG002 # the port has it
        """Stream the bytes, a mebibyte at a time."""
        return self._opened()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[AsyncIterator[bytes]]:
        yield self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        for _ in range(self._mebibytes):
            yield _CHUNK


async def main(address: str, storage_url: str, home: Path, mebibytes: int) -> None:
    """Run until the parent is gone; tell it the memory now and at its highest whenever it asks."""
    store = open_store(StorageSettings(storage_url=storage_url, rushes_home=home))
    await store.prepare()
    await store.check()
    parts = parts_of(LargeClips(mebibytes), store, InstantMedia(), home / "spool", ExecutorSettings())
    collect_less_often()
    async with queue_at(address) as queue, executing(queue, parts):
        async for _ in asked():
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT
            tell(resident=psutil.Process().memory_info().rss, peak=peak)
    await store.aclose()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
