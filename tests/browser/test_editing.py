"""Changing words in place, and choosing takes."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Served
from tests.browser.films import completed, make_film, make_project, one_shot


def test_an_edit_makes_the_clip_stale_and_a_failed_save_loses_nothing(
    page: Page, served: Served, errors: list[str]
) -> None:
    film = make_film(served.api, one_shot("Steam rises", narration="It is early."))
    completed(served.api, film)
    page.goto(f"{film.page}&scene={film.scenes[0]}")
    panel = page.get_by_role("tabpanel")
    panel.get_by_role("button", name="Edit shot 1A").click()
    panel.get_by_label("Video prompt").fill("Smoke")
    # Keys that do something elsewhere are letters here.
    panel.get_by_label("Video prompt").press_sequentially(" rises")
    expect(panel.get_by_text("The clip stays as it is and is marked stale")).to_be_visible()
    panel.get_by_label("Length in seconds").fill("1.5")

    def hang_up(route: Route) -> None:
        route.abort()

    page.route("**/shots/*", hang_up)
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("alert")).to_contain_text("Not saved; what you typed is still here.")
    errors.clear()  # the browser says that the request failed
    page.unroute("**/shots/*", hang_up)

    # Not even a reload loses it.
    page.reload()
    expect(panel.get_by_label("Video prompt")).to_have_value("Smoke rises")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("button", name="Edit shot 1A")).to_be_visible()
    expect(panel.get_by_text("Smoke rises")).to_be_visible()
    expect(panel.get_by_text("1.5 s")).to_be_visible()
    expect(panel.get_by_text("stale")).to_be_visible()
    frame = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    expect(frame).to_have_accessible_name("Shot 1A, Ready, stale")

    # What the API does not take is said where it was typed.
    panel.get_by_role("button", name="Edit shot 1A").click()
    panel.get_by_label("Length in seconds").fill("99999")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("alert")).to_contain_text("length: ")
    expect(panel.get_by_label("Length in seconds")).to_have_value("99999")
    errors.clear()  # 422
    panel.get_by_role("button", name="Drop changes").click()
    expect(panel.get_by_text("1.5 s")).to_be_visible()


def test_a_scene_is_renamed(page: Page, served: Served) -> None:
    film = make_project(served.api)
    page.goto(film.page)
    panel = page.get_by_role("tabpanel")
    panel.get_by_text("The street").click()
    panel.get_by_role("button", name="Edit scene The street").click()
    panel.get_by_label("Title").fill("The alley")
    panel.get_by_label("Title").press("Enter")
    card = page.get_by_role("region", name="Scenes").get_by_role("listitem").nth(1)
    expect(card.get_by_role("heading", name="The alley")).to_be_visible()
    expect(panel.get_by_role("button", name="Edit scene The alley")).to_be_visible()
    # Somebody else calls it what it was.
    path = f"/projects/{film.id}/scenes/{film.scenes[1]}"
    assert served.api.patch(path, json={"title": "The street"}).is_success
    expect(card.get_by_role("heading", name="The street")).to_be_visible()


def test_somebody_elses_edit_shows_at_once(page: Page, served: Served) -> None:
    film = make_film(served.api, one_shot("Steam rises"))
    completed(served.api, film)
    page.goto(f"{film.page}&scene={film.scenes[0]}")
    expect(page.get_by_text("● live")).to_be_visible()
    path = f"/projects/{film.id}/scenes/{film.scenes[0]}/shots/{film.shots[0][0]}"
    assert served.api.patch(path, json={"video_prompt": "Dawn breaks"}).is_success
    panel = page.get_by_role("tabpanel")
    expect(panel.get_by_text("Dawn breaks")).to_be_visible()
    expect(panel.get_by_text("stale")).to_be_visible()
    expect(page.get_by_text("The connection is lost")).to_have_count(0)


def test_a_take_is_chosen(page: Page, served: Served) -> None:
    film = make_film(served.api, one_shot("Steam rises"))
    completed(served.api, film)
    page.goto(film.page)
    page.get_by_role("list", name="Filmstrip").get_by_role("button").click()
    dialog = page.get_by_role("dialog", name="Shot 1A")
    takes = dialog.get_by_role("region", name="Takes").locator("ul > li")
    expect(takes).to_have_count(1)
    dialog.get_by_role("button", name="New take").click()
    expect(takes).to_have_count(2)
    newest, first = takes.nth(0), takes.nth(1)
    expect(newest).to_contain_text("in the film")
    first.get_by_role("button", name="Use this take").click()
    expect(first).to_contain_text("in the film")
    expect(newest).not_to_contain_text("in the film")
    first.get_by_role("button", name="Look at it").click()
    expect(dialog.get_by_label("Take 1 of shot 1A")).to_be_visible()
    first.get_by_text("Attempts and cost").click()
    expect(first).to_contain_text(re.compile(r"mock · mock-1 · succeeded · \$0\.10 · \d+ s"))
    # The player plays it as well, and after a reload.
    page.reload()
    page.get_by_role("list", name="Filmstrip").get_by_role("button").click()
    expect(first).to_contain_text("in the film")
    listed = served.api.get("/jobs", params={"shot_id": film.shots[0][0], "kind": "video"}).json()["data"]
    chosen = next(job["id"] for job in listed if job["take"] == 1)
    expect(dialog.get_by_label("Clip of shot 1A")).to_have_attribute("src", re.compile(chosen))


def test_a_long_script_is_all_there(page: Page, served: Served) -> None:
    shots = [{"video_prompt": f"Lamp {number} swings", "duration_seconds": 1} for number in range(1, 134)]
    film = make_project(served.api, [("A corridor", shots)])
    page.goto(f"{film.page}&tab=script")
    lamps = page.get_by_role("tabpanel").get_by_text(re.compile(r"^Lamp \d+ swings$"))
    expect(lamps).to_have_count(133)
    expect(lamps.last).to_have_text("Lamp 133 swings")
