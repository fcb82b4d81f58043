"""A real server on a real socket."""

import asyncio
import hashlib
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.main import make_parts, open_parts, run
from api.parts import Parts
from api.serving import address_of, listen, serve
from api.settings import ApiSettings
from db.engine import Database
from db.settings import DatabaseSettings
from domain.access import Scope
from domain.errors import ConfigurationError, StorageError
from services.catalogue import Catalogue
from storage.folder import FolderStore
from storage.settings import StorageSettings
from tests.api_client import SCRIPT, MakeKey

FREE_PORT = ApiSettings(api_port=0)


@asynccontextmanager
async def running(parts: Parts, settings: ApiSettings = FREE_PORT) -> AsyncIterator[str]:
    """Run the API and give its address."""
    stop, ready = asyncio.Event(), asyncio.Event()
    said: list[str] = []
    task = asyncio.create_task(run(parts, settings, stop, ready=ready, announce=said.append))
    async with asyncio.timeout(30):
        await ready.wait()
    yield said[0]
    stop.set()
    async with asyncio.timeout(30):
        await task


async def test_it_serves_until_told_to_stop(parts: Parts) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with running(parts) as address, httpx.AsyncClient(base_url=address) as client:
        assert address.startswith("http://127.0.0.1:")
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
        made = await client.post("/api/v1/projects", json=SCRIPT)
        assert made.status_code == 201
        listed = (await client.get("/api/projects")).json()
        assert [project["id"] for project in listed["data"]] == [made.json()["id"]]
        assert "server" not in made.headers
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(base_url=address) as client:
            await client.get("/healthz")


async def test_a_large_body_is_refused_on_the_wire(parts: Parts) -> None:
    async with running(parts) as address, httpx.AsyncClient(base_url=address) as client:
        headers = {"content-type": "application/json"}
        refused = await client.post("/api/v1/projects", content=b" " * 4_300_000, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
        assert (await client.get("/healthz")).status_code == 200


async def test_a_client_that_asks_first_need_not_send_a_large_body(parts: Parts) -> None:
    async with running(parts) as address:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(address).port)
        writer.write(
            b"POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        )
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"body_too_large" in answer


async def test_a_clip_plays_and_seeks_on_the_wire(parts: Parts, store: FolderStore, tmp_path: Path) -> None:
    content = bytes(range(250)) * 4_000
    clip = tmp_path / "clip"
    clip.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    await store.put("p/s/c.mp4", clip, content_type="video/mp4", sha256=digest)
    link = await store.url("p/s/c.mp4", expires=timedelta(hours=1))
    async with running(parts) as address, httpx.AsyncClient(base_url=address) as client:
        assert (await client.get(link)).content == content
        part = await client.get(link, headers={"Range": "bytes=999990-"})
        assert (part.status_code, part.content) == (206, content[999_990:])
        head = await client.head(link)
        assert (head.headers["content-length"], head.content) == (str(len(content)), b"")


async def test_requests_under_way_are_finished(parts: Parts) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_scope: Any, _receive: Any, send: Callable[[Any], Any]) -> None:
        arrived.set()
        await go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    stop, ready = asyncio.Event(), asyncio.Event()
    listener = await listen(FREE_PORT, parts.records)
    address = address_of(listener)
    serving = asyncio.create_task(serve(slow, listener, stop, ready))
    await ready.wait()
    async with httpx.AsyncClient(base_url=address) as client:
        asking = asyncio.create_task(client.get("/"))
        await arrived.wait()
        stop.set()
        go_on.set()
        assert (await asking).text == "done"
    await serving


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "rushes.example.com"])
async def test_without_keys_nothing_but_loopback_is_bound(parts: Parts, host: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        await listen(ApiSettings(api_host=host, api_port=0), parts.records)
    assert refused.value.setting == "API_HOST"
    assert "rushes keys create" in refused.value.message


async def test_without_keys_not_every_name_is_served(parts: Parts, make_key: MakeKey) -> None:
    settings = ApiSettings(api_allowed_hosts="*", api_port=0)
    with pytest.raises(ConfigurationError) as refused:
        await listen(settings, parts.records)
    assert refused.value.setting == "API_ALLOWED_HOSTS"
    await make_key(Scope.READ)
    (await listen(settings, parts.records)).close()


async def test_with_a_key_any_address_of_this_machine_may_be_bound(parts: Parts, make_key: MakeKey) -> None:
    await make_key(Scope.READ)
    # An address of no machine: that it cannot be bound shows that it was allowed.
    with pytest.raises(ConfigurationError) as refused:
        await listen(ApiSettings(api_host="192.0.2.1", api_port=0), parts.records)
    assert refused.value.setting == "API_PORT"
    with pytest.raises(ConfigurationError) as unknown:
        await listen(ApiSettings(api_host="no such name", api_port=0), parts.records)
    assert unknown.value.setting == "API_HOST"


async def test_a_taken_port_is_named(parts: Parts) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            await listen(ApiSettings(api_port=port), parts.records)
    assert (refused.value.setting, refused.value.value) == ("API_PORT", str(port))


async def test_loopback_of_both_families(parts: Parts) -> None:
    for host, start in (("::1", "http://[::1]:"), ("localhost", "http://")):
        listener = await listen(ApiSettings(api_host=host, api_port=0), parts.records)
        assert address_of(listener).startswith(start)
        listener.close()


async def test_it_opens_and_closes_what_it_stands_on(
    database_url: str, catalogue: Catalogue, home: Path
) -> None:
    settings = DatabaseSettings(database_url=database_url, rushes_home=home)
    async with open_parts(settings, StorageSettings(rushes_home=home), catalogue) as parts:
        assert parts.links is not None
        async with running(parts) as address, httpx.AsyncClient(base_url=address) as client:
            assert (await client.get("/readyz")).json()["status"] == "ready"
    assert (home / "storage").is_dir()


async def test_it_starts_while_the_database_and_the_storage_are_down(
    database_url: str, catalogue: Catalogue, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(_store: FolderStore) -> None:
        raise StorageError("the disk is gone")

    monkeypatch.setattr(FolderStore, "prepare", down)
    nowhere = DatabaseSettings(database_url=f"postgresql://user@/name?host={home}", rushes_home=home)
    async with (
        open_parts(nowhere, StorageSettings(rushes_home=home), catalogue) as parts,
        running(parts) as address,
        httpx.AsyncClient(base_url=address) as client,
    ):
        ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert [check["ok"] for check in ready.json()["checks"]] == [False, False, False]


def test_a_store_with_links_of_its_own_needs_no_media_route(database: Database, catalogue: Catalogue) -> None:
    class Bucket:
        """Anything but a folder."""

    parts = make_parts(database, Bucket(), catalogue)  # type: ignore[arg-type] # only its class is looked at
    assert parts.links is None
