"""The built page is served with a policy that lets nothing else in, and its files for ever."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.parts import Parts
from api.settings import ApiSettings
from storage.folder import FolderStore
from tests.api_client import BASE


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Studio</title>")
    (tmp_path / "assets" / "index-abc.js").write_text("studio()")
    (tmp_path / "secret.txt").write_text("not a file of the page")
    return tmp_path


@pytest.fixture
async def browser(parts: Parts, built: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(replace(parts, studio=built), ApiSettings()))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


async def test_the_page_is_asked_for_again_and_its_files_are_not(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    assert page.text == "<title>Studio</title>"
    assert page.headers["cache-control"] == "no-cache"
    script = await browser.get("/assets/index-abc.js")
    assert script.text == "studio()"
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")


async def test_the_policy_lets_no_other_script_in(browser: httpx.AsyncClient) -> None:
    policy = (await browser.get("/")).headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_clips_of_a_bucket_may_play(
    parts: Parts, built: Path, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def url(_key: str, *, expires: timedelta) -> str:
        return f"https://bucket.example:9000/clip.mp4?expires={expires.seconds}"

    monkeypatch.setattr(store, "url", url)
    transport = httpx.ASGITransport(create_app(replace(parts, studio=built), ApiSettings()))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        policy = (await client.get("/")).headers["content-security-policy"]
    assert "media-src 'self' blob: https://bucket.example:9000;" in policy
    assert "script-src 'self';" in policy


@pytest.mark.parametrize("path", ["/secret.txt", "/assets/../secret.txt", "/assets/%2e%2e/secret.txt"])
async def test_nothing_beside_the_page_is_served(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == httpx.codes.NOT_FOUND
