"""The studio in a real Chromium: how long a picture stands between two shots."""

from collections.abc import Sequence
from itertools import pairwise

import httpx
from playwright.async_api import Browser, async_playwright

from benchmarks.bench import Bench
from benchmarks.figures import Baseline, Bound, Budget, Figure
from benchmarks.studio import chromium, film, missing, opened, serving

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


async def measure(bench: Bench) -> Sequence[Figure]:
    """Play a scene both ways."""
    if missing():
        return []
    shots = bench.size(6, 4, 2)
    async with bench.server.database() as address, async_playwright() as playwright:
        browser = await chromium(playwright)
        async with serving("up", address, bench.home / "page") as api:
            scene = await film(api, shots)
            gaps = await bench.interleaved(
                {
                    "stitched": lambda: _longest_gap(browser, api, scene, stitched=True),
                    "clips": lambda: _longest_gap(browser, api, scene, stitched=False),
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
    ]


async def _longest_gap(browser: Browser, api: httpx.AsyncClient, scene: str, *, stitched: bool) -> float:
    """Play a scene to its end; give the longest time that one picture stood, in milliseconds."""
    async with opened(browser, api) as page:
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
