"""Real clips a second: the mock renders them, they are probed and stored in a folder."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from time import perf_counter
from uuid import uuid4

from benchmarks.bench import Bench
from benchmarks.figures import Baseline, Figure
from benchmarks.running import count, executing, parts_of, queue_at, until_settled
from benchmarks.workload import PROMPT, add_jobs
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from domain.storage import BlobStore
from executor.settings import ExecutorSettings
from media.tool import PyAVTool
from providers.mock.adapter import MockProvider
from providers.mock.render import render
from providers.mock.settings import MockSettings
from storage.open import open_store
from storage.settings import StorageSettings

_SECONDS, _RESOLUTION = 1.0, "480p"


async def measure(bench: Bench) -> Sequence[Figure]:
    """Make clips, and beside that render as many without Rushes."""
    clips = bench.size(200, 40, 3)

    async def product() -> float:
        return await _drain(bench, clips)

    async def renderer() -> float:
        return await asyncio.to_thread(_render, clips)

    found = await bench.interleaved({"product": product, "renderer": renderer})
    return [
        Figure(
            f"clips of {_SECONDS:g} s in {_RESOLUTION}: mock, probe, folder",
            "clips/s",
            found["product"],
            [Baseline("the mock's renderer alone, one thread", found["renderer"])],
        )
    ]


async def _drain(bench: Bench, clips: int) -> float:
    home = bench.home / uuid4().hex
    mock = MockProvider(MockSettings(mock_delay_seconds="0", rushes_home=home), JobKind.VIDEO)
    async with bench.server.database() as address, _folder(bench) as blobs, queue_at(address) as queue:
        add_jobs(address, clips, seconds=_SECONDS, resolution=_RESOLUTION)
        with closing(PyAVTool()) as media:
            parts = parts_of(mock, blobs, media, home / "spool", ExecutorSettings(video_concurrency=16))
            began = perf_counter()
            async with executing(queue, parts):
                await until_settled(address)
                seconds = perf_counter() - began
        await mock.aclose()
        completed = await count(address, "completed")
    if completed != clips:
        raise RuntimeError(f"{completed} of {clips} clips completed: this run measured nothing")
    return clips / seconds


@asynccontextmanager
async def _folder(bench: Bench) -> AsyncIterator[BlobStore]:
    store = await asyncio.to_thread(open_store, StorageSettings(storage_url="file:", rushes_home=bench.home))
    await store.prepare()
    try:
        yield store
    finally:
        await store.aclose()


def _render(clips: int) -> float:
    began = perf_counter()
    for _ in range(clips):
        request = GenerationRequest(
            job_id=uuid4(),
            project_id=uuid4(),
            scene_id=uuid4(),
            shot_id=None,
            kind=JobKind.VIDEO,
            model="mock-1",
            prompt=PROMPT,
            duration_seconds=_SECONDS,
            aspect_ratio="16:9",
            resolution=_RESOLUTION,
        )
        render(request, _SECONDS, threading.Event()).close()
    return clips / (perf_counter() - began)
