"""Health, readiness, numbers."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, text
from sqlalchemy.engine import make_url

from api.app import create_app
from api.parts import Parts
from api.settings import ApiSettings
from db import tables
from db.engine import Database, parse_url
from db.records import PostgresRecords
from domain.access import Scope
from domain.errors import StorageError
from domain.statuses import JobStatus
from storage.folder import FolderStore
from tests.api_client import BASE, LANE, SCRIPT, AddExecutor, AddJob, Execute, Made, MakeKey, problem


def client_of(parts: Parts) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(parts, ApiSettings()))
    return httpx.AsyncClient(transport=transport, base_url=BASE)


async def test_alive_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    response = await client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "checks": [
            {"name": name, "ok": True, "reason": None} for name in ("database", "migrations", "storage")
        ],
    }


async def test_a_database_of_another_release_is_not_ready(parts: Parts, execute: Execute) -> None:
    await execute("UPDATE alembic_version SET version_num = '0000'")
    async with client_of(parts) as client:
        response = await client.get("/readyz")
    assert response.status_code == 503
    (failed,) = [check for check in response.json()["checks"] if not check["ok"]]
    assert failed["name"] == "migrations"
    assert "rushes migrate" in failed["reason"]


@pytest.mark.parametrize(
    ("address", "headers", "told"),
    [
        ("127.0.0.1", {}, True),
        ("203.0.113.9", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, False),
        ("203.0.113.9", {"Authorization": "Bearer rsh_wrong"}, False),
        ("203.0.113.9", {"Authorization": "Bearer {key}"}, True),
    ],
)
async def test_what_is_wrong_is_for_this_machine_and_for_keys(  # fixtures and a table
    parts: Parts, execute: Execute, make_key: MakeKey, address: str, headers: dict[str, str], told: bool
) -> None:
    secret = await make_key(Scope.READ)
    await execute("UPDATE alembic_version SET version_num = '0000'")
    transport = httpx.ASGITransport(create_app(parts, ApiSettings()), client=(address, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        sent = {name: value.format(key=secret) for name, value in headers.items()}
        response = await client.get("/readyz", headers=sent)
    assert response.status_code == 503
    (failed,) = [check for check in response.json()["checks"] if not check["ok"]]
    assert (failed["name"], failed["reason"] is not None) == ("migrations", told)


async def test_an_empty_database_is_not_ready(parts: Parts, empty_database_url: str) -> None:
    empty = Database(parse_url(empty_database_url), name="test")
    async with client_of(replace(parts, records=PostgresRecords(empty))) as client:
        response = await client.get("/readyz")
    await empty.close()
    assert [check["name"] for check in response.json()["checks"] if not check["ok"]] == ["migrations"]


async def test_a_database_that_is_down_is_said_and_not_thrown(
    parts: Parts, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nowhere = tmp_path_factory.mktemp("nowhere")
    url = make_url(database_url).update_query_dict({"host": str(nowhere)})
    down = Database(parse_url(url.render_as_string(hide_password=False)), name="test")
    async with client_of(replace(parts, records=PostgresRecords(down))) as client:
        ready = await client.get("/readyz")
        listed = await client.get("/api/v1/projects")
        created = await client.post("/api/v1/projects", json=SCRIPT)
        alive = await client.get("/healthz")
    await down.close()
    assert ready.status_code == 503
    assert [check["name"] for check in ready.json()["checks"] if not check["ok"]] == [
        "database",
        "migrations",
    ]
    for response in (listed, created):
        problem(response, 503, "unavailable")
        assert response.headers["retry-after"]
    assert alive.status_code == 200


async def test_a_storage_that_is_down_is_said_until_it_is_back(
    parts: Parts, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = True
    checks = 0

    async def check() -> None:
        nonlocal checks
        checks += 1
        if down:
            raise StorageError("the bucket does not answer")

    monkeypatch.setattr(store, "check", check)
    async with client_of(parts) as client:
        first = await client.get("/readyz")
        down = False
        second = await client.get("/readyz")
        await asyncio.gather(*(client.get("/readyz") for _ in range(5)))
    (failed,) = [entry for entry in first.json()["checks"] if not entry["ok"]]
    assert (first.status_code, failed["reason"]) == (503, "the bucket does not answer")
    assert second.status_code == 200
    assert checks == 2, "each round trip writes, so a good one counts for a while"


async def test_numbers_for_prometheus(
    client: httpx.AsyncClient,
    project: Made,
    add_job: AddJob,
    add_executor: AddExecutor,
    database: Database,
) -> None:
    for status in (JobStatus.QUEUED, JobStatus.QUEUED, JobStatus.GENERATING, JobStatus.COMPLETED):
        await add_job(status)
    await add_executor(LANE)
    await add_executor(LANE, silent_for=60)
    async with database.transaction() as connection:
        await connection.execute(
            insert(tables.gates).values(
                provider="mock",
                kind="video",
                in_flight=1,
                faults=2,
                paused_until=text("now() + interval '1 hour'"),
            )
        )
        soon = text("now() + interval '90 seconds'")
        await connection.execute(
            insert(tables.rates).values(provider="mock", kind="video", model="mock-1", free_at=soon)
        )
    await client.get(f"/api/v1/projects/{project.id}")
    await client.get("/nothing/at/all")
    response = await client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    value = reader(response.text)
    assert value("rushes_jobs", status="queued", kind="video", provider="") == 2
    assert value("rushes_jobs", status="generating", kind="video", provider="mock") == 1
    assert value("rushes_jobs", status="completed") is None
    assert value("rushes_in_flight", provider="mock", kind="video") == 1
    assert value("rushes_provider_paused", provider="mock", kind="video") == 1
    assert value("rushes_provider_faults", provider="mock", kind="video") == 2
    booked = value("rushes_submits_booked_seconds", provider="mock", kind="video", model="mock-1")
    assert booked == pytest.approx(90, abs=30)
    assert (value("rushes_executors", state="alive"), value("rushes_executors", state="silent")) == (1, 1)
    route = {"method": "GET", "route": "/projects/{project_id}", "status": "200"}
    assert value("rushes_http_requests_total", **route) == 1
    assert value("rushes_http_requests_total", route="unmatched", status="404") == 1
    assert value("rushes_http_request_seconds_count", route="/projects/{project_id}") == 1
    assert project.id not in response.text


async def test_what_is_gone_is_not_counted_any_more(
    client: httpx.AsyncClient, add_job: AddJob, execute: Execute
) -> None:
    await add_job(JobStatus.QUEUED)
    assert reader((await client.get("/metrics")).text)("rushes_jobs", status="queued") == 1
    await execute("DELETE FROM video_generation_jobs")
    assert reader((await client.get("/metrics")).text)("rushes_jobs", status="queued") is None


def reader(exposition: str) -> Callable[..., float | None]:
    samples = [sample for family in text_string_to_metric_families(exposition) for sample in family.samples]

    def value(name: str, **labels: str) -> float | None:
        found = [
            sample.value
            for sample in samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return found[0] if found else None

    return value


async def test_a_mistake_of_ours_is_an_answer_and_a_log_line(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(parts.records, "transaction", broken)
    async with client_of(parts) as client:
        response = await client.get("/api/v1/projects")
        problem(response, 500, "internal")
        assert "hunter2" not in response.text
        assert response.headers["x-content-type-options"] == "nosniff"
