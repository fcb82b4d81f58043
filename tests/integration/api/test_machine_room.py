"""The running system at a glance."""

from datetime import timedelta

import httpx
from sqlalchemy import insert, text

from db import tables
from db.engine import Database
from db.records import PostgresRecords
from domain.access import Scope
from domain.statuses import JobKind, JobStatus
from tests.api_client import LANE, AddExecutor, AddJob, Execute, Made, MakeKey, problem


async def test_everything_that_runs_waits_and_failed_is_shown(
    client: httpx.AsyncClient, add_job: AddJob, add_executor: AddExecutor, database: Database
) -> None:
    await add_job(JobStatus.QUEUED)
    for _ in range(2):
        await add_job(JobStatus.FAILED, error_code="content_blocked")
    await add_executor(LANE)
    async with database.transaction() as connection:
        await connection.execute(
            insert(tables.gates).values(
                provider="mock",
                kind="video",
                in_flight=1,
                paused_until=text("now() + interval '1 hour'"),
                paused_reason="out of credits",
            )
        )
    found = (await client.get("/api/v1/operations")).json()
    (executor,) = found["executors"]
    assert executor["alive"] is True
    assert executor["lanes"][0]["provider"] == LANE.provider
    (gate,) = found["gates"]
    assert (gate["in_flight"], gate["paused_reason"]) == (1, "out of credits")
    assert [(each["status"], each["jobs"]) for each in found["depths"]] == [("queued", 1)]
    assert [(each["error_code"], each["jobs"]) for each in found["failures"]] == [("content_blocked", 2)]


async def test_the_latest_events_come_first(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    insertion = "INSERT INTO job_events (project_id, type) VALUES (:project, :type)"
    for kind in ("test.first", "test.second"):
        await execute(insertion, project=project.id, type=kind)
    happenings = (await client.get("/api/v1/operations")).json()["happenings"]
    assert [each["type"] for each in happenings[:2]] == ["test.second", "test.first"]


async def test_failures_of_long_ago_are_over(database: Database, add_job: AddJob) -> None:
    await add_job(JobStatus.FAILED, error_code="clip_invalid", finished_at=text("now() - interval '2 days'"))
    async with PostgresRecords(database).transaction() as tx:
        assert await tx.operations.failures(timedelta(days=1)) == []
        (older,) = await tx.operations.failures(timedelta(days=3))
    assert (older.error_code, older.kind, older.jobs) == ("clip_invalid", JobKind.VIDEO, 1)


async def test_a_key_for_one_project_does_not_see_the_others(
    client: httpx.AsyncClient, project: Made, make_key: MakeKey
) -> None:
    secret = await make_key(Scope.READ, projects=[project.id])
    answer = await client.get("/api/v1/operations", headers={"Authorization": f"Bearer {secret}"})
    problem(answer, 403, "not_allowed")


async def test_a_listed_project_counts_its_jobs(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    for status in (JobStatus.QUEUED, JobStatus.COMPLETED, JobStatus.COMPLETED):
        await add_job(status)
    await add_job(JobStatus.QUEUED, kind="image")
    (listed,) = (await client.get("/api/v1/projects")).json()["data"]
    counted = {status: number for status, number in listed["counts"].items() if number}
    assert (listed["id"], counted) == (project.id, {"queued": 1, "completed": 2})
