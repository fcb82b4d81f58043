"""A connection that breaks in the middle: the page says so, and afterwards shows how things are."""

import copy
import json
import socket

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Served
from tests.browser.films import Film, make_project, one_shot


def test_a_server_that_is_killed_and_comes_back(page: Page, served: Served, errors: list[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    api = served.processes("api", API_PORT=port)
    address = str(api.wait_for("api_ready")["address"])
    film = make_project(served.api, one_shot("Steam rises"))
    page.goto(f"{address}{film.page}")
    expect(page.get_by_role("heading", name="Night Shift")).to_be_visible()
    expect(page.get_by_text("● live")).to_be_visible()
    api.kill()
    banner = page.get_by_text("The connection is lost.")
    expect(banner).to_be_visible()
    expect(page.get_by_text("○ not live")).to_be_visible()
    assert served.api.patch(f"/projects/{film.id}", json={"title": "Day Shift"}).is_success
    api = served.processes("api", API_PORT=port)
    api.wait_for("api_ready")
    expect(banner).to_have_count(0)
    expect(page.get_by_role("heading", name="Day Shift")).to_be_visible()
    errors.clear()  # the browser says that its requests failed
    page.close()
    api.kill()


def test_what_cannot_be_loaded_is_said_and_tried_again(page: Page, film: Film, errors: list[str]) -> None:
    def hang_up(route: Route) -> None:
        route.abort()

    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/projects**", hang_up)
    page.route("**/events", hold)
    page.goto(film.page)
    expect(page.get_by_role("heading", name="Loading the film…")).to_be_visible()
    page.route("**/events", hang_up)
    held.pop().abort()
    expect(page.get_by_role("heading", name="The film cannot be loaded now")).to_be_visible()
    projects = page.get_by_role("navigation", name="Projects")
    expect(projects.get_by_text("The projects cannot be loaded.")).to_be_visible()
    page.unroute_all()
    expect(page.get_by_role("heading", name="Night Shift")).to_be_visible()
    projects.get_by_role("button", name="Try again").click()
    expect(projects.get_by_text(film.receipt)).to_be_visible()
    errors.clear()  # the browser says that its requests failed


def test_a_connection_that_is_silent_is_opened_anew(page: Page, film: Film) -> None:
    def hold(_route: Route) -> None:
        """Answer nothing."""

    page.route("**/events", hold)
    page.clock.install()
    page.goto(film.page)
    expect(page.get_by_role("heading", name="Loading the film…")).to_be_visible()
    with page.expect_request("**/events"):
        page.clock.fast_forward(30_000)
    page.unroute_all()
    with page.expect_request("**/events"):
        page.clock.fast_forward(30_000)
    expect(page.get_by_text("● live")).to_be_visible()
    with page.expect_request("**/events"):
        page.clock.fast_forward(30_000)
    expect(page.get_by_text("● live")).to_be_visible()


def test_what_is_older_undoes_nothing(page: Page, film: Film, served: Served) -> None:
    with served.api.stream("GET", f"/projects/{film.id}/events") as stream:
        line = next(line for line in stream.iter_lines() if line.startswith("data: "))
    before = json.loads(line.removeprefix("data: "))
    after = copy.deepcopy(before)
    after["sequence"] += 1
    after["data"]["project"]["title"] = "Day Shift"
    told = "".join(f"event: snapshot\ndata: {json.dumps(each)}\n\n" for each in (after, before))
    page.route("**/events", lambda route: route.fulfill(content_type="text/event-stream", body=told))
    page.goto(film.page)
    expect(page.get_by_role("heading", name="Day Shift")).to_be_visible()
