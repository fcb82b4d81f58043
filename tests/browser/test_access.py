"""Everybody can use it: axe-core finds nothing in any state, in light and in dark."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DESKTOP, Served
from tests.browser.films import Film, follow, make_film, make_project, one_shot
from tests.browser.inspecting import Inspector

# What stands in an empty field is as soft as other soft words. The inspection does not look at it.
PLACEHOLDER = "getComputedStyle(document.querySelector('textarea'), '::placeholder').color"
SOFT = "getComputedStyle(document.querySelector('main .soft')).color"


def refuse(route: Route) -> None:
    route.fulfill(status=401, json={"code": "unauthenticated", "detail": "a key is needed", "problems": []})


def none_yet(route: Route) -> None:
    route.fulfill(json={"data": [], "next": None})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    page: Page, served: Served, film: Film, axe: Path, scheme: Literal["light", "dark"]
) -> None:
    failed = make_film(served.api, one_shot("Steam rises [mock:fail]"))
    follow(served.api, failed, lambda data: data.get("project", data).get("current_step") == "failed")
    inspector = Inspector(page, axe)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto("/")
    expect(page.get_by_role("heading", name="Choose a film")).to_be_visible()
    inspector.look("start")
    page.goto("/?page=new")
    expect(page.get_by_label("Script")).to_be_visible()
    assert page.evaluate(PLACEHOLDER) == page.evaluate(SOFT)
    page.get_by_role("button", name="Use the example").click()
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("region", name="What was understood")).to_be_visible()
    inspector.look("new project")
    page.goto("/?page=operator")
    expect(page.get_by_role("heading", name="Latest events")).to_be_visible()
    inspector.look("machine room")
    page.goto(f"{film.page}&scene={film.scenes[0]}")
    page.get_by_role("button", name="Edit shot 1A").click()
    inspector.look("script, edited")
    page.get_by_role("tab", name="Jobs").click()
    inspector.look("jobs")
    page.get_by_role("tab", name="Review").click()
    expect(page.get_by_role("form", name="Send the scene back")).to_be_visible()
    inspector.look("review")
    page.get_by_role("tab", name="Credits").click()
    expect(page.get_by_role("region", name="What each try cost").locator("li").first).to_be_visible()
    inspector.look("credits")
    page.get_by_role("list", name="Filmstrip").get_by_role("button").first.click()
    expect(page.get_by_role("region", name="Takes").get_by_text("Image 1")).to_be_visible()
    inspector.look("shot")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    inspector.look("shortcuts")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    inspector.look("phone")
    page.set_viewport_size(DESKTOP)
    page.goto(failed.page)
    page.get_by_role("button", name="1 failed…").click()
    inspector.look("failures")
    assert not inspector.found, "\n".join(inspector.found)


def test_axe_finds_nothing_where_there_is_little(
    page: Page, served: Served, film: Film, axe: Path, errors: list[str]
) -> None:
    inspector = Inspector(page, axe)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(make_project(served.api, ()).page)
    expect(page.get_by_text("This project has no scenes yet.")).to_be_visible()
    inspector.look("no scenes")
    projects = page.get_by_role("navigation", name="Projects")
    page.get_by_role("button", name="Projects").click()
    expect(projects).to_be_visible()
    inspector.look("projects, on a phone")
    projects.get_by_role("link").filter(has_text=film.receipt).click()
    expect(projects).to_be_hidden()
    expect(page.get_by_title("Copy the receipt")).to_have_text(film.receipt)
    page.set_viewport_size(DESKTOP)
    page.goto("/?project=0000-0000")
    expect(page.get_by_text("There is no project under this receipt.")).to_be_visible()
    inspector.look("no such project")
    page.route("**/events", refuse)
    page.route("**/api/v1/projects?*", none_yet)
    page.goto(film.page)
    expect(page.get_by_role("heading", name="This film is not open to you")).to_be_visible()
    expect(page.get_by_text("No projects yet.")).to_be_visible()
    inspector.look("nothing that may be seen")
    page.route("**/api/v1/projects*", refuse)
    page.goto("/")
    expect(page.get_by_role("heading", name="A key is needed")).to_be_visible()
    inspector.look("sign in")
    errors.clear()  # 404 and 401
    assert not inspector.found, "\n".join(inspector.found)
