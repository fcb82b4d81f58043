"""The main states look as they did: a style that breaks or goes missing is seen."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.browser.conftest import DESKTOP, Served
from tests.browser.films import Film, follow, make_film, one_shot
from tests.browser.looking import look, needs_font

PHONE = ViewportSize(width=390, height=844)


def only(*films: Film) -> Callable[[Route], None]:
    """Leave out of the list of projects what other tests made."""

    def listed(route: Route) -> None:
        page = route.fetch().json()
        known = [film.id for film in films]
        page["data"] = [each for each in page["data"] if each["id"] in known]
        route.fulfill(json=page)

    return listed


def test_the_main_states_look_as_they_did(page: Page, served: Served, film: Film, tmp_path: Path) -> None:
    failed = make_film(served.api, one_shot("Steam rises [mock:fail]"))
    follow(served.api, failed, lambda data: data.get("project", data).get("current_step") == "failed")
    page.route("**/api/v1/projects?*", only(film, failed))
    wrong: list[str | None] = []

    def see(state: str, scheme: Literal["light", "dark"], address: str, ready: Callable[[], None]) -> None:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.goto(address)
        ready()
        wrong.append(look(page, state, tmp_path))

    def live() -> None:
        expect(page.get_by_text("● live")).to_be_visible()
        expect(page.get_by_text("loading…")).to_have_count(0)
        # On a phone the list is behind its button.
        expect(page.locator("nav li")).to_have_count(2)
        expect(page.get_by_role("tab", name="Credits")).to_be_visible()

    def start() -> None:
        expect(page.get_by_role("heading", name="Choose a film")).to_be_visible()

    def understood() -> None:
        page.get_by_role("button", name="Use the example").click()
        page.get_by_role("button", name="Read it").click()
        expect(page.get_by_role("region", name="What was understood")).to_be_visible()

    def costs() -> None:
        live()
        expect(page.get_by_role("region", name="What each try cost").get_by_role("listitem")).to_be_visible()

    def details() -> None:
        live()
        page.get_by_role("list", name="Filmstrip").get_by_role("button").first.click()
        expect(page.get_by_role("region", name="Takes").get_by_text("Image 1")).to_be_visible()

    def failures() -> None:
        live()
        page.get_by_role("button", name="1 failed…").click()

    scene = f"{film.page}&scene={film.scenes[0]}"
    page.goto("/")
    needs_font(page)
    see("start", "light", "/", start)
    see("new", "dark", "/?page=new", understood)
    see("film", "dark", film.page, live)
    see("film-light", "light", scene, live)
    see("jobs-failed", "dark", f"{failed.page}&tab=jobs", live)
    see("review", "light", f"{scene}&tab=review", live)
    see("credits", "dark", f"{failed.page}&tab=credits", costs)
    see("shot", "light", film.page, details)
    see("failures", "dark", failed.page, failures)
    page.set_viewport_size(PHONE)
    see("phone", "dark", scene, live)
    page.set_viewport_size(DESKTOP)
    found = [each for each in wrong if each]
    assert not found, "\n".join(found)
