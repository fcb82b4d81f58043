"""The studio in a real Chromium: pauses between shots, and how soon a long film stands on the screen."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page, async_playwright

from api.parts import BUILT
from benchmarks.bench import Bench
from benchmarks.figures import Baseline, Bound, Budget, Figure

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PATIENCE = 120_000.0
"""Milliseconds; only what hangs takes so long."""
_WATCH_FRAMES = """() => {
  const video = document.querySelector("[data-screen] video");
  window.shown = [];
  const note = (now) => {
    // The first picture stands until it is told to play, however long that is.
    if (!video.paused || window.shown.length > 0) window.shown.push(now);
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}"""
_WATCH_STRIP = """
window.drawn = new Promise((resolve) => {
  const look = () => {
    const frames = document.querySelectorAll('[aria-label="Filmstrip"] button').length;
    requestAnimationFrame(frames < SHOTS ? look : () => resolve(performance.now()));
  };
  look();
});
"""


def missing() -> str | None:
    """Say why the page cannot be looked at on this machine."""
    if shutil.which("chromium") is None:
        return "page skipped: chromium is not installed"
    return None if (BUILT / "index.html").is_file() else "page skipped: the studio is not built: make studio"


async def measure(bench: Bench) -> Sequence[Figure]:
    """Play a scene both ways, and open a film of many shots."""
    if missing():
        return []
    shots, many = bench.size(6, 4, 2), bench.size(500, 200, 10)
    async with bench.server.database() as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS)
        async with _serving("up", address, bench.home / "page") as api:
            scene = await _film(api, shots)
            gaps = await bench.interleaved(
                {
                    "stitched": lambda: _longest_gap(browser, api, scene, stitched=True),
                    "clips": lambda: _longest_gap(browser, api, scene, stitched=False),
                }
            )
        # Without an executor what is ordered stays in line: a film whose every shot has a job.
        async with _serving("api", address, bench.home / "page") as api:
            long, short = await _ordered(api, many), await _ordered(api, 3)
            drawn = await bench.interleaved(
                {
                    "long": lambda: _drawn(browser, api, long, many),
                    "short": lambda: _drawn(browser, api, short, 3),
                }
            )
        await browser.close()
    return [
        Figure(
            f"longest time between two pictures while a scene of {shots} shots plays clip by clip",
            "ms",
            gaps["clips"],
            [Baseline("the same scene as one file", gaps["stitched"])],
            Budget(Bound.AT_MOST, 150),
        ),
        Figure("… as one file", "ms", gaps["stitched"], budget=Budget(Bound.AT_MOST, 2_000 / 24)),
        Figure(
            f"from the address to {many} shots on the filmstrip",
            "ms",
            drawn["long"],
            [Baseline("3 shots", drawn["short"])],
            Budget(Bound.AT_MOST, 1_000),
        ),
    ]


@asynccontextmanager
async def _serving(command: str, database: str, home: Path) -> AsyncIterator[httpx.AsyncClient]:
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


async def _film(api: httpx.AsyncClient, shots: int) -> str:
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


async def _ordered(api: httpx.AsyncClient, shots: int) -> str:
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
async def _opened(browser: Browser, api: httpx.AsyncClient) -> AsyncIterator[Page]:
    """Give a tab of a browser that has never been here."""
    context = await browser.new_context(base_url=str(api.base_url), viewport={"width": 1440, "height": 900})
    context.set_default_timeout(_PATIENCE)
    yield await context.new_page()
    await context.close()


async def _longest_gap(browser: Browser, api: httpx.AsyncClient, scene: str, *, stitched: bool) -> float:
    """Play a scene to its end; give the longest time that one picture stood, in milliseconds."""
    async with _opened(browser, api) as page:
        if not stitched:
            await page.route("**/film", lambda route: route.fulfill(status=404))
        await page.goto(scene)
        await page.wait_for_selector('[aria-label="Filmstrip"] button')
        await page.evaluate(_WATCH_FRAMES)
        await page.get_by_role("button", name="Play", exact=True).click()
        await page.get_by_role("button", name="Pause", exact=True).wait_for()
        await page.get_by_role("button", name="Play", exact=True).wait_for()
        shown: Sequence[float] = await page.evaluate("window.shown")
    return max(after - before for before, after in pairwise(shown))


async def _drawn(browser: Browser, api: httpx.AsyncClient, film: str, shots: int) -> float:
    """Open a film; give the milliseconds from the start of loading until its filmstrip is on the screen."""
    async with _opened(browser, api) as page:
        await page.add_init_script(_WATCH_STRIP.replace("SHOTS", str(shots)))
        await page.goto(film)
        drawn: float = await page.evaluate("window.drawn")
    return drawn
