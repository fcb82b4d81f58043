"""Playing stored objects by signed link."""

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from storage.folder import FolderStore
from tests.api_client import Connect, problem

CLIP = bytes(range(256)) * 1024
KEY = "p/s/clip.mp4"


@pytest.fixture
async def link(store: FolderStore, tmp_path: Path) -> str:
    clip = tmp_path / "clip"
    clip.write_bytes(CLIP)
    await store.put(KEY, clip, content_type="video/mp4", sha256=hashlib.sha256(CLIP).hexdigest())
    return await store.url(KEY, expires=timedelta(hours=1))


async def test_the_whole_clip(client: httpx.AsyncClient, link: str) -> None:
    response = await client.get(link)
    assert (response.status_code, response.content) == (200, CLIP)
    assert response.headers["content-type"] == "video/mp4"
    assert response.headers["content-length"] == str(len(CLIP))
    assert response.headers["accept-ranges"] == "bytes"
    assert "sandbox" in response.headers["content-security-policy"]
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, len(CLIP)),
        ("bytes=100-199", 100, 200),
        ("bytes=-5", len(CLIP) - 5, len(CLIP)),
        ("bytes=-99999999", 0, len(CLIP)),
        (f"bytes={len(CLIP) - 1}-{10**12}", len(CLIP) - 1, len(CLIP)),
        ("bytes=65530-65550", 65530, 65551),
    ],
)
async def test_a_part_of_it(client: httpx.AsyncClient, link: str, asked: str, start: int, end: int) -> None:
    response = await client.get(link, headers={"Range": asked})
    assert (response.status_code, response.content) == (206, CLIP[start:end])
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CLIP)}"
    assert response.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", [f"bytes={len(CLIP)}-", f"bytes={len(CLIP)}-{len(CLIP) + 5}", "bytes=-0"])
async def test_a_part_that_is_not_there(client: httpx.AsyncClient, link: str, asked: str) -> None:
    response = await client.get(link, headers={"Range": asked})
    problem(response, 416, "range_not_satisfiable")
    assert response.headers["content-range"] == f"bytes */{len(CLIP)}"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=0-1,3-4", "bytes=-", "lines=0-1", "bytes=a-b", "5-9"])
async def test_what_is_no_range_is_ignored(client: httpx.AsyncClient, link: str, asked: str) -> None:
    response = await client.get(link, headers={"Range": asked})
    assert (response.status_code, len(response.content)) == (200, len(CLIP))


async def test_a_head_has_the_headers_alone(client: httpx.AsyncClient, link: str) -> None:
    response = await client.head(link)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(CLIP))
    part = await client.head(link, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-length"]) == (206, "10")


async def test_only_our_own_links_play(client: httpx.AsyncClient, link: str, store: FolderStore) -> None:
    path = urlsplit(link).path
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    old = store.links.sign(KEY, 1_000_000_000)
    for changed in (
        {},
        {"expires": query["expires"]},
        {"signature": query["signature"]},
        {**query, "signature": "0" * 64},
        {**query, "signature": ""},
        {**query, "expires": str(int(query["expires"]) + 1)},
        {**query, "expires": "never"},
        {**query, "expires": "9" * 40},
        {"expires": "1000000000", "signature": old},
    ):
        problem(await client.get(path, params=changed), 404, "not_found")
    other = path.replace("clip.mp4", "other.mp4")
    problem(await client.get(other, params=query), 404, "not_found")


@pytest.mark.parametrize(
    "path",
    ["../media.key", "%2e%2e/media.key", "p/../../media.key", "/etc/passwd", ".unfinished/x", "p//clip.mp4"],
)
async def test_no_path_leaves_the_folder(
    client: httpx.AsyncClient, store: FolderStore, tmp_path: Path, path: str
) -> None:
    (tmp_path / "media.key").write_text("secret")
    for key in (path, path.replace("%2e", ".")):
        signed = f"?expires=9999999999&signature={store.links.sign(key, 9_999_999_999)}"
        response = await client.get(httpx.URL(f"http://127.0.0.1:8000/media/{path}{signed}"))
        assert 400 <= response.status_code < 500, response.text
        assert b"secret" not in response.content


async def test_an_object_that_is_gone(client: httpx.AsyncClient, link: str, store: FolderStore) -> None:
    await store.delete(KEY)
    problem(await client.get(link), 404, "not_found")


async def test_links_need_no_key(connect: Connect, link: str) -> None:
    assert (await connect(address="192.0.2.7").get(link)).status_code == 200


async def test_many_players_at_once(client: httpx.AsyncClient, link: str) -> None:
    answers = await asyncio.gather(
        *(client.get(link, headers={"Range": f"bytes={n * 100}-{n * 100 + 99}"}) for n in range(30))
    )
    assert all(answer.content == CLIP[n * 100 : n * 100 + 100] for n, answer in enumerate(answers))
