"""The page that shows the description."""

import asyncio
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from api.app import create_app
from api.parts import Parts
from api.serving import address_of, listen, serve
from api.settings import ApiSettings
from tests.api_client import BASE


class Elements(HTMLParser):
    """Collects the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


async def test_the_page_has_nothing_inline_and_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    response = await client.get("/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    page = Elements()
    page.feed(response.text)
    attributes = [name for _, names in page.found for name in names]
    assert not [name for name in attributes if name == "style" or name.startswith("on")]
    scripts = [names for tag, names in page.found if tag == "script"]
    assert [names.get("src") for names in scripts] == ["/docs/page.js"]
    links = [names[name] for _, names in page.found for name in ("src", "href") if name in names]
    for link in links:
        assert link is not None
        assert link.startswith(("/", "#"))
        if link.startswith("/"):
            assert (await client.get(link)).status_code == 200


async def test_the_policy_allows_no_inline_script_and_no_other_origin(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/docs")).headers["content-security-policy"]
    allowed = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert allowed["default-src"] == "'none'"
    assert allowed["script-src"] == allowed["style-src"] == allowed["connect-src"] == "'self'"
    assert not re.search(r"unsafe|\*|https?:", policy)


async def test_the_script_sets_text_and_never_markup(client: httpx.AsyncClient) -> None:
    script = (await client.get("/docs/page.js")).text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no chromium here")
async def test_a_browser_shows_every_operation(app: Starlette, parts: Parts, tmp_path: Path) -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    listener = await listen(ApiSettings(api_port=0), parts.records)
    address = address_of(listener)
    serving = asyncio.create_task(serve(app, listener, stop, ready))
    await ready.wait()
    async with httpx.AsyncClient(base_url=address) as client:
        document = (await client.get("/openapi.json")).json()
    browser = await asyncio.create_subprocess_exec(
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}",
        "--enable-logging=stderr",
        "--virtual-time-budget=10000",
        "--dump-dom",
        f"{address}/docs#render_scene",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    dom, log = await browser.communicate()
    stop.set()
    await serving
    page = Elements()
    page.feed(dom.decode())
    shown = {names.get("id") for tag, names in page.found if tag == "article"}
    wanted = {
        operation["operationId"]
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if not path.startswith("/docs/")
    }
    assert wanted | {f"schema-{name}" for name in document["components"]["schemas"]} <= shown
    # What the policy refuses, and what the script throws, the browser says on its console.
    assert b"CONSOLE" not in log


async def test_the_root_says_what_runs_here_and_how_to_get_the_studio(
    parts: Parts, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    transport = httpx.ASGITransport(create_app(replace(parts, studio=tmp_path), ApiSettings()))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as browser:
        response = await browser.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "'unsafe" not in response.headers["content-security-policy"]
    page = Elements()
    page.feed(response.text)
    assert not [tag for tag, _ in page.found if tag in {"script", "style"}]
    assert "make studio" in response.text
    links = {names[name] for _, names in page.found for name in ("src", "href") if name in names}
    assert "/docs" in links
    for link in links:
        assert (await client.get(str(link))).status_code == 200
