"""Films: joined by copy against re-encoded, how far they drift, and what the event loop feels of it."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfileobj
from time import perf_counter
from uuid import uuid4

import av

from benchmarks.bench import Bench
from benchmarks.figures import Baseline, Bound, Budget, Figure, Sample
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from media.conforming import conform_pictures
from media.stitcher import ProcessStitcher
from media.stitching import stitch
from media.survey import survey
from providers.mock.render import render

_SECONDS = 4.0
_FASTER = 50
_TICK = 0.005


async def measure(bench: Bench) -> Sequence[Figure]:
    """Join as many clips as a film of two minutes has, and re-encode the same ones."""
    clips = bench.size(30, 10, 2)
    folder = bench.home / uuid4().hex
    folder.mkdir()
    one = await asyncio.to_thread(_clip, folder / "clip.part", "16:9")
    tall = await asyncio.to_thread(_clip, folder / "tall.part", "9:16")
    drifts: list[float] = []

    async def copied() -> float:
        seconds, drift = await asyncio.to_thread(_copy, [one] * clips, folder / "film.part")
        drifts.append(drift)
        return clips / seconds

    async def encoded() -> float:
        return clips / await asyncio.to_thread(_encode, one, clips, folder / "encoded.part")

    rates = await bench.interleaved({"copied": copied, "encoded": encoded})
    pauses = await bench.interleaved(
        {"idle": _idle, "stitching": lambda: _while_stitching([one, one, tall], folder / "mixed.part")}
    )
    return [
        Figure(
            f"join {clips} equal clips of {_SECONDS:g} s in 720p, read, joined and compared",
            "clips/s",
            rates["copied"],
            [Baseline("re-encoding their pictures alone", rates["encoded"])],
            Budget(Bound.AT_LEAST, _FASTER, of_ratio=True),
        ),
        Figure(
            "… its drift: the film, its sound, and the sum of its clips",
            "ms",
            Sample(tuple(drifts)),
            budget=Budget(Bound.AT_MOST, 0),
        ),
        Figure(
            "longest pause of the event loop while a film with an odd clip is stitched",
            "ms",
            pauses["stitching"],
            [Baseline("while nothing is done, as long", pauses["idle"])],
        ),
    ]


def _clip(path: Path, aspect_ratio: str) -> Path:
    request = GenerationRequest(
        job_id=uuid4(),
        project_id=uuid4(),
        scene_id=uuid4(),
        shot_id=None,
        kind=JobKind.VIDEO,
        model="mock-1",
        prompt="a door opens on a long corridor",
        duration_seconds=_SECONDS,
        aspect_ratio=aspect_ratio,
        resolution="720p",
    )
    with render(request, _SECONDS, threading.Event()) as made, path.open("wb") as file:
        copyfileobj(made, file)
    return path


def _copy(clips: Sequence[Path], into: Path) -> tuple[float, float]:
    """Give the seconds it took, and by how many milliseconds a track differs from the clips' sum."""
    began = perf_counter()
    made = stitch(clips, into)
    seconds = perf_counter() - began
    if made.reencoded:
        raise RuntimeError("equal clips were re-encoded: this run measured something else")
    expected = len(clips) * survey(clips[0]).seconds
    with av.open(str(into), format="mp4") as film:
        ends = [(stream.duration or 0) * (stream.time_base or 0) for stream in film.streams]
    return seconds, float(max(abs(end - expected) for end in ends)) * 1_000


def _encode(path: Path, times: int, into: Path) -> float:
    clip = survey(path)
    began = perf_counter()
    for _ in range(times):
        conform_pictures(clip, clip.look, into, 1)
    return perf_counter() - began


async def _idle() -> float:
    watch = asyncio.create_task(_longest_pause())
    await asyncio.sleep(2.0)
    watch.cancel()
    return await watch


async def _while_stitching(clips: Sequence[Path], into: Path) -> float:
    watch = asyncio.create_task(_longest_pause())
    await ProcessStitcher().stitch(clips, into, lambda _: None)
    watch.cancel()
    return await watch


async def _longest_pause() -> float:
    """Give, once cancelled, by how many milliseconds the loop was late at the most."""
    longest, last = 0.0, perf_counter()
    try:
        while True:
            await asyncio.sleep(_TICK)
            now = perf_counter()
            longest, last = max(longest, now - last - _TICK), now
    except asyncio.CancelledError:
        return longest * 1_000
