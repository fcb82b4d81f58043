"""A connection that breaks in the middle: the page says so, and afterwards shows how things are."""

import socket

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.films import make_project, one_shot


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
    assert served.api.patch(f"/projects/{film.id}", json={"title": "Day Shift"}).is_success
    api = served.processes("api", API_PORT=port)
    api.wait_for("api_ready")
    expect(banner).to_have_count(0)
    expect(page.get_by_role("heading", name="Day Shift")).to_be_visible()
    errors.clear()  # the browser says that its requests failed
    page.close()
    api.kill()
