"""A session opens what its key opens, for pages of ours alone, and ends with it."""

from http.cookies import SimpleCookie

import httpx
import pytest

from api.auth import SESSION_COOKIE
from domain.access import Scope
from tests.api_client import BASE, SCRIPT, Connect, Execute, Made, MakeKey, make_project, problem

ORIGIN = {"Origin": BASE}


@pytest.fixture
def page(connect: Connect) -> httpx.AsyncClient:
    """Give a browser elsewhere: it has nothing but its cookies."""
    return connect(address="192.0.2.7")


async def log_in(page: httpx.AsyncClient, key: str) -> httpx.Response:
    return await page.post("/api/v1/session", json={"key": key}, headers=ORIGIN)


async def test_a_key_is_exchanged_for_a_cookie_that_no_script_reads(
    page: httpx.AsyncClient, make_key: MakeKey, execute: Execute
) -> None:
    key = await make_key(Scope.READ)
    problem(await page.get("/api/v1/projects"), 401, "not_authenticated")
    opened = await log_in(page, key)
    assert (opened.status_code, opened.json()) == (201, {"scopes": ["read"], "project_ids": None})
    cookie = SimpleCookie(opened.headers["set-cookie"])[SESSION_COOKIE]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["secure"]) == ("strict", "/", "")
    assert (await page.get("/api/v1/projects")).status_code == 200
    assert (await page.get("/api/v1/session")).json() == opened.json()
    kept = await execute("SELECT * FROM sessions")
    assert key not in str(kept)
    assert cookie.value not in str(kept)


async def test_over_tls_the_cookie_stays_there(connect: Connect, make_key: MakeKey) -> None:
    key = await make_key(Scope.READ)
    secure = BASE.replace("http:", "https:")
    opened = await connect().post(f"{secure}/api/v1/session", json={"key": key}, headers={"Origin": secure})
    assert SimpleCookie(opened.headers["set-cookie"])[SESSION_COOKIE]["secure"]


async def test_it_allows_what_its_key_allows(
    page: httpx.AsyncClient, client: httpx.AsyncClient, project: Made, make_key: MakeKey
) -> None:
    other = await make_project(client)
    await log_in(page, await make_key(Scope.READ, projects=[project.id]))
    assert (await page.get(f"/api/v1/projects/{project.id}")).status_code == 200
    problem(await page.get(f"/api/v1/projects/{other.id}"), 404, "not_found")
    refused = await page.post("/api/v1/projects", json=SCRIPT, headers=ORIGIN)
    problem(refused, 403, "not_allowed")


async def test_a_change_needs_the_origin_of_our_page(
    page: httpx.AsyncClient, make_key: MakeKey, execute: Execute
) -> None:
    await log_in(page, await make_key(Scope.RENDER))
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        problem(await page.post("/api/v1/projects", json=SCRIPT, headers=headers), 403, "origin_refused")
    assert await execute("SELECT count(*) FROM projects") == [(0,)]
    assert (await page.post("/api/v1/projects", json=SCRIPT, headers=ORIGIN)).status_code == 201


@pytest.mark.parametrize(
    "end",
    [
        "UPDATE api_keys SET revoked_at = now()",
        "UPDATE sessions SET expires_at = now()",
        "DELETE FROM sessions",
        "DELETE FROM api_keys WHERE scopes = '{read}'",
    ],
)
async def test_it_ends_with_its_key_and_its_time(
    page: httpx.AsyncClient, make_key: MakeKey, execute: Execute, end: str
) -> None:
    await make_key(Scope.ADMIN)
    await log_in(page, await make_key(Scope.READ))
    assert (await page.get("/api/v1/projects")).status_code == 200
    await execute(end)
    problem(await page.get("/api/v1/projects"), 401, "not_authenticated")


async def test_it_ends_when_asked_to(page: httpx.AsyncClient, make_key: MakeKey, execute: Execute) -> None:
    await log_in(page, await make_key(Scope.READ))
    secret = page.cookies[SESSION_COOKIE]
    ended = await page.delete("/api/v1/session", headers=ORIGIN)
    assert (ended.status_code, dict(page.cookies)) == (204, {})
    assert await execute("SELECT count(*) FROM sessions") == [(0,)]
    page.cookies.set(SESSION_COOKIE, secret)
    problem(await page.get("/api/v1/projects"), 401, "not_authenticated")
    assert (await page.delete("/api/v1/session", headers=ORIGIN)).status_code == 204


async def test_no_key_no_session(page: httpx.AsyncClient, make_key: MakeKey) -> None:
    await make_key(Scope.READ)
    problem(await log_in(page, "rsh_wrong"), 401, "not_authenticated")
    problem(await log_in(page, ""), 422, "invalid_request")
    assert not page.cookies


async def test_an_old_cookie_locks_nobody_out(client: httpx.AsyncClient, connect: Connect) -> None:
    client.cookies.set(SESSION_COOKIE, "rshs_old")
    assert (await client.get("/api/v1/session")).json() == {"scopes": ["admin"], "project_ids": None}
    assert (await client.post("/api/v1/projects", json=SCRIPT)).status_code == 201


async def test_a_key_counts_more_than_a_session(page: httpx.AsyncClient, make_key: MakeKey) -> None:
    await log_in(page, await make_key(Scope.READ))
    key = await make_key(Scope.RENDER)
    sent = {"Authorization": f"Bearer {key}"}
    assert (await page.get("/api/v1/session", headers=sent)).json()["scopes"] == ["render"]
    assert (await page.post("/api/v1/projects", json=SCRIPT, headers=sent)).status_code == 201
