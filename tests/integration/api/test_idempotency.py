"""One effect per idempotency key, whatever arrives when."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from db.engine import Database
from db.idempotency import IdempotencyStore
from domain.access import Scope
from domain.errors import ConflictError
from domain.records import Replay
from domain.statuses import JobStatus
from tests.api_client import SCRIPT, AddJob, Connect, Execute, Made, MakeKey, make_project, problem
from tests.database import eventually

KEY = {"Idempotency-Key": "order-1"}


async def test_the_same_request_is_executed_once(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    first = await client.post(project.path(0), json={}, headers=KEY)
    again = await client.post(project.path(0), json={}, headers=KEY)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await execute("SELECT count(*) FROM video_generation_jobs") == [(2,)]


async def test_spacing_order_and_prefix_make_no_other_request(
    client: httpx.AsyncClient, project: Made
) -> None:
    headers = {**KEY, "content-type": "application/json"}
    first = await client.post(
        project.path(0), content=b'{"provider": "mock", "model": "mock-1"}', headers=headers
    )
    again = await client.post(
        project.path(0).replace("/api/v1/", "/api/"),
        content=b'{"model":"mock-1","provider":"mock"}',
        headers=headers,
    )
    assert again.json() == first.json()


async def test_another_request_under_the_key_is_refused(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    assert (await client.post(project.path(0), json={}, headers=KEY)).status_code == 202
    for path, body in ((project.path(0), {"shots": ["1A"]}), (project.path(1), {})):
        problem(await client.post(path, json=body, headers=KEY), 409, "idempotency_key_reused")
    problem(await client.post("/api/v1/projects", json=SCRIPT, headers=KEY), 409, "idempotency_key_reused")
    assert await execute("SELECT count(*) FROM video_generation_jobs") == [(2,)]


async def test_concurrent_duplicates_have_exactly_one_effect(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    answers = await asyncio.gather(
        *(client.post("/api/v1/projects", json=SCRIPT, headers=KEY) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert await execute("SELECT count(*) FROM projects") == [(1,)]


async def test_the_second_waits_for_the_first_to_commit(database: Database, execute: Execute) -> None:
    """It must not run beside the first one, nor be told that there is nothing yet."""
    begun = asyncio.Event()

    async def second() -> Replay | None:
        async with database.transaction() as connection:
            begun.set()
            return await IdempotencyStore(connection).begin("local", "k", "h")

    async with database.transaction() as connection:
        store = IdempotencyStore(connection)
        assert await store.begin("local", "k", "h") is None
        waiting = asyncio.create_task(second())
        await begun.wait()
        await eventually(lambda: execute("SELECT 1 FROM pg_locks WHERE NOT granted"))
        assert not waiting.done()
        await store.finish("local", "k", Replay(201, {"id": 1}))
    assert await waiting == Replay(201, {"id": 1})


async def test_a_refusal_leaves_the_key_free(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    problem(await client.post(project.path(0), json={"shots": ["9Z"]}, headers=KEY), 422, "invalid_request")
    problem(
        await client.post(project.path(0), json={"provider": "short"}, headers=KEY), 422, "invalid_request"
    )
    assert await execute("SELECT count(*) FROM idempotency_keys") == [(0,)]
    assert (await client.post(project.path(0), json={"shots": ["1A"]}, headers=KEY)).status_code == 202


async def test_a_dry_run_takes_no_key(client: httpx.AsyncClient, project: Made) -> None:
    await client.post(project.path(0), json={"dry_run": True}, headers=KEY)
    assert (await client.post(project.path(0), json={}, headers=KEY)).status_code == 202


async def test_every_change_takes_a_key(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, execute: Execute
) -> None:
    failed = await add_job(JobStatus.FAILED)
    for number, path in enumerate(
        (project.path(0, f"video/{failed}/retry"), project.path(0, f"video/{failed}/cancel"))
    ):
        headers = {"Idempotency-Key": f"k-{number}"}
        first = await client.post(path, headers=headers)
        again = await client.post(path, headers=headers)
        assert first.status_code < 300, first.text
        assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert await execute("SELECT status FROM video_generation_jobs") == [("cancelled",)]


async def test_callers_do_not_share_keys(
    connect: Connect, client: httpx.AsyncClient, make_key: MakeKey
) -> None:
    made = []
    for _ in range(2):
        secret = await make_key(Scope.RENDER)
        async with connect(Authorization=f"Bearer {secret}") as caller:
            made.append((await caller.post("/api/v1/projects", json=SCRIPT, headers=KEY)).json()["id"])
    assert made[0] != made[1]


@pytest.mark.parametrize("key", ["", "k" * 256, "with\ttab"])
async def test_an_impossible_key_is_refused(client: httpx.AsyncClient, execute: Execute, key: str) -> None:
    response = await client.post("/api/v1/projects", json=SCRIPT, headers={"Idempotency-Key": key})
    body = problem(response, 422, "invalid_request")
    assert body["problems"][0]["field"] == "Idempotency-Key"
    assert await execute("SELECT count(*) FROM projects") == [(0,)]


async def test_old_keys_are_swept(client: httpx.AsyncClient, database: Database, execute: Execute) -> None:
    await make_project(client)
    rows = [{"key": f"old-{n}"} for n in range(3)]
    async with database.transaction() as connection:
        for row in rows:
            await connection.execute(
                text(
                    "INSERT INTO idempotency_keys (caller, key, request_hash, created_at)"
                    " VALUES ('local', :key, 'h', now() - interval '8 days')"
                ),
                row,
            )
    await client.post("/api/v1/projects", json=SCRIPT, headers=KEY)
    assert await execute("SELECT key FROM idempotency_keys") == [("order-1",)]


async def test_a_reused_key_is_a_conflict_below_the_api_too(database: Database) -> None:
    answer: Any = None
    async with database.transaction() as connection:
        store = IdempotencyStore(connection)
        await store.begin("local", "k", "h")
        await store.finish("local", "k", Replay(200, {}))
    async with database.transaction() as connection:
        with pytest.raises(ConflictError) as raised:
            answer = await IdempotencyStore(connection).begin("local", "k", "other")
    assert (answer, raised.value.code) == (None, "idempotency_key_reused")
