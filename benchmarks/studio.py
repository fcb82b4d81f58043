"""What the page's benchmarks look at: a running Rushes, films in it, and tabs of a browser."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page, Playwright

from api.parts import BUILT

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PATIENCE = 120_000.0
"""Milliseconds; only what hangs takes so long."""


def missing() -> str | None:
    """Say why the page cannot be looked at on this machine."""
    if shutil.which("chromium") is None:
        return "page skipped: chromium is not installed"
    return None if (BUILT / "index.html").is_file() else "page skipped: the studio is not built: make studio"


async def chromium(playwright: Playwright) -> Browser:
    """Start the machine's browser."""
    return await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS)


@asynccontextmanager
async def serving(command: str, database: str, home: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Run ``rushes``; give a client of its API."""
    settings = {
        "DATABASE_URL": database,
        "RUSHES_HOME": str(home),
        "API_PORT": "0",
        "MOCK_DELAY_SECONDS": "0",
        "API_RATE_PER_SECOND": "10000",
    }
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("rushes"),
        command,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        address = await _ready(process.stderr)
        reading = asyncio.create_task(process.stderr.read())
        async with httpx.AsyncClient(base_url=address, timeout=_PATIENCE / 1000) as api:
            yield api
        reading.cancel()
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _ready(logs: asyncio.StreamReader) -> str:
    async for line in logs:
        said = json.loads(line) if line.startswith(b"{") else {}
        if said.get("action") == "api_ready":
            return str(said["address"])
    raise RuntimeError("it ended before it was ready")


async def film(api: httpx.AsyncClient, shots: int) -> str:
    """Make a scene of clips of one second, and its film; give its address in the page."""
    project = await _made(api, [shots])
    async with api.stream("GET", f"/api/v1/projects/{project['id']}/events") as stream:
        await _post(api, f"/projects/{project['id']}/generate-scenes", {})
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                data = json.loads(line.removeprefix("data: "))["data"]
                if data.get("project", data).get("current_step") == "complete":
                    break
    return f"/?project={project['receipt']}&scene={project['scenes'][0]['id']}"


async def ordered(api: httpx.AsyncClient, shots: int) -> str:
    """Order a film that nobody makes; give its address in the page."""
    project = await _made(api, [min(10, shots - first) for first in range(0, shots, 10)])
    await _post(api, f"/projects/{project['id']}/generate-scenes", {})
    return f"/?project={project['receipt']}"


async def _made(api: httpx.AsyncClient, scenes: Sequence[int]) -> Mapping[str, Any]:
    shot = {"video_prompt": "A lamp swings", "duration_seconds": 1}
    titled = [{"title": f"Scene {n}", "shots": [shot] * count} for n, count in enumerate(scenes, 1)]
    return await _post(api, "/projects", {"title": "Night Shift", "scenes": titled})


async def _post(api: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = await api.post(f"/api/v1{path}", json=body)
    answer.raise_for_status()
    found: Mapping[str, Any] = answer.json()
    return found


@asynccontextmanager
async def opened(browser: Browser, api: httpx.AsyncClient) -> AsyncIterator[Page]:
    """Give a tab of a browser that has never been here."""
    context = await browser.new_context(base_url=str(api.base_url), viewport={"width": 1440, "height": 900})
    context.set_default_timeout(_PATIENCE)
    yield await context.new_page()
    await context.close()
