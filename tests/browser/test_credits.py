"""What a film may cost: what waits for credits, the next step, and what became of every dollar."""

from pathlib import Path

import psycopg
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Served
from tests.browser.films import Film, make_project, one_shot
from tests.browser.inspecting import Inspector


def insert_job(served: Served, film: Film) -> None:
    """Ask for the film's first clip as any program may: an order over HTTP would be refused."""
    job = "INSERT INTO video_generation_jobs (project_id, scene_id, shot_id, prompt, duration_seconds) "
    values = (film.id, film.scenes[0], film.shots[0][0], "Steam rises")
    with psycopg.connect(served.database) as connection:
        connection.execute(f"{job} VALUES (%s, %s, %s, %s, 1)", values)


def expect_paid(panel: Locator) -> None:
    """Look at what the only clip cost, wherever the tab tells it."""
    spent = panel.locator("dt", has_text="Spent").locator("xpath=following-sibling::dd[1]")
    expect(spent).to_have_text("$0.10")
    expect(panel.get_by_role("region", name="What each try cost").get_by_role("listitem")).to_contain_text(
        "$0.10 paid, quoted $0.10"
    )
    entries = panel.get_by_role("region", name="Statement").get_by_role("listitem")
    expect(entries.nth(0)).to_contain_text("Paid for the clip of 1A")
    expect(entries.nth(1)).to_contain_text("Set aside for the clip of 1A")
    expect(entries.nth(2)).to_contain_text("Credits added")


def test_what_waits_for_credits_goes_on_from_the_page(page: Page, served: Served, axe: Path) -> None:
    film = make_project(served.api, one_shot("Steam rises"))
    assert served.api.patch(f"/projects/{film.id}/credits", json={"budget": 0.05}).is_success

    def in_line(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "position": 3})

    page.route("**/why", in_line)
    page.goto(f"{film.page}&tab=jobs")
    expect(page.get_by_text("● live")).to_be_visible()
    page.get_by_role("button", name="Generate all scenes (1)").click()
    quote = page.get_by_role("dialog", name="Generate all scenes")
    expect(quote.get_by_role("alert")).to_contain_text("1 thing stands in the way. Nothing was spent.")
    expect(quote.get_by_role("button", name="Generate")).to_be_disabled()
    page.keyboard.press("Escape")
    insert_job(served, film)
    expect(page.get_by_text("0% of the film · place 3 in line")).to_be_visible()
    expect(page.get_by_role("list", name="Jobs")).to_contain_text(
        "it goes on by itself once there is more. · place 3 in line"
    )
    page.get_by_role("button", name="Cancel", exact=True).first.click()
    expect(page.get_by_role("dialog")).to_contain_text(
        "1 shot has not been sent and will stop, free of charge"
    )
    page.keyboard.press("Escape")
    page.get_by_role("button", name="1 job waits for credits").click()
    panel = page.get_by_role("region", name="Credits")
    notice = panel.get_by_role("status")
    expect(notice).to_contain_text("1 job waits for credits: it needs $0.10, and the budget leaves $0.05.")
    expect(notice).to_contain_text("raise the budget to $0.10")
    # Somebody else sets it while somebody types here.
    budget = panel.get_by_label("Budget in dollars")
    budget.fill("2")
    assert served.api.patch(f"/projects/{film.id}/credits", json={"budget": 0.07}).is_success
    expect(notice).to_contain_text("the budget leaves $0.07")
    expect(budget).to_have_value("2")
    expect(page.get_by_role("tab", name="Credits")).to_have_attribute("aria-selected", "true")
    page.set_viewport_size({"width": 390, "height": 844})
    inspector = Inspector(page, axe)
    inspector.look("waiting for credits, on a phone")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert not inspector.found, "\n".join(inspector.found)

    # By keyboard alone, from the notice to the clip.
    budget.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The budget is $2.00 now.")).to_be_visible()
    expect(page.get_by_role("list", name="Filmstrip").get_by_role("button")).to_have_accessible_name(
        "Shot 1A, Ready"
    )
    expect(notice).to_have_count(0)
    expect(page.get_by_role("button", name="waits for credits")).to_have_count(0)
    expect_paid(panel)


def test_a_grant_whose_answer_is_lost_is_booked_once(page: Page, served: Served, errors: list[str]) -> None:
    film = make_project(served.api, one_shot("Steam rises"))
    page.goto(f"{film.page}&tab=credits")
    panel = page.get_by_role("region", name="Credits")
    panel.get_by_text("Add credits or set a budget").click()
    form = panel.get_by_role("form", name="Add credits")
    form.get_by_label("Amount").fill("25")
    form.get_by_label("What for").fill("Invoice 2026-114")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/grants", lose_the_answer)
    form.get_by_role("button").click()
    expect(form.get_by_role("alert")).to_contain_text("cannot reach Rushes")
    # It was booked all the same, and the feed says so.
    entries = panel.get_by_role("region", name="Statement").get_by_role("listitem")
    expect(entries.nth(0)).to_contain_text("Invoice 2026-114")
    expect(entries.nth(0)).to_contain_text("+$25.00")
    page.unroute("**/grants", lose_the_answer)
    form.get_by_role("button").click()
    expect(page.get_by_text("$25.00 of credits added.")).to_be_visible()
    assert served.api.get(f"/projects/{film.id}/credits").json()["balance"] == 1025
    errors.clear()  # the browser says that the request failed


def test_without_credits_nothing_of_them_is_shown(page: Page, film: Film) -> None:
    def off(route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, json={**found.json(), "enabled": False, "waiting": []})

    page.route("**/credits", off)
    page.goto(f"{film.page}&tab=credits")
    expect(page.get_by_role("tab", name="Script")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab")).to_have_count(3)
