"""The built page in a real Chromium, on a real API, executor and PostgreSQL; the mock takes no time."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

from api.parts import BUILT
from tests.acceptance.processes import Process, Processes
from tests.browser.films import Film, completed, make_film
from tests.database import TEMPLATE, create, drop

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"]
DESKTOP = ViewportSize(width=1440, height=900)
SECONDS = 30.0
"""How long a failing test waits; a passing one waits for what it names and no longer."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running Rushes."""

    address: str
    processes: Processes
    process: Process
    api: httpx.Client
    database: str


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the browser's path; skip, with the reason, where there is none or nothing to show in it."""
    found = shutil.which("chromium")
    # A stranger's machine need not have a browser: everything else is tested there. In CI, with
    # RUSHES_REQUIRE_ALL, a skip is a failure.
    if found is None:
        pytest.skip("chromium is not installed")
    if not (BUILT / "index.html").is_file():
        pytest.skip("the studio is not built: make studio")
    return found


@pytest.fixture(scope="session")
def served(chromium: str, database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run API and executor, once for all tests of a process."""
    folder = tmp_path_factory.mktemp("browser")
    database = create(database_server, TEMPLATE)
    settings = {
        "RUSHES_HOME": str(folder / "home"),
        "DATABASE_URL": database,
        "API_PORT": "0",
        "API_RATE_PER_SECOND": "10000",
        "MOCK_DELAY_SECONDS": "0",
        "MAX_RETRIES": "0",
        # Enough that no test but those of credits meets an end of it.
        "CREDITS": "on",
        "CREDITS_WELCOME": "1000",
        # Whoever loses an answer looks for it no longer than a test wants to wait.
        "SUBMIT_RECOVERY_SECONDS": "0.1",
        # More than any test leaves behind, so that none waits for another's.
        "VIDEO_CONCURRENCY": "20",
    }
    with Processes(folder, **settings) as processes:
        process = processes("up")
        address = str(process.wait_for("api_ready")["address"])
        with httpx.Client(base_url=f"{address}/api/v1", timeout=SECONDS) as api:
            yield Served(address, processes, process, api, database)
    drop(database, database_server)


@pytest.fixture(scope="session")
def film(served: Served) -> Film:
    """Give a film that is finished, for tests that only look."""
    made = make_film(served.api)
    completed(served.api, made)
    return made


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start a Chromium; it is gone before other modules start loops of their own. Its client runs one in this
    thread, and while it does no test with a loop of its own can run.
    """
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def errors() -> list[str]:
    """What the console complained of. A test that provokes complaints clears it."""
    return []


@pytest.fixture
def page(browser: Browser, served: Served, errors: list[str]) -> Iterator[Page]:
    """Give a tab in a fresh profile; at the end nobody may have complained."""

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            errors.append(message.text)

    def see(response: Response) -> None:
        if response.status >= 500:
            errors.append(f"{response.status} {response.url}")

    context = browser.new_context(base_url=served.address, viewport=DESKTOP, reduced_motion="reduce")
    context.set_default_timeout(SECONDS * 1000)
    made = context.new_page()
    made.on("console", hear)
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("response", see)
    yield made
    context.close()
    assert errors == []


@pytest.fixture(scope="session")
def axe() -> Path:
    """Give the script of axe-core, which finds what people with other senses stumble over."""
    found = Path(__file__).parents[2] / "studio" / "node_modules" / "axe-core" / "axe.min.js"
    if not found.is_file():
        pytest.skip("axe-core is not installed: make studio")
    return found
