import asyncio
import os
import signal
from pathlib import Path

import pytest

from domain.errors import MediaError, UnfitClipError
from domain.media import Stitcher
from media import stitcher
from media.stitcher import ProcessStitcher
from tests.clips import make_clip


@pytest.fixture
def tool() -> Stitcher:
    return ProcessStitcher()


async def test_a_film_is_stitched_in_a_process_of_its_own(tool: Stitcher, tmp_path: Path) -> None:
    clips = [make_clip(tmp_path / f"{index}.part", shade=90) for index in range(2)]
    seen: list[int] = []

    made = await tool.stitch(clips, tmp_path / "film.part", seen.append)

    assert made.durations == (1.0, 1.0)
    assert (tmp_path / "film.part").stat().st_size > 0
    assert seen == sorted(seen)
    assert seen[-1] == 100


async def test_what_is_wrong_comes_back_in_words(tool: Stitcher, tmp_path: Path) -> None:
    good = make_clip(tmp_path / "0.part")
    bad = tmp_path / "1.part"
    bad.write_bytes(b"")
    with pytest.raises(UnfitClipError, match="empty") as failure:
        await tool.stitch([good, bad], tmp_path / "film.part", print)
    assert failure.value.number == 1
    with pytest.raises(MediaError, match="no clips"):
        await tool.stitch([], tmp_path / "film.part", print)


@pytest.fixture
def long_work(tmp_path: Path) -> list[Path]:
    """Give clips whose stitching takes a while: both are encoded."""
    sizes = [(1280, 720), (720, 1280), (640, 360)]
    return [
        make_clip(tmp_path / f"{n}.part", seconds=1.0, size=size, shade=90, pix_fmt="yuv420p")
        for n, size in enumerate(sizes)
    ]


class Children:
    """Remembers the processes that were started."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started: list[asyncio.subprocess.Process] = []
        real = asyncio.create_subprocess_exec

        async def start(*command: str, stdin: int, stdout: int, limit: int) -> asyncio.subprocess.Process:
            self.started.append(await real(*command, stdin=stdin, stdout=stdout, limit=limit))
            return self.started[-1]

        monkeypatch.setattr("asyncio.create_subprocess_exec", start)


async def test_cancelling_ends_the_process(
    tool: Stitcher, tmp_path: Path, long_work: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    children, begun = Children(monkeypatch), asyncio.Event()
    task = asyncio.create_task(tool.stitch(long_work, tmp_path / "film.part", lambda _: begun.set()))
    await begun.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert children.started[0].returncode == -signal.SIGKILL


async def test_a_process_that_dies_may_be_tried_again(
    tool: Stitcher, tmp_path: Path, long_work: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    children = Children(monkeypatch)

    def kill(_: int) -> None:
        os.kill(children.started[0].pid, signal.SIGKILL)

    with pytest.raises(OSError, match="exit code -9"):
        await tool.stitch(long_work, tmp_path / "film.part", kill)


async def test_the_process_ends_with_whoever_started_it(tmp_path: Path, long_work: list[Path]) -> None:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*stitcher._COMMAND, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    clips = ", ".join(f'"{path}"' for path in long_work)
    process.stdin.write(f'{{"clips": [{clips}], "into": "{tmp_path / "film.part"}"}}\n'.encode())
    await process.stdout.readline()

    process.stdin.close()

    assert await process.wait() == 1
