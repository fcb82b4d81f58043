"""Stitch films in processes of their own, one for each film."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from domain.errors import MediaError, UnfitClipError
from domain.media import Stitched

# -P: whatever lies in the current folder must not stand in for our modules.
_COMMAND = (sys.executable, "-P", "-m", "media.stitch_process")

_LONGEST_ANSWER = 16 * 1024 * 1024
"""Bytes in one line: it has a number for every clip."""


class ProcessStitcher:
    """A ``domain.media.Stitcher``.

    A process and not a thread, so that packets counted in Python and an encoder on all cores never delay the
    event loop; one for each film and not a pool, so that it can be killed, gives its memory back, and a file
    that crashes a decoder takes nothing else down.
    """

    async def stitch(self, clips: Sequence[Path], into: Path, progress: Callable[[int], None]) -> Stitched:
        """See the port."""
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=PIPE, stdout=PIPE, limit=_LONGEST_ANSWER
        )
        try:
            answer = await _converse(process, clips, into, progress)
            if answer is None:
                # It is ending by itself. A signal would take its exit code from the loop: it looks first
                # whether there is still a process, which reaps it.
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
        return _read(answer, process.returncode)


async def _converse(
    process: Process, clips: Sequence[Path], into: Path, progress: Callable[[int], None]
) -> dict[str, Any] | None:
    """Give the order and listen; ``None`` where the process ended without an answer."""
    assert process.stdin is not None
    assert process.stdout is not None
    order = {"clips": [str(path) for path in clips], "into": str(into)}
    try:
        # The pipe stays open: its end tells the process that we are gone.
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
        async for line in process.stdout:
            answer: dict[str, Any] = json.loads(line)
            if "progress" not in answer:
                return answer
            progress(answer["progress"])
    except ConnectionError:
        return None
    return None


def _read(answer: dict[str, Any] | None, code: int | None) -> Stitched:
    if answer is None:
        raise OSError(f"the stitching process ended without an answer (exit code {code})")
    if "done" in answer:
        return Stitched(tuple(answer["done"]["durations"]), answer["done"]["reencoded"])
    if "clip" in answer:
        raise UnfitClipError(answer["clip"], answer["error"])
    raise MediaError(answer["error"])
