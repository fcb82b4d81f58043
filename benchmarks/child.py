"""Processes of a benchmark's own, whose memory and processor time are theirs alone."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psutil


class Child:
    """A Python module that runs beside us and answers a line of JSON whenever it is asked."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.usage = psutil.Process(process.pid)

    async def ask(self) -> dict[str, Any]:
        """Send a line and give the answer; raises when the process has ended instead."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        """Give the next line that it prints."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the child ended with {await self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def cpu_seconds(self) -> float:
        """Give the processor time it has used so far."""
        times = self.usage.cpu_times()
        seconds: float = times.user + times.system
        return seconds

    def resident_bytes(self) -> int:
        """Give the memory it holds now."""
        resident: int = self.usage.memory_info().rss
        return resident


@asynccontextmanager
async def running(module: str, *arguments: str) -> AsyncIterator[Child]:
    """Run ``python -m module``; it is killed when the block is over."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdin=pipe, stdout=pipe
    )
    try:
        yield Child(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def tell(**facts: Any) -> None:
    """Print facts for the parent, from the child."""
    print(json.dumps(facts), flush=True)


async def asked() -> AsyncIterator[None]:
    """Yield whenever the parent asks, in the child."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        yield
