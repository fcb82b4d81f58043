"""Who may do what: every operation against every kind of caller."""

from uuid import uuid4

import httpx
import pytest
from starlette.requests import Request

from api.app import create_app, endpoints_of
from api.auth import Gatekeeper, is_loopback
from api.endpoints import WEBSOCKET, Endpoint
from api.errors import RefusedError
from api.metrics import Metrics
from api.parts import Parts
from api.routes.studio import Studio
from api.settings import ApiSettings
from domain.access import Scope
from domain.statuses import JobStatus
from tests.api_client import BASE, SCRIPT, AddJob, Connect, Execute, Made, MakeKey, make_project, problem

PUBLIC = {
    ("POST", "/session"),
    ("DELETE", "/session"),
    ("GET", "/"),
    ("GET", "/docs/home.css"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/docs/page.css"),
    ("GET", "/docs/page.js"),
    ("GET", "/media/{key:path}"),
}
SCOPES = {
    ("GET", "/projects"): Scope.READ,
    ("POST", "/projects"): Scope.RENDER,
    ("GET", "/projects/{project_id}"): Scope.READ,
    ("GET", "/projects/{project_id}/render-status"): Scope.READ,
    ("GET", "/projects/{project_id}/scenes/{scene_id}/render-status"): Scope.READ,
    ("POST", "/projects/{project_id}/scenes/{scene_id}/render"): Scope.RENDER,
    ("POST", "/projects/{project_id}/scenes/{scene_id}/video/{job_id}/retry"): Scope.RENDER,
    ("POST", "/projects/{project_id}/scenes/{scene_id}/video/{job_id}/cancel"): Scope.RENDER,
    ("GET", "/projects/{project_id}/events"): Scope.READ,
    ("WS", "/projects/{project_id}/ws"): Scope.READ,
    ("POST", "/projects/{project_id}/film"): Scope.RENDER,
    ("GET", "/projects/{project_id}/film"): Scope.READ,
    ("POST", "/projects/{project_id}/scenes/{scene_id}/film"): Scope.RENDER,
    ("GET", "/projects/{project_id}/scenes/{scene_id}/film"): Scope.READ,
    ("POST", "/scripts/read"): Scope.RENDER,
    ("GET", "/jobs/{job_id}/poster"): Scope.READ,
    ("GET", "/jobs/{job_id}/sprite"): Scope.READ,
    ("GET", "/session"): Scope.READ,
    ("POST", "/webhooks"): Scope.RENDER,
    ("GET", "/webhooks"): Scope.READ,
    ("DELETE", "/webhooks/{webhook_id}"): Scope.RENDER,
    ("POST", "/webhooks/{webhook_id}/ping"): Scope.RENDER,
    ("GET", "/webhooks/{webhook_id}/deliveries"): Scope.READ,
    ("POST", "/webhooks/{webhook_id}/deliveries/{delivery_id}/replay"): Scope.RENDER,
    ("GET", "/video/{project_id}"): Scope.READ,
    ("POST", "/projects/{project_id}/scenes/{scene_id}/issues"): Scope.RENDER,
    ("GET", "/projects/{project_id}/scenes/{scene_id}/issues"): Scope.READ,
    ("POST", "/projects/{project_id}/scenes/{scene_id}/issues/{issue_id}/resolve"): Scope.RENDER,
    ("POST", "/projects/{project_id}/scenes/{scene_id}/approve"): Scope.RENDER,
    ("GET", "/projects/{project_id}/credits"): Scope.READ,
    ("GET", "/projects/{project_id}/credits/attempts"): Scope.READ,
    ("GET", "/projects/{project_id}/credits/prompts"): Scope.READ,
    ("PATCH", "/projects/{project_id}/credits"): Scope.ADMIN,
    ("POST", "/projects/{project_id}/credits/grants"): Scope.ADMIN,
    ("POST", "/projects/{project_id}/credits/refunds"): Scope.ADMIN,
    ("PATCH", "/projects/{project_id}"): Scope.RENDER,
    ("POST", "/projects/{project_id}/scenes"): Scope.RENDER,
    ("PATCH", "/projects/{project_id}/scenes/{scene_id}"): Scope.RENDER,
    ("POST", "/projects/{project_id}/scenes/{scene_id}/shots"): Scope.RENDER,
    ("PATCH", "/projects/{project_id}/scenes/{scene_id}/shots/{shot_id}"): Scope.RENDER,
    ("POST", "/projects/{project_id}/scenes/{scene_id}/shots/{shot_id}/take"): Scope.RENDER,
    ("POST", "/projects/{project_id}/generate-scenes"): Scope.RENDER,
    ("POST", "/projects/{project_id}/cancel-scenes"): Scope.RENDER,
    ("POST", "/projects/{project_id}/retry-failed-scenes"): Scope.RENDER,
    ("POST", "/video/{project_id}/resume"): Scope.RENDER,
    ("GET", "/jobs"): Scope.READ,
    ("GET", "/jobs/{job_id}"): Scope.READ,
    ("GET", "/jobs/{job_id}/content"): Scope.READ,
    ("GET", "/jobs/{job_id}/why"): Scope.READ,
    ("POST", "/jobs/{job_id}/retry-download"): Scope.RENDER,
    ("POST", "/jobs/{job_id}/retry"): Scope.RENDER,
    ("POST", "/jobs/{job_id}/cancel"): Scope.RENDER,
    ("POST", "/v1/videos"): Scope.RENDER,
    ("GET", "/v1/videos"): Scope.READ,
    ("GET", "/v1/videos/{video_id}"): Scope.READ,
    ("GET", "/v1/videos/{video_id}/content"): Scope.READ,
    ("POST", "/v1/videos/{video_id}/remix"): Scope.RENDER,
    ("DELETE", "/v1/videos/{video_id}"): Scope.RENDER,
    ("GET", "/metrics"): Scope.READ,
    ("GET", "/operations"): Scope.READ,
}


@pytest.fixture
def endpoints(parts: Parts) -> list[Endpoint]:
    return endpoints_of(parts, Metrics(), Studio(parts.studio, parts.storage))


def filled(endpoint: Endpoint) -> str:
    """Give a path of an endpoint whose ids lead nowhere."""
    path = endpoint.paths[0]
    for name in ("{project_id}", "{scene_id}", "{job_id}", "{webhook_id}", "{delivery_id}"):
        path = path.replace(name, str(uuid4()))
    return path.replace("{key:path}", "k").replace("{video_id}", f"video_{uuid4().hex}")


def code_of(response: httpx.Response) -> str | None:
    """Give the code of an error, in either shape; ``None`` for what is no error."""
    if "json" not in response.headers.get("content-type", ""):
        return None
    body = response.json()
    code = body["error"]["code"] if isinstance(body.get("error"), dict) else body.get("code")
    return None if code is None else str(code)


def test_every_operation_has_the_scope_that_this_page_says(endpoints: list[Endpoint]) -> None:
    found = {(endpoint.method, endpoint.path): endpoint.scope for endpoint in endpoints}
    assert found == SCOPES | dict.fromkeys(PUBLIC)


@pytest.mark.parametrize(
    ("held", "allowed"),
    [
        (None, set()),
        ({Scope.READ}, {Scope.READ}),
        ({Scope.RENDER}, {Scope.READ, Scope.RENDER}),
        ({Scope.ADMIN}, {Scope.READ, Scope.RENDER, Scope.ADMIN}),
    ],
)
async def test_a_key_opens_what_its_scopes_say(
    connect: Connect,
    endpoints: list[Endpoint],
    make_key: MakeKey,
    held: set[Scope] | None,
    allowed: set[Scope],
) -> None:
    secret = await make_key(*(held or {Scope.ADMIN}))
    client = connect(Authorization=f"Bearer {secret}") if held else connect()
    # A WebSocket's handshake takes a real server, and has its tests there.
    for endpoint in (one for one in endpoints if one.method != WEBSOCKET):
        body = {"content": b"{}", "headers": {"content-type": "application/json"}}
        response = await client.request(
            endpoint.method,
            filled(endpoint),
            **(body if endpoint.changes else {}),  # type: ignore[arg-type] # one of them is text, the other a mapping
        )
        code = code_of(response)
        if endpoint.scope is None:
            assert code not in {"not_authenticated", "not_allowed"}, endpoint.path
        elif held is None:
            assert (response.status_code, code) == (401, "not_authenticated"), endpoint.path
            assert response.headers["www-authenticate"] == "Bearer"
        elif endpoint.scope in allowed:
            assert code not in {"not_authenticated", "not_allowed"}, endpoint.path
        else:
            assert (response.status_code, code) == (403, "not_allowed"), endpoint.path


async def test_without_keys_this_machine_may_do_everything_and_no_other_anything(connect: Connect) -> None:
    for address in ("127.0.0.1", "::1", "127.8.9.1", "::ffff:127.0.0.1"):
        assert (await connect(address=address).get("/api/v1/projects")).status_code == 200
    for address in ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "10.0.0.1"):
        problem(await connect(address=address).get("/api/v1/projects"), 401, "not_authenticated")


async def test_with_a_key_made_this_machine_needs_it_too(
    client: httpx.AsyncClient, make_key: MakeKey
) -> None:
    await make_key(Scope.READ)
    problem(await client.get("/api/v1/projects"), 401, "not_authenticated")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer rsh_wrong", "rsh_bare", "Bearer ü"]
)
async def test_a_wrong_key_is_refused_even_here(connect: Connect, header: str) -> None:
    response = await connect().get("/api/v1/projects", headers={b"Authorization": header.encode()})
    problem(response, 401, "not_authenticated")


async def test_a_revoked_key_is_worthless_and_opens_nothing_to_others(
    connect: Connect, client: httpx.AsyncClient, make_key: MakeKey, parts: Parts
) -> None:
    secret = await make_key(Scope.READ)
    holder = connect(Authorization=f"Bearer {secret}")
    assert (await holder.get("/api/v1/projects")).status_code == 200
    async with parts.records.transaction() as tx:
        (key,) = await tx.keys.every()
        assert await tx.keys.revoke(key.id)
        assert not await tx.keys.revoke(key.id)
    problem(await holder.get("/api/v1/projects"), 401, "not_authenticated")
    problem(await client.get("/api/v1/projects"), 401, "not_authenticated")


async def test_secrets_are_nowhere_and_use_is_noted(
    connect: Connect, make_key: MakeKey, execute: Execute
) -> None:
    secret = await make_key(Scope.READ)
    assert len(secret) == len("rsh_") + 43
    assert secret.startswith("rsh_")
    ((row,),) = await execute("SELECT row_to_json(k) FROM api_keys k")
    assert secret not in str(row)
    assert row["last_used_at"] is None
    await connect(Authorization=f"Bearer {secret}").get("/api/v1/projects")
    assert await execute("SELECT last_used_at IS NOT NULL FROM api_keys") == [(True,)]


async def test_a_key_for_one_project_sees_nothing_else(
    connect: Connect, client: httpx.AsyncClient, project: Made, add_job: AddJob, make_key: MakeKey
) -> None:
    theirs = await add_job(JobStatus.FAILED)
    other = await make_project(client)
    secret = await make_key(Scope.ADMIN, projects=[other.id])
    holder = connect(Authorization=f"Bearer {secret}")
    for path in (
        f"/projects/{project.id}",
        f"/projects/{project.receipt}",
        f"/projects/{project.id}/render-status",
        f"/projects/{project.id}/credits",
        f"/projects/{project.id}/credits/attempts",
        f"/projects/{project.id}/credits/prompts",
        f"/projects/{project.id}/scenes/{project.scene(0)}/render-status",
        f"/projects/{other.id}/scenes/{project.scene(0)}/render-status",
        f"/jobs/{theirs}",
        f"/jobs/{theirs}/why",
        f"/jobs/{theirs}/content",
    ):
        problem(await holder.get(f"/api/v1{path}"), 404, "not_found")
    for path in (
        project.path(0),
        project.path(0, f"video/{theirs}/retry"),
        project.path(0, f"video/{theirs}/cancel"),
        other.path(0, f"video/{theirs}/cancel"),
        f"/api/v1/jobs/{theirs}/retry-download",
        f"/api/v1/jobs/{theirs}/retry",
        f"/api/v1/jobs/{theirs}/cancel",
    ):
        problem(await holder.post(path), 404, "not_found")
    assert [one["id"] for one in (await holder.get("/api/v1/projects")).json()["data"]] == [other.id]
    assert (await holder.get("/api/v1/jobs")).json()["data"] == []
    assert (await holder.get("/api/v1/jobs", params={"project_id": project.id})).json()["data"] == []
    problem(await holder.post("/api/v1/projects", json=SCRIPT), 403, "not_allowed")
    problem(await holder.get("/metrics"), 403, "not_allowed")
    assert (await holder.post(other.path(0), json={})).status_code == 202


def request_with(secret: str) -> Request:
    headers = [(b"authorization", f"Bearer {secret}".encode())]
    return Request({"type": "http", "headers": headers, "client": ("127.0.0.1", 50_000)})


async def test_each_key_has_a_rate_of_its_own(parts: Parts, make_key: MakeKey) -> None:
    moment = 100.0
    gatekeeper = Gatekeeper(parts.records, 2.0, seconds=lambda: moment)
    first, second = request_with(await make_key(Scope.READ)), request_with(await make_key(Scope.READ))
    for _ in range(4):
        await gatekeeper.admit(first, Scope.READ)
    with pytest.raises(RefusedError) as refused:
        await gatekeeper.admit(first, Scope.READ)
    assert (refused.value.code, refused.value.headers) == ("rate_limited", {"Retry-After": "1"})
    await gatekeeper.admit(second, Scope.READ)
    moment += 0.5
    await gatekeeper.admit(first, Scope.READ)
    with pytest.raises(RefusedError):
        await gatekeeper.admit(first, Scope.READ)


async def test_a_request_over_the_rate_is_told_to_wait(parts: Parts, make_key: MakeKey) -> None:
    # So slow that no second request fits, however slow the machine.
    transport = httpx.ASGITransport(create_app(parts, ApiSettings(api_rate_per_second=0.001)))
    headers = {"Authorization": f"Bearer {await make_key(Scope.READ)}"}
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        assert (await client.get("/api/v1/projects")).status_code == 200
        refused = await client.get("/api/v1/projects")
    problem(refused, 429, "rate_limited")
    assert int(refused.headers["retry-after"]) > 1


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("192.0.2.1", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_alone(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
