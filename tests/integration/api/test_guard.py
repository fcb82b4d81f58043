"""What a page on the web can make a browser send does nothing."""

import httpx
import pytest

from api.app import create_app
from api.parts import Parts
from api.settings import ApiSettings
from tests.api_client import BASE, SCRIPT, Connect, Execute, Made, problem


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example:8000",
        "0.0.0.0:8000",
        "",
    ],
)
async def test_other_names_are_refused(client: httpx.AsyncClient, execute: Execute, host: str) -> None:
    for path in ("/api/v1/projects", "/docs", "/metrics"):
        problem(await client.get(path, headers={"Host": host}), 400, "host_refused")
    response = await client.post("/api/v1/projects", json=SCRIPT, headers={"Host": host})
    problem(response, 400, "host_refused")
    assert await execute("SELECT count(*) FROM projects") == [(0,)]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1:8000", "[::1]:8000", "localhost."])
async def test_names_of_this_machine_are_served(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/api/v1/projects", headers={"Host": host})).status_code == 200


async def test_probes_come_by_the_address_of_a_container(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz", headers={"Host": "10.1.2.3:8000"})).status_code == 200


@pytest.mark.parametrize(
    ("settings", "host", "expected"),
    [
        (ApiSettings(api_allowed_hosts="rushes.example.com, Films.example"), "films.example:443", 200),
        (ApiSettings(api_allowed_hosts="rushes.example.com"), "example.com", 400),
        (ApiSettings(api_allowed_hosts="*"), "anything.example", 200),
        (ApiSettings(api_host="192.0.2.9"), "192.0.2.9:8000", 200),
        (ApiSettings(api_host="0.0.0.0"), "0.0.0.0:8000", 400),
    ],
)
async def test_further_names_are_a_setting(
    parts: Parts, settings: ApiSettings, host: str, expected: int
) -> None:
    transport = httpx.ASGITransport(create_app(parts, settings))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        response = await client.get("/api/v1/projects", headers={"Host": host})
    assert response.status_code == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "file://"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_foreign_page_changes_nothing(
    client: httpx.AsyncClient, project: Made, execute: Execute, headers: dict[str, str]
) -> None:
    problem(await client.post(project.path(0), json={}, headers=headers), 403, "origin_refused")
    problem(await client.post(project.path(0), headers=headers), 403, "origin_refused")
    assert await execute("SELECT count(*) FROM video_generation_jobs") == [(0,)]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("localhost", "https://localhost:443"),
        ("[::1]:8000", "http://[::1]:8000"),
    ],
)
async def test_the_apis_own_page_may_change_things(client: httpx.AsyncClient, host: str, origin: str) -> None:
    headers = {"Host": host, "Origin": origin, "Sec-Fetch-Site": "same-origin"}
    assert (await client.post("/api/v1/projects", json=SCRIPT, headers=headers)).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "text/plain;application/json",
        "",
        None,
    ],
)
async def test_only_json_is_read(
    client: httpx.AsyncClient, execute: Execute, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    response = await client.post("/api/v1/projects", content=b'{"title": "Film"}', headers=headers)
    body = problem(response, 415, "unsupported_media_type")
    assert body["problems"][0]["allowed"] == "application/json"
    assert await execute("SELECT count(*) FROM projects") == [(0,)]


async def test_a_form_without_a_body_is_refused_as_well(client: httpx.AsyncClient, project: Made) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    problem(await client.post(project.path(0), headers=headers), 415, "unsupported_media_type")


async def test_json_may_name_its_charset(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    response = await client.post("/api/v1/projects", content=b'{"title": "Film"}', headers=headers)
    assert response.status_code == 201


async def test_every_answer_is_locked_down(connect: Connect) -> None:
    client = connect()
    for path in ("/api/v1/projects", "/nothing", "/docs", "/healthz"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
    refused = await client.get("/docs", headers={"Host": "evil.example"})
    assert refused.headers["content-security-policy"].startswith("default-src 'none'")
