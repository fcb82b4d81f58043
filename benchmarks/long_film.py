"""The studio with a long film in a real Chromium: opened, scrolled, and told a thousand things a second."""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
from playwright.async_api import Browser, Page, async_playwright
from psycopg.rows import TupleRow

from benchmarks.bench import Bench
from benchmarks.figures import Baseline, Bound, Budget, Figure
from benchmarks.studio import chromium, film, missing, opened, ordered, serving

_STRIP = '[aria-label="Filmstrip"]'
_WATCH_STRIP = """
window.drawn = new Promise((resolve) => {
  const look = () => {
    const frames = document.querySelectorAll('[aria-label="Filmstrip"] button').length;
    requestAnimationFrame(frames < SHOTS ? look : () => resolve(performance.now()));
  };
  look();
});
"""
_WATCH_PAUSES = """() => {
  let before = performance.now();
  window.pause = 0;
  const look = (now) => {
    window.pause = Math.max(window.pause, now - before);
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
_FLICK = 3_000
"""Pixels a second: two dozen posters."""
_HEARD = "([strip, last]) => document.querySelector(strip).textContent.includes(last)"
_FINISH = """
UPDATE video_generation_jobs job
SET status = 'completed', progress = 100, storage_path = made.storage_path, video_url = made.video_url,
    sha256 = made.sha256, size_bytes = made.size_bytes, width = made.width, height = made.height,
    actual_duration_seconds = made.actual_duration_seconds, poster_path = made.poster_path,
    completed_at = now(), finished_at = now()
FROM (SELECT * FROM video_generation_jobs WHERE kind = 'video' AND status = 'completed' LIMIT 1) made
WHERE job.project_id = %(project)s
"""
"""Every job of a film gets the clip and the poster of one that was made."""
_TELL = """
WITH told AS (
  INSERT INTO job_events (project_id, scene_id, job_id, type, data)
  SELECT project_id, scene_id, id, 'job.progress', jsonb_build_object(
    'status', 'generating', 'previous_status', 'generating', 'kind', kind, 'shot_id', shot_id,
    'progress', %(progress)s::int
  )
  FROM video_generation_jobs WHERE project_id = %(project)s ORDER BY random() LIMIT %(count)s
  RETURNING id
)
SELECT pg_notify('rushes_jobs', '') FROM told LIMIT 1
"""
"""What is told here is numbered at once, as after an executor's own commit."""
_LAST = 97
"""Percent of the last news: what the page shows of it proves that it kept up."""
_TIMES_A_SECOND = 20


async def measure(bench: Bench) -> Sequence[Figure]:
    """Open a film of many shots, scroll through its strip, and tell of its shots without end."""
    if missing():
        return []
    shots, events = bench.size(500, 200, 10), bench.size(1_000, 500, 100)
    seconds = bench.size(5, 3, 1)
    async with bench.server.database() as address, async_playwright() as playwright:
        browser = await chromium(playwright)
        async with serving("up", address, bench.home / "page") as api:
            await film(api, 1)
        # Without an executor what is ordered stays in line: a film whose every shot has a job.
        async with serving("api", address, bench.home / "page") as api:
            long, short, made = await ordered(api, shots), await ordered(api, 3), await ordered(api, shots)
            async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                await connection.execute(_FINISH, {"project": await _project(connection, made)})
                talk = _Talk(connection, await _project(connection, long), events, seconds)
                found = await bench.interleaved(
                    {
                        "long": lambda: _drawn(browser, api, long, shots),
                        "short": lambda: _drawn(browser, api, short, 3),
                        "scrolled": lambda: _scrolled(browser, api, made, seconds),
                        "told": lambda: _told(browser, api, long, talk),
                        "idle": lambda: _idle(browser, api, long, seconds),
                    }
                )
        await browser.close()
    idle = [Baseline("the same film, with nothing to tell", found["idle"])]
    return [
        Figure(
            f"from the address to {shots} shots on the filmstrip",
            "ms",
            found["long"],
            [Baseline("3 shots", found["short"])],
            Budget(Bound.AT_MOST, 1_000),
        ),
        Figure(
            f"longest pause of the page while {events:,} events/s arrive for {seconds} s",
            "ms",
            found["told"],
            idle,
            Budget(Bound.AT_MOST, 200),
            note="between two frames; 200 ms is what passes for prompt",
        ),
        Figure(
            f"… while a finger flicks through a strip of {shots} posters for {seconds} s",
            "ms",
            found["scrolled"],
            idle,
            Budget(Bound.AT_MOST, 100),
        ),
    ]


class _Talk:
    """Writes events of a film at an even rate."""

    def __init__(
        self, connection: psycopg.AsyncConnection[TupleRow], project: object, events: int, seconds: int
    ) -> None:
        self._connection, self._project = connection, project
        self._count, self._times = events // _TIMES_A_SECOND, seconds * _TIMES_A_SECOND

    async def run(self) -> None:
        """Tell everything; the last are all at one progress."""
        began = perf_counter()
        for turn in range(1, self._times + 1):
            progress = _LAST if turn == self._times else turn * 90 // self._times
            await self._connection.execute(
                _TELL, {"project": self._project, "count": self._count, "progress": progress}
            )
            await asyncio.sleep(max(0.0, began + turn / _TIMES_A_SECOND - perf_counter()))


async def _project(connection: psycopg.AsyncConnection[TupleRow], film: str) -> object:
    receipt = parse_qs(urlsplit(film).query)["project"]
    cursor = await connection.execute("SELECT id FROM projects WHERE receipt = %s", receipt)
    row = await cursor.fetchone()
    assert row is not None
    return row[0]


async def _drawn(browser: Browser, api: httpx.AsyncClient, film: str, shots: int) -> float:
    """Open a film; give the milliseconds from the start of loading until its filmstrip is on the screen."""
    async with opened(browser, api) as page:
        await page.add_init_script(_WATCH_STRIP.replace("SHOTS", str(shots)))
        await page.goto(film)
        drawn: float = await page.evaluate("window.drawn")
    return drawn


async def _pause(page: Page) -> float:
    longest: float = await page.evaluate("window.pause")
    return longest


async def _watched(page: Page, film: str) -> None:
    """Open a film and begin to watch for pauses."""
    await page.goto(film)
    await page.locator(f"{_STRIP} button").last.wait_for()
    await page.evaluate(_WATCH_PAUSES)


async def _scrolled(browser: Browser, api: httpx.AsyncClient, film: str, seconds: int) -> float:
    async with opened(browser, api) as page:
        await _watched(page, film)
        box = await page.locator(_STRIP).bounding_box()
        assert box is not None
        gesture = {
            "x": box["x"] + box["width"] / 2,
            "y": box["y"] + box["height"] / 2,
            "xDistance": -_FLICK * seconds,
            "speed": _FLICK,
        }
        # As a finger does it: where nothing waits for the page's script.
        session = await page.context.new_cdp_session(page)
        await session.send("Input.synthesizeScrollGesture", gesture)
        assert await page.locator(_STRIP).evaluate("(strip) => strip.scrollLeft") > 0
        return await _pause(page)


async def _told(browser: Browser, api: httpx.AsyncClient, film: str, talk: _Talk) -> float:
    async with opened(browser, api) as page:
        await _watched(page, film)
        await talk.run()
        # Not by role and name: to compute the names of 500 buttons would stop the page itself.
        await page.wait_for_function(_HEARD, arg=[_STRIP, f"{_LAST}%"], polling=100)
        return await _pause(page)


async def _idle(browser: Browser, api: httpx.AsyncClient, film: str, seconds: int) -> float:
    async with opened(browser, api) as page:
        await _watched(page, film)
        await asyncio.sleep(seconds)
        return await _pause(page)
