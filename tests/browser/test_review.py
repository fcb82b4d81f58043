"""A scene is sent back, mended, brought back to review, and approved."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Served
from tests.browser.films import completed, make_film

SCENES = [
    (
        "The bakery",
        [
            {"video_prompt": "The baker pulls out a loaf", "duration_seconds": 1},
            {"video_prompt": "Steam rises from a split loaf", "duration_seconds": 1},
        ],
    )
]


def send_back(page: Page, shot: str, errors: list[str]) -> None:
    """Report what is wrong with a shot: a send that fails, second thoughts, and then for good."""
    form = page.get_by_role("form", name="Send the scene back")
    form.get_by_label("What kind").select_option("timing")
    expect(form.get_by_role("button", name="Submit & return to stage 7")).to_be_visible()
    form.get_by_label("What kind").select_option("visual_continuity")
    form.get_by_label("Which shot").select_option(shot)
    form.get_by_label(re.compile("^At 0:0")).check()
    form.get_by_label("What should change").fill("The loaf was round before.")

    def hang_up(route: Route) -> None:
        route.abort()

    submit = form.get_by_role("button", name="Submit & return to stage 8")
    page.route("**/issues", hang_up)
    submit.click()
    expect(form.get_by_role("alert")).to_contain_text("Not sent; what you wrote is still here.")
    page.unroute("**/issues", hang_up)
    errors.clear()  # the browser says that the request failed

    submit.click()
    question = page.get_by_role("dialog", name="This will return you to stage 8. Continue?")
    expect(question).to_contain_text("The images and clips of 1B open again")
    expect(question).to_contain_text("1 clip anew would cost $0.10 today")
    question.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    submit.click()
    question.get_by_role("button", name="Return to stage 8").click()


def test_a_scene_goes_back_and_comes_back(page: Page, served: Served, errors: list[str]) -> None:
    film = make_film(served.api, SCENES)
    completed(served.api, film)
    page.goto(film.page)
    card = page.get_by_role("region", name="Scenes").get_by_role("listitem")
    expect(card.locator(".badge.pulse")).to_have_text(re.compile("Review ready"))
    card.get_by_role("button", name="Review video").click()
    expect(page.get_by_role("tab", name="Review")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(card.locator(".badge")).to_have_text(re.compile("Review ready"))
    expect(card.locator(".badge.pulse")).to_have_count(0)
    page.goto(film.page)
    expect(card.locator(".badge")).to_have_text(re.compile("Review ready"))
    expect(card.locator(".badge.pulse")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("tab", name="Review")).to_have_attribute("aria-selected", "true")

    send_back(page, film.shots[0][1], errors)
    expect(card.locator(".badge")).to_have_text(re.compile("Sent back to stage 8"))
    expect(page.get_by_role("tab", name="Script")).to_have_attribute("aria-selected", "true")
    frames = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    expect(frames.nth(0)).to_have_accessible_name("Shot 1A, Ready")
    expect(frames.nth(1)).to_have_accessible_name("Shot 1B, Ready, stale")

    page.get_by_role("button", name="1 open issue to resolve").click()
    issues = page.get_by_role("region", name="Issues").get_by_role("listitem")
    expect(issues).to_contain_text("The loaf was round before.")
    expect(page.get_by_label("What should change")).to_have_value("")
    issues.get_by_role("button", name=re.compile(r"^Shot 1B at 0:0\d$")).click()
    expect(page.locator(".timeline .segment.active")).to_have_count(1)
    approve = page.get_by_role("button", name="Approve scene")
    expect(approve).to_be_disabled()
    page.get_by_role("button", name="Make new takes of what is stale (1)").click()
    page.get_by_role("dialog", name="Make new takes").get_by_role(
        "button", name=re.compile("Generate for")
    ).click()
    expect(frames.nth(1)).to_have_accessible_name("Shot 1B, Ready")
    expect(approve).to_be_disabled()
    issues.get_by_role("button", name="Resolve").click()
    expect(issues).to_contain_text("resolved")
    expect(page.get_by_text("The bakery is back in review.")).to_be_visible()
    approve.click()
    expect(card.locator(".badge")).to_have_text(re.compile("Approved"))
    expect(approve).to_be_disabled()
    page.reload()
    expect(card.locator(".badge")).to_have_text(re.compile("Approved"))
    expect(issues).to_contain_text("resolved")
