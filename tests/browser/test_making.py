"""From a pasted script to a film: quote, order, live strip, failures, cancel."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Served
from tests.browser.films import make_clips, make_film, make_project, one_shot

# What moves is told of: nothing but the feed may bring it.
NOTHING_ASKED_AGAIN = "window.setInterval = () => 0"
# Whether the list had the project when its receipt was shown.
WATCH_LIST = """() => new MutationObserver(() => {
  const told = document.querySelector(".toasts").textContent.match(/receipt is (.{9})/);
  if (told) window.was_listed ??= document.querySelector("nav").textContent.includes(told[1]);
}).observe(document.body, {subtree: true, childList: true, characterData: true})"""
# As on an address without TLS that is not the machine's own.
WITHOUT_TLS = """delete Crypto.prototype.randomUUID; delete Navigator.prototype.clipboard"""
AMBER, GREY = "rgb(242, 176, 74)", "rgb(74, 68, 58)"

SCRIPT = """Title: Night Shift

INT. BAKERY - NIGHT

A baker pulls bread from a glowing oven. (1s)

Steam rises from a split loaf. (1s)
"""
DROPPED = """(text) => {
  const dropped = new DataTransfer();
  dropped.items.add(new File([text], "night.txt"));
  return dropped;
}"""


def test_a_pasted_script_becomes_a_film(page: Page, served: Served) -> None:
    page.add_init_script(NOTHING_ASKED_AGAIN)
    page.goto("/")
    page.get_by_role("button", name="Start from a script").click()
    page.get_by_label("Script", exact=True).fill(SCRIPT)
    page.get_by_role("button", name="Read it").click()
    understood = page.get_by_role("region", name="What was understood")
    expect(understood.get_by_text("1 scene, 2 shots, 0:02")).to_be_visible()
    page.evaluate(WATCH_LIST)
    understood.get_by_role("button", name="Make the project").click()
    told = page.get_by_text(re.compile(r"Your receipt is [0-9A-F]{4}-[0-9A-F]{4}"))
    listed = page.get_by_role("navigation", name="Projects").get_by_role("link").first
    expect(listed).to_have_attribute("aria-current", "page")
    receipt = page.get_by_title("Copy the receipt")
    expect(told).to_contain_text(receipt.inner_text())
    expect(receipt).to_have_css("font-size", "18px")
    assert page.evaluate("window.was_listed")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    receipt.click()
    expect(page.get_by_text(f"Copied {receipt.inner_text()}")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == receipt.inner_text()

    page.keyboard.press("ArrowRight")
    clock = page.get_by_role("slider", name="Film time")
    expect(clock).to_have_attribute("aria-valuetext", re.compile("^shot 1B"))
    page.get_by_role("button", name="Generate all scenes (2)").click()
    quote = page.get_by_role("dialog", name="Generate all scenes")
    expect(quote.get_by_text("2 videos")).to_be_visible()
    quote.get_by_role("button", name="Generate for $0.24").click()
    frames = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    expect(frames.nth(0)).to_have_accessible_name("Shot 1A, Ready")
    expect(frames.nth(1)).to_have_accessible_name("Shot 1B, Ready")
    expect(frames.nth(1)).to_have_class("frame good")
    expect(frames.nth(1).locator("img")).to_have_attribute("src", re.compile("/poster$"))
    # What is said aloud is on the page as a status. The first shot comes up, to be played.
    news = page.get_by_role("status").filter(has_text="All videos for Scene 1 are ready for review!")
    expect(clock).to_have_attribute("aria-valuetext", re.compile("^shot 1A"))
    news.get_by_role("button", name="Play scene").click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="the film is ready")).to_be_visible()
    expect(page.get_by_role("progressbar", name="The film")).to_have_attribute("aria-valuenow", "100")
    expect(listed).to_contain_text("Complete")
    expect(listed.get_by_role("img")).to_have_accessible_name("2 ready, 0 working, 0 failed, 0 in line")


def test_a_scripts_file_is_opened_priced_and_generated_at_once(page: Page, served: Served) -> None:
    page.goto("/?page=new")
    chosen = page.get_by_label("Open a file…")
    chosen.set_input_files(
        {"name": "film.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 \xff\xfe"}
    )
    expect(page.get_by_role("status").filter(has_text="film.pdf is not plain text")).to_be_visible()
    chosen.set_input_files({"name": "night.txt", "mimeType": "text/plain", "buffer": SCRIPT.encode()})
    understood = page.get_by_role("region", name="What was understood")
    expect(understood.get_by_text("2 images, 2 videos, 2 films, for $0.24.")).to_be_visible()

    # A length that the model cannot make is said before there is a project; what was typed stays.
    written = page.get_by_label("Script", exact=True)
    written.fill(SCRIPT.replace("loaf. (1s)", "loaf. (200s)"))
    # What was read of other words is not for sale.
    expect(understood).to_have_count(0)
    page.get_by_role("button", name="Read it").click()
    expect(understood.get_by_role("alert")).to_contain_text("1B: length")
    expect(understood.get_by_role("button", name="Generate it")).to_have_count(0)
    expect(understood.get_by_role("button", name="Make the project")).to_be_enabled()

    # A dropped file is read as well, and the page stays where it is.
    dropped = page.evaluate_handle(DROPPED, SCRIPT)
    written.dispatch_event("drop", {"dataTransfer": dropped})
    expect(written).to_have_value(SCRIPT)
    understood.get_by_role("button", name="Generate it for $0.24").click()
    frames = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    expect(frames.nth(0)).to_have_accessible_name("Shot 1A, Ready")
    expect(frames.nth(1)).to_have_accessible_name("Shot 1B, Ready")


def test_a_failed_shot_is_told_and_made_again(page: Page, served: Served) -> None:
    film = make_project(served.api, one_shot("Steam rises [mock:fail=1]"))
    page.add_init_script(WITHOUT_TLS)
    page.goto(film.page)
    page.get_by_title("Copy the receipt").click()
    expect(page.get_by_text(f"does not allow copying. The receipt is {film.receipt}.")).to_be_visible()
    page.get_by_role("button", name="Generate all scenes").click()
    page.get_by_role("button", name="Generate for").click()
    expect(page.get_by_role("region", name="Scenes").get_by_text("1 failed")).to_be_visible()
    expect(page.locator(".timeline .segment.bad")).to_have_count(1)
    news = page.get_by_role("status").filter(has_text="Scene 1 ended with 1 failed shot.")
    news.get_by_role("button", name="What failed").click()
    summary = page.get_by_role("dialog", name="What failed")
    expect(summary.get_by_text("Shot 1A")).to_be_visible()
    expect(summary.locator(".prose")).not_to_be_empty()
    summary.get_by_role("button", name="Retry failed").click()
    expect(page.get_by_text("1 failed job in line again.")).to_be_visible()
    expect(page.get_by_role("list", name="Filmstrip").get_by_role("button")).to_have_accessible_name(
        "Shot 1A, Ready"
    )


def test_a_retry_that_may_be_paid_twice_asks_first(page: Page, served: Served) -> None:
    film = make_film(served.api, one_shot("Steam rises [mock:submit_lost=1, fail=1]"))
    page.goto(film.page)
    page.get_by_role("list", name="Filmstrip").get_by_role("button", name="Shot 1A, Failed").click()
    shot = page.get_by_role("dialog", name="Shot 1A")
    shot.get_by_role("button", name="Retry").click()
    question = page.get_by_role("dialog", name="This may be paid twice")
    question.get_by_role("button", name="Retry, and risk $0.10 more").click()
    # The second try fails for nothing, and so the third is not asked about.
    expect(shot.locator(".notice")).to_contain_text("The provider could not finish this shot.")
    shot.get_by_role("button", name="Retry").click()
    expect(shot.get_by_role("button", name="New take")).to_be_visible()
    shot.get_by_text("Attempts and cost").click()
    expect(shot.locator(".attempts > li")).to_have_count(3)


def test_a_failed_image_ends_its_scene_for_the_person_too(page: Page, served: Served) -> None:
    film = make_project(served.api, one_shot("Steam rises", image_prompt="A loaf [mock:fail]"))
    page.goto(film.page)
    page.get_by_role("button", name="Generate all scenes").click()
    page.get_by_role("button", name="Generate for").click()
    # Its clip still waits, and nothing renders any more.
    expect(page.get_by_text("Scene 1 ended with 1 failed shot.")).to_be_visible()
    expect(page.get_by_role("region", name="Scenes").get_by_text("1 failed")).to_be_visible()
    listed = page.get_by_role("navigation", name="Projects").locator("[aria-current=page]")
    expect(listed).to_contain_text("Needs you")
    expect(page.get_by_role("button", name="1 failed…")).to_be_visible()

    # Whoever mends the words gets what they say now, the clip that waited included.
    frame = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    frame.click()
    dialog = page.get_by_role("dialog", name="Shot 1A")
    expect(dialog.get_by_role("button", name="Retry", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Edit shot 1A").click()
    dialog.get_by_label("Video prompt").fill("Steam falls")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("button", name="Retry with the old words")).to_be_visible()
    expect(dialog.get_by_text("A clip with the old words waits")).to_be_visible()
    dialog.get_by_role("button", name="Take it out of line, free").click()
    expect(dialog.get_by_role("button", name="Generate it")).to_be_visible()
    dialog.get_by_role("button", name="Edit shot 1A").click()
    dialog.get_by_label("Image prompt").fill("A loaf")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("button", name="Edit shot 1A")).to_be_visible()
    dialog.get_by_role("button", name="Generate it").click()
    expect(page.get_by_text("1 image, 1 video")).to_be_visible()
    page.get_by_role("button", name="Generate for").click()
    expect(frame).to_have_accessible_name("Shot 1A, Ready")
    clips = served.api.get("/jobs", params={"project_id": film.id, "kind": "video"}).json()["data"]
    assert sorted((clip["status"], clip["prompt"]) for clip in clips) == [
        ("cancelled", "Steam rises"),
        ("completed", "Steam falls"),
    ]


def test_a_film_that_nobody_ordered_is_made_of_its_clips(page: Page, served: Served) -> None:
    film = make_clips(served.api, one_shot("Steam rises"))
    page.goto(film.page)
    page.get_by_role("button", name="Make the film").click()
    quote = page.get_by_role("dialog", name="Make the film")
    expect(quote.get_by_text("2 films, for $0.00")).to_be_visible()
    quote.get_by_role("button", name="Generate for").click()
    expect(page.get_by_role("button", name="All shots are made")).to_be_disabled()
    expect(page.get_by_role("status").filter(has_text="the film is ready")).to_be_visible()


def test_a_paid_result_is_fetched_again_and_not_made_again(page: Page, served: Served) -> None:
    film = make_project(served.api, one_shot("Steam rises [mock:truncated=3]"))
    page.goto(f"{film.page}&tab=jobs")
    expect(page.get_by_text("Nothing was ordered yet.")).to_be_visible()
    page.get_by_role("button", name="Generate all scenes").click()
    page.get_by_role("button", name="Generate for").click()
    card = page.get_by_role("list", name="Jobs").get_by_role("listitem")
    card.get_by_role("button", name="Fetch again, free").click()
    expect(page.get_by_text("Being fetched again, free of charge.")).to_be_visible()
    frame = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    expect(frame).to_have_accessible_name("Shot 1A, Ready")
    frame.click()
    page.get_by_text("Attempts and cost").click()
    expect(page.get_by_role("dialog").locator(".attempts > li")).to_have_count(1)


def expect_two_in_the_making(page: Page) -> None:
    """Look at everything that tells that both shots of a scene are being made, the second twice as long."""
    frames = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    expect(page.locator("[data-screen] .still")).to_have_attribute("src", re.compile("/content$"))
    expect(frames.nth(0)).to_have_accessible_name(re.compile("Generating"))
    expect(frames.nth(1)).to_have_accessible_name(re.compile("Generating"))
    expect(page.get_by_text("Generating… (0/2)")).to_be_visible()
    expect(page.get_by_text("Rendering 0/2")).to_be_visible()
    expect(page.get_by_text("% of the film · ≈ 2 min left")).to_be_visible()
    expect(page.locator(".frame.work")).to_have_count(2)
    expect(frames.nth(0)).to_have_css("border-color", AMBER)
    segments = page.locator(".timeline .segment.work")
    expect(segments).to_have_count(2)
    expect(segments.nth(0)).to_have_css("background-image", re.compile("45deg"))
    one, two = (segments.nth(index).bounding_box() for index in range(2))
    assert one is not None
    assert two is not None
    assert two["width"] == pytest.approx(2 * one["width"], rel=0.05)
    expect(page.locator(".cover")).to_contain_text(re.compile("Shot 1A · Generating.*Rendering… [0-9]+%"))


def test_a_cancel_says_what_stops_and_what_does_not(page: Page, served: Served) -> None:
    # The first has its image and waits for its clip; the second waits for an image that takes its time.
    scenes = [
        (
            "The bakery",
            [
                {
                    "image_prompt": "A loaf",
                    "video_prompt": "Steam rises [mock:delay=3600]",
                    "duration_seconds": 1,
                },
                {
                    "image_prompt": "An oven [mock:delay=3600]",
                    "video_prompt": "It glows",
                    "duration_seconds": 2,
                },
            ],
        )
    ]
    film = make_project(served.api, scenes)

    def slow(route: Route) -> None:
        status = route.fetch().json()
        status["scenes"][0]["eta_seconds"] = 130
        route.fulfill(json=status)

    page.route("**/render-status", slow)
    page.goto(film.page)
    frames = page.get_by_role("list", name="Filmstrip").get_by_role("button")
    expect(frames.nth(0)).to_have_css("border-color", GREY)
    expect(frames.nth(1).locator(".picture")).to_have_text("2")
    # What has no picture yet plays as long as it will be.
    page.get_by_role("button", name="Play", exact=True).click()
    expect(frames.nth(1)).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Generate all scenes").click()
    page.get_by_role("button", name="Generate for").click()
    expect_two_in_the_making(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_contain_text(
        "2 shots are already being made: the provider may bill them"
    )
    page.get_by_role("dialog").get_by_role("button", name="Cancel generation").click()
    # Its clip and the two films had not begun, the clip and the image had.
    expect(
        page.get_by_text("stopped, free of charge. 2 jobs have started and may be billed; they go on.")
    ).to_be_visible()
    page.get_by_role("tab", name="Jobs").click()
    cards = page.get_by_role("list", name="Jobs").get_by_role("listitem")
    # A press anywhere on a card leads to its shot: what lies over its words is its button.
    cards.filter(has_text="1B").get_by_text("Provider").click(force=True)
    expect(frames.nth(1)).to_have_attribute("aria-current", "true")
    expect(page.locator(".slate")).to_have_text("2 · 1B · The bakery")
    # The image whose clip was stopped goes on, is shown, and can be let go of.
    cards.filter(has_text="1B").get_by_role("button", name="Cancel").click()
    expect(frames.nth(1)).to_have_accessible_name("Shot 1B, Cancelled")
    frames.nth(0).click()
    page.get_by_role("dialog", name="Shot 1A").get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Stopped waiting. The provider may still bill it")).to_be_visible()
    expect(frames.nth(0)).to_have_accessible_name("Shot 1A, Cancelled")


def test_a_prompt_is_text_whatever_it_says(page: Page, served: Served) -> None:
    prompt = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    film = make_project(served.api, one_shot(prompt))
    page.goto(f"{film.page}&scene={film.scenes[0]}")
    expect(page.get_by_text(prompt)).to_be_visible()
    assert page.evaluate("window.hacked") is None
