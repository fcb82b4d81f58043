"""The player: a whole scene, jumps, links that lead to a moment, keys, and addresses that expire."""

import itertools
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Served
from tests.browser.films import Film, make_project

# Notes each frame that was shown: its time in the file, and where the page says that the film is.
WATCH_FRAMES = """() => {
  const video = document.querySelector("[data-screen] video");
  const watch = video.watchFrames ?? video.requestVideoFrameCallback;
  window.frames_shown = [];
  const note = (_, frame) => {
    window.frames_shown.push([frame.mediaTime, document.querySelector("[role=slider]").ariaValueText]);
    watch.call(video, note);
  };
  watch.call(video, note);
  // What is seen while a clip gives way to the next.
  const canvas = document.querySelector("[data-screen] canvas");
  video.addEventListener("emptied", () => { window.held = !canvas.hidden; });
}"""
# Either way to know that a clip is over has to do alone: its last picture, told sooner, or its end event.
WITHOUT_END = """addEventListener("ended", (event) => {
  const first = document.querySelector("[role=slider]").ariaValueText.startsWith("shot 1A");
  if (first) event.stopImmediatePropagation();
}, true)"""
FOLLOWED = "() => document.querySelector('.strip').scrollLeft > 0"
AT_ITS_START = "() => document.querySelector('.strip').scrollLeft === 0"
SCROLLED_AFTER_A_MOMENT = """() => new Promise((done) => {
  const look = () => setTimeout(() => done(document.querySelector(".strip").scrollLeft));
  requestAnimationFrame(() => requestAnimationFrame(look));
})"""
WITHOUT_PICTURES = """{
  const video = HTMLVideoElement.prototype;
  video.watchFrames = video.requestVideoFrameCallback;
  delete video.requestVideoFrameCallback;
}"""
NO_FILM = {
    "type": "about:blank",
    "title": "Not Found",
    "status": 404,
    "detail": "no",
    "code": "not_found",
    "problems": [],
}


@pytest.mark.parametrize(
    "lacking",
    [
        pytest.param(None, id="stitched"),
        pytest.param(WITHOUT_END, id="clip by clip, by the last picture"),
        pytest.param(WITHOUT_PICTURES, id="clip by clip, by the end event"),
    ],
)
def test_a_scene_plays_through(page: Page, film: Film, lacking: str | None, errors: list[str]) -> None:
    if lacking:
        page.add_init_script(lacking)
        page.route("**/film", lambda route: route.fulfill(status=404, json=NO_FILM))
    page.goto(f"{film.page}&scene={film.scenes[0]}")
    expect(page.get_by_role("list", name="Filmstrip").get_by_role("button")).to_have_count(2)
    clock = page.get_by_role("slider", name="Film time")
    expect(clock).to_have_attribute("aria-valuemax", "4")
    page.evaluate(WATCH_FRAMES)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(clock).to_have_attribute("aria-valuetext", re.compile(r"^shot 1B, 2 of 2"))
    # It stops by itself, at the end.
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(clock).to_have_attribute("aria-valuenow", "4")
    frames = page.evaluate("window.frames_shown")
    seen = {text.split(",")[0] for _, text in frames}
    assert {"shot 1A", "shot 1B"} <= seen
    if lacking:
        # Each clip begins anew: the joint is where the time goes back.
        times = [time for time, _ in frames]
        assert any(after < before for before, after in itertools.pairwise(times))
        # It was fetched before, and the last picture stood until it came.
        assert page.evaluate("document.querySelector('[data-screen] video').src.startsWith('blob:')")
        assert page.evaluate("window.held")
        errors[:] = [each for each in errors if "404" not in each]


def test_a_press_on_the_timeline_jumps(page: Page, film: Film) -> None:
    page.goto(film.page)
    clock = page.get_by_role("slider", name="Film time")
    expect(clock).to_have_attribute("aria-valuemax", "6")
    box = clock.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    expect(clock).to_have_attribute("aria-valuetext", "shot 2A, 3 of 3, 0:04 of 0:06")
    frames = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    expect(frames.nth(2)).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(re.compile(rf"shot={film.shots[1][0]}&t=4\.5"))
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"])
    page.mouse.up()
    expect(clock).to_have_attribute("aria-valuetext", "shot 1B, 2 of 3, 0:03 of 0:06")


def test_the_strip_follows_unless_somebody_scrolls(page: Page, served: Served) -> None:
    shots = [{"video_prompt": f"Steam rises {number}", "duration_seconds": 1} for number in range(12)]
    page.goto(make_project(served.api, [("The bakery", shots)]).page)
    frames = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    clock = page.get_by_role("slider", name="Film time")
    box = clock.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    page.wait_for_function(FOLLOWED)
    frames.last.hover()
    page.mouse.wheel(-9999, 0)
    page.wait_for_function(AT_ITS_START)
    page.keyboard.press("ArrowLeft")
    expect(frames.nth(10)).to_have_attribute("aria-current", "true")
    assert page.evaluate(SCROLLED_AFTER_A_MOMENT) == 0
    # Later it follows again, until somebody walks along it.
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 10_000; }")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(FOLLOWED)
    frames.nth(9).focus()
    page.keyboard.press("Home")
    page.wait_for_function(AT_ITS_START)
    page.get_by_role("button", name="Previous shot").click()
    expect(frames.nth(8)).to_have_attribute("aria-current", "true")
    assert page.evaluate(SCROLLED_AFTER_A_MOMENT) == 0


def test_a_link_leads_to_a_moment_and_survives_a_reload(page: Page, film: Film) -> None:
    shot = film.shots[0][1]
    page.goto(f"{film.page}&scene={film.scenes[0]}&shot={shot}&t=3.5&tab=jobs")
    clock = page.get_by_role("slider", name="Film time")
    for _ in range(2):
        expect(clock).to_have_attribute("aria-valuetext", "shot 1B, 2 of 2, 0:03 of 0:04")
        expect(page.get_by_role("tab", name="Jobs")).to_have_attribute("aria-selected", "true")
        page.reload()
    page.goto(f"{film.page}&shot={film.shots[1][0]}")
    expect(clock).to_have_attribute("aria-valuetext", re.compile("^shot 2A"))
    page.get_by_role("button", name="Open").first.click()
    expect(page).to_have_url(re.compile(film.scenes[0]))
    page.go_back()
    expect(clock).to_have_attribute("aria-valuemax", "6")
    page.go_forward()
    page.get_by_role("button", name="Show all scenes").click()
    expect(clock).to_have_attribute("aria-valuemax", "6")


def test_keys_do_what_the_sheet_says(page: Page, film: Film) -> None:
    page.goto(film.page)
    clock = page.get_by_role("slider", name="Film time")
    expect(clock).to_have_attribute("aria-valuetext", re.compile("^shot 1A"))
    page.keyboard.press("ArrowRight")
    expect(clock).to_have_attribute("aria-valuetext", re.compile("^shot 1B"))
    page.keyboard.press("ArrowLeft")
    expect(clock).to_have_attribute("aria-valuetext", re.compile("^shot 1A"))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(clock).not_to_have_attribute("aria-valuenow", "6")
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press("l")
    assert page.evaluate("document.querySelector('[data-screen] video').playbackRate") == 2
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(clock).to_have_attribute("aria-valuetext", "shot 1A, 1 of 3, 0:00 of 0:06")
    expect(page.get_by_text("0:00 / 0:06")).to_be_visible()
    for full in (True, False):
        page.keyboard.press("f")
        page.wait_for_function("full => Boolean(document.fullscreenElement) === full", arg=full)
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Shot 1A")).to_be_visible()
    page.keyboard.press("Escape")

    # The strip is one stop of the Tab key; arrows walk along it and leave the player alone.
    frames = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    frames.nth(0).focus()
    page.keyboard.press("End")
    expect(frames.nth(2)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(frames.nth(1)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(frames.nth(2)).to_have_attribute("tabindex", "-1")
    expect(clock).to_have_attribute("aria-valuetext", re.compile("^shot 1A"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Shot 2A")).to_be_visible()


def test_buttons_do_what_keys_do(page: Page, film: Film) -> None:
    page.goto(film.page)
    clock = page.get_by_role("slider", name="Film time")
    expect(clock).to_have_attribute("aria-valuetext", re.compile("^shot 1A"))
    page.get_by_role("button", name="Next shot").click()
    expect(clock).to_have_attribute("aria-valuetext", re.compile("^shot 1B"))
    page.get_by_role("button", name="Previous shot").click()
    expect(clock).to_have_attribute("aria-valuetext", re.compile("^shot 1A"))
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("() => document.fullscreenElement?.matches('[data-screen]')")
    for word in ("Pause", "Play"):
        page.get_by_role("button", name="Play or pause").click()
        page.wait_for_function("word => document.querySelector(`[aria-label=${word}]`)", arg=word)
    page.keyboard.press("f")
    page.get_by_role("button", name="Mute").click()
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()
    page.get_by_label("Volume").fill("0.5")
    expect(page.get_by_role("button", name="Mute")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-screen] video').volume") == 0.5
    # The slider has a use for arrows and for no other key.
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.querySelector('[data-screen] video').volume") == pytest.approx(0.55)
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()


def test_motion_and_colours_are_as_the_person_likes(page: Page, film: Film) -> None:
    page.goto(film.page)
    lasts = "getComputedStyle(document.querySelector('.slate')).animationDuration"
    expect(page.locator(".slate")).to_have_text("1 · 1A · The bakery")
    assert page.evaluate(lasts) == "1e-05s"
    strip = page.get_by_role("list", name="Filmstrip")
    expect(strip).to_have_css("scroll-behavior", "auto")
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(lasts) == "2.6s"
    expect(strip).to_have_css("scroll-behavior", "smooth")
    page.get_by_role("button", name="Auto theme, change").click()
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    page.get_by_role("button", name="Dark theme, change").click()
    expect(page.locator("html")).to_have_css("color-scheme", "light")


@pytest.mark.parametrize("mended", [True, False], ids=["a fresh one plays", "a fresh one fails too"])
def test_an_address_that_expired_is_renewed_once(
    page: Page, film: Film, served: Served, mended: bool, errors: list[str]
) -> None:
    asked: list[str] = []

    def expired(route: Route) -> None:
        route.fulfill(status=403, content_type="application/problem+json", json={**NO_FILM, "status": 403})

    def renewed(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    page.route("**/film", lambda route: route.fulfill(status=404, json=NO_FILM))
    page.route("**/content", expired)
    if not mended:
        page.route("**/media/**/*.mp4?*", expired)
    page.route(re.compile(r"/api/v1/jobs/[0-9a-f-]{36}$"), renewed)
    page.goto(f"{film.page}&scene={film.scenes[1]}")
    page.get_by_role("button", name="Play", exact=True).click()
    if mended:
        expect(page.get_by_role("slider", name="Film time")).to_have_attribute("aria-valuenow", "2")
    else:
        expect(page.get_by_role("alert").get_by_text("This clip cannot be played")).to_be_visible()
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert len(asked) == 1
    errors[:] = [each for each in errors if "Failed to load resource" not in each]
