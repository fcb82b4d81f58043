"""Credits over HTTP: what is refused, what is held, and what anybody can read of it."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import null

from api.main import make_parts
from api.parts import Parts
from db.engine import Database
from domain.access import Scope
from domain.credits import CreditTerms
from domain.statuses import JobStatus
from services.accounts import MOST_WAITING
from services.catalogue import Catalogue
from storage.folder import FolderStore
from tests.api_client import (
    LANE,
    AddAttempt,
    AddExecutor,
    AddJob,
    Connect,
    Execute,
    Made,
    MakeKey,
    make_project,
    problem,
)


@pytest.fixture
def parts(database: Database, store: FolderStore, catalogue: Catalogue) -> Parts:
    return make_parts(database, store, catalogue, terms=CreditTerms())


def path(project: Made, rest: str = "") -> str:
    return f"/api/v1/projects/{project.id}/credits{rest}"


async def grant(client: httpx.AsyncClient, project: Made, amount: float, **headers: str) -> dict[str, Any]:
    response = await client.post(path(project, "/grants"), json={"amount": amount}, headers=headers)
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


async def credits_of(client: httpx.AsyncClient, project: Made) -> dict[str, Any]:
    response = await client.get(path(project))
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def figures(body: dict[str, Any]) -> tuple[float, ...]:
    return body["balance"], body["held"], body["spent"], body["owed"]


async def test_a_script_is_told_which_credits_its_film_would_lack(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    script = {"script": "Title: Dawn\n\n# One\n\nBread leaves the oven. (6 s)\n"}
    told = (await client.post("/api/v1/scripts/read", json=script)).json()["estimate"]
    assert (told["quote"], told["credits"]["missing"]) == (0.64, 0.64), "a clip and its image"
    assert [each["field"] for each in told["problems"]] == ["credits"]
    assert await execute("SELECT count(*) FROM projects") == [(0,)]


async def test_too_little_is_refused_with_both_figures_and_queues_nothing(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    await grant(client, project, 0.5)
    refused = problem(await client.post(project.path(0)), 402, "insufficient_credits")
    assert "takes 1.00 USD" in refused["detail"]
    assert "has 0.50 USD" in refused["detail"]
    assert await execute("SELECT id FROM video_generation_jobs") == []
    assert figures(await credits_of(client, project)) == (0.5, 0, 0, 0)


async def test_an_order_holds_its_quote_under_its_receipt(client: httpx.AsyncClient, project: Made) -> None:
    await grant(client, project, 5)
    made = (await client.post(project.path(0), headers={"Idempotency-Key": "once"})).json()
    again = await client.post(project.path(0), headers={"Idempotency-Key": "once"})
    assert again.headers["Idempotency-Replayed"] == "true"
    body = await credits_of(client, project)
    assert figures(body) == (4.0, 1.0, 0, 0)
    holds = [entry for entry in body["ledger"]["data"] if entry["kind"] == "hold"]
    assert {entry["job_id"] for entry in holds} == {job["id"] for job in made["jobs"]}
    assert {entry["receipt_id"] for entry in holds} == {made["receipt_id"]}
    assert len({entry["key"] for entry in body["ledger"]["data"]}) == 3


async def test_a_whole_film_is_one_order(client: httpx.AsyncClient, project: Made) -> None:
    film = f"/api/v1/projects/{project.id}/generate-scenes"
    quote = (await client.post(film, json={"dry_run": True})).json()["quote"]
    await grant(client, project, round(quote - 0.01, 6))
    problem(await client.post(film, json={}), 402, "insufficient_credits")
    await grant(client, project, 0.01)
    assert (await client.post(film, json={})).status_code == 202
    assert figures(await credits_of(client, project)) == (0, quote, 0, 0)
    cancelled = await client.post(f"/api/v1/projects/{project.id}/cancel-scenes", json={})
    assert cancelled.status_code == 202
    assert figures(await credits_of(client, project)) == (quote, 0, 0, 0)


TROUBLE: dict[str, Any] = {
    "title": "Trouble",
    "scenes": [
        {"shots": [{"video_prompt": "fine", "duration_seconds": 4}]},
        {"shots": [{"video_prompt": "fine", "duration_seconds": 4}, {"duration_seconds": 4}]},
    ],
}


async def test_what_is_missing_is_told_with_the_quote_and_with_all_else(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    made = await make_project(client, TROUBLE)
    film, scene = f"/api/v1/projects/{made.id}/generate-scenes", made.path(1)
    await grant(client, made, 0.3)
    for order, needed in ((film, 0.8), (scene, 0.4)):
        dry = await client.post(order, json={"dry_run": True})
        assert dry.status_code == 200, dry.text
        told = {"needed": needed, "available": 0.3, "missing": pytest.approx(needed - 0.3)}
        assert (dry.json()["quote"], dry.json()["credits"]) == (pytest.approx(needed), told)
        refused = problem(await client.post(order, json={}), 422, "invalid_request")
        assert refused["problems"] == dry.json()["problems"]
        assert [(one["shot"], one["field"]) for one in refused["problems"]] == [
            ("2B", "prompt"),
            (None, "credits"),
        ]
        assert f"takes {needed:.2f} USD, and the project has 0.30 USD" in refused["problems"][1]["allowed"]
    # Without the shot that is wrong, and in the same words.
    dry = (await client.post(scene, json={"shots": ["2A"], "dry_run": True})).json()
    refused = problem(await client.post(scene, json={"shots": ["2A"]}), 402, "insufficient_credits")
    assert refused["problems"] == dry["problems"]
    assert [one["field"] for one in dry["problems"]] == ["credits"]
    assert await execute("SELECT id FROM video_generation_jobs") == []


async def test_a_quote_tells_what_a_busy_shot_leaves_and_what_a_budget_allows(
    client: httpx.AsyncClient, project: Made
) -> None:
    await grant(client, project, 1.2)
    assert (await client.post(project.path(0))).status_code == 202
    order = {"shots": ["1A"]}
    refused = problem(await client.post(project.path(0), json=order), 409, "shot_busy")
    assert [one["field"] for one in refused["problems"]] == ["shots", "credits"]
    await client.patch(path(project), json={"budget": 0.75})
    dry = (await client.post(project.path(1), json={"dry_run": True})).json()
    assert dry["credits"] == {"needed": 0.8, "available": -0.25, "missing": 1.05}
    assert "0.75 USD, of which 1.00 USD" in dry["problems"][0]["allowed"]
    refused = problem(await client.post(project.path(1)), 402, "budget_exceeded")
    assert refused["problems"] == dry["problems"]


async def test_a_resume_is_refused_for_all_that_is_in_its_way(
    client: httpx.AsyncClient, add_job: AddJob, execute: Execute
) -> None:
    made = await make_project(client, TROUBLE)
    where = {"project_id": UUID(made.id), "scene_id": UUID(made.scene(0)), "shot_id": UUID(made.shot(0, 0))}
    failed = await add_job(JobStatus.FAILED, estimated_cost="0.4", **where)
    resume = f"/api/v1/video/{made.id}/resume"
    await grant(client, made, 0.3)
    refused = problem(await client.post(resume), 422, "invalid_request")
    assert [one["field"] for one in refused["problems"]] == ["prompt", "credits"]
    # What failed and what was never made, as one sum.
    assert "takes 0.80 USD, and the project has 0.30 USD" in refused["problems"][1]["allowed"]
    await execute("UPDATE shots SET video_prompt = 'fine' WHERE label = '2B'")
    refused = problem(await client.post(resume), 402, "insufficient_credits")
    assert "takes 1.20 USD, and the project has 0.30 USD" in refused["detail"]
    assert await execute("SELECT id, status FROM video_generation_jobs") == [(failed, "failed")]
    await grant(client, made, 0.9)
    assert (await client.post(resume)).status_code == 202
    assert figures(await credits_of(client, made)) == (0, 1.2, 0, 0)


async def test_orders_at_once_are_paid_one_after_the_other(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    others = [await make_project(client) for _ in range(2)]
    for each in (project, *others):
        await grant(client, each, 1.2)
    orders = [client.post(each.path(scene)) for each in (project, *others) for scene in (0, 1, 0, 1)]
    found = await asyncio.gather(*orders)
    assert {answer.status_code for answer in found} <= {202, 402, 409}
    assert [answer.status_code for answer in found].count(202) == 3
    for each in (project, *others):
        balance, held, *_ = figures(await credits_of(client, each))
        assert balance + held == pytest.approx(1.2)
        assert balance >= 0


async def test_a_retry_is_held_for_again(client: httpx.AsyncClient, project: Made, add_job: AddJob) -> None:
    job = await add_job(JobStatus.FAILED, estimated_cost="0.4")
    retry = project.path(0, f"video/{job}/retry")
    assert "takes 0.40 USD" in problem(await client.post(retry), 402, "insufficient_credits")["detail"]
    again = f"/api/v1/projects/{project.id}/retry-failed-scenes"
    problem(await client.post(again, json={}), 402, "insufficient_credits")
    await grant(client, project, 0.4)
    assert (await client.post(retry)).status_code == 202
    assert figures(await credits_of(client, project)) == (0, 0.4, 0, 0)


async def test_a_budget_names_its_figures(client: httpx.AsyncClient, project: Made, execute: Execute) -> None:
    await grant(client, project, 5)
    answer = await client.patch(path(project), json={"budget": 0.75})
    assert answer.json()["budget"] == 0.75
    refused = problem(await client.post(project.path(0)), 402, "budget_exceeded")
    assert "takes 1.00 USD" in refused["detail"]
    assert "0.75 USD, of which 0.00 USD" in refused["detail"]
    assert (await client.patch(path(project), json={"budget": None})).json()["budget"] is None
    told = await execute("SELECT data FROM job_events WHERE type = 'credits.budget' ORDER BY id")
    assert [data for (data,) in told] == [{"budget": 0.75}, {"budget": None}]
    assert (await client.post(project.path(0))).status_code == 202


async def test_a_grant_under_a_key_is_given_once(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    for _ in range(2):
        await grant(client, project, 2, **{"Idempotency-Key": "invoice-7"})
    # Even when the answer itself is forgotten by now.
    await execute("DELETE FROM idempotency_keys")
    assert (await grant(client, project, 2, **{"Idempotency-Key": "invoice-7"}))["account"]["balance"] == 2
    await execute("DELETE FROM idempotency_keys")
    other = await client.post(
        path(project, "/grants"), json={"amount": 3}, headers={"Idempotency-Key": "invoice-7"}
    )
    problem(other, 409, "grant_key_reused")


async def test_impossible_amounts_are_refused(client: httpx.AsyncClient, project: Made) -> None:
    for amount in (0, -1, 0.0000001, 1e12, "5", None):
        response = await client.post(path(project, "/grants"), json={"amount": amount})
        assert problem(response, 422, "invalid_request")["problems"][0]["field"] == "amount", amount


async def test_the_cost_log_has_every_attempt_and_pages(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, add_attempt: AddAttempt
) -> None:
    job = await add_job(JobStatus.FAILED)
    for number, state in enumerate(("rejected", "failed", "succeeded"), 1):
        await add_attempt(
            job,
            number=number,
            state=state,
            result={"url": "there"} if number == 3 else null(),
            actual_cost="0.1" if number == 2 else None,
        )
    first = (await client.get(path(project, "/attempts"), params={"limit": 2})).json()
    rest = (await client.get(path(project, "/attempts"), params={"limit": 2, "after": first["next"]})).json()
    seen = {one["number"]: one for one in (*first["data"], *rest["data"])}
    assert rest["next"] is None
    assert {number: one["actual_cost"] for number, one in seen.items()} == {1: None, 2: 0.1, 3: 0.4}
    assert seen[1]["charged"] is None
    assert (seen[2]["provider"], seen[2]["model"], seen[2]["state"]) == ("mock", "mock-1", "failed")


async def test_the_ledger_pages(client: httpx.AsyncClient, project: Made) -> None:
    for amount in (1, 2, 3):
        await grant(client, project, amount)
    first = (await client.get(path(project), params={"limit": 2})).json()["ledger"]
    assert [entry["amount"] for entry in first["data"]] == [3, 2]
    rest = (await client.get(path(project), params={"limit": 2, "after": first["next"]})).json()["ledger"]
    assert [entry["amount"] for entry in rest["data"]] == [1]
    assert rest["next"] is None
    problem(await client.get(path(project), params={"after": "-1"}), 422, "invalid_request")


async def test_only_an_admin_grants_and_refunds(
    connect: Connect, client: httpx.AsyncClient, project: Made, make_key: MakeKey, add_job: AddJob
) -> None:
    job = await add_job(JobStatus.FAILED)
    nothing = await client.post(path(project, "/refunds"), json={"job_id": str(job)})
    problem(nothing, 409, "nothing_to_refund")
    renders = connect(Authorization=f"Bearer {await make_key(Scope.RENDER)}")
    problem(await renders.post(path(project, "/grants"), json={"amount": 1}), 403, "not_allowed")
    refund = {"job_id": str(job)}
    problem(await renders.post(path(project, "/refunds"), json=refund), 403, "not_allowed")
    problem(await renders.patch(path(project), json={"budget": 1}), 403, "not_allowed")
    assert (await renders.get(path(project))).status_code == 200


async def test_why_names_the_credits(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, add_executor: AddExecutor, execute: Execute
) -> None:
    await add_executor(LANE)
    job = await add_job(JobStatus.QUEUED)
    await execute(
        "INSERT INTO credit_waits (job_id, project_id, needed) VALUES (:job, :project, 400000)",
        job=job,
        project=project.id,
    )
    await grant(client, project, 0.1)
    await execute("UPDATE video_generation_jobs SET run_after = now() + interval '1 hour'")
    body = (await client.get(f"/api/v1/jobs/{job}/why")).json()
    assert body["reason"] == "credits"
    assert "0.40 USD" in body["sentence"]
    assert "0.10 USD" in body["sentence"]


async def test_an_account_names_what_waits_for_it(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, execute: Execute
) -> None:
    waits = "INSERT INTO credit_waits (job_id, project_id, needed) VALUES (:job, :project, :needed)"
    dear, cheap = await add_job(JobStatus.QUEUED), await add_job(JobStatus.QUEUED)
    for job, needed in ((dear, 400_000), (cheap, 100_000), (await add_job(JobStatus.CANCELLED), 50_000)):
        await execute(waits, job=job, project=project.id, needed=needed)
    body = await credits_of(client, project)
    assert body["waiting"] == [{"job_id": str(cheap), "needed": 0.1}, {"job_id": str(dear), "needed": 0.4}]
    scene = project.scene(0)
    assert body["waiting_by_scene"] == [{"scene_id": scene, "jobs": 2, "needed": 0.5}]
    await grant(client, project, 0.2)
    body = await credits_of(client, project)
    assert [each["job_id"] for each in body["waiting"]] == [str(dear)]
    assert body["waiting_by_scene"] == [{"scene_id": scene, "jobs": 1, "needed": 0.4}]


async def test_the_sums_of_what_waits_know_no_page(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    """Or whoever adds what is missing for everything adds too little."""
    job = (
        "INSERT INTO video_generation_jobs (project_id, scene_id, prompt, duration_seconds) "
        "SELECT :project, :scene, 'Steam rises', 1 FROM generate_series(1, :jobs) RETURNING id"
    )
    for number, jobs in enumerate((MOST_WAITING, 3)):
        await execute(
            f"WITH made AS ({job}) INSERT INTO credit_waits SELECT id, :project, 200000 FROM made",
            project=project.id,
            scene=project.scene(number),
            jobs=jobs,
        )
    body = await credits_of(client, project)
    assert len(body["waiting"]) == MOST_WAITING
    found = {each["scene_id"]: (each["jobs"], each["needed"]) for each in body["waiting_by_scene"]}
    assert found == {
        project.scene(0): (MOST_WAITING, 20.0),
        project.scene(1): (3, 0.6),
    }


async def test_without_credits_there_is_nothing_to_grant(
    client: httpx.AsyncClient, project: Made, parts: Parts, add_job: AddJob, execute: Execute
) -> None:
    await execute(
        "INSERT INTO credit_waits (job_id, project_id, needed) VALUES (:job, :project, 400000)",
        job=await add_job(JobStatus.QUEUED),
        project=project.id,
    )
    parts.records._terms = None  # type: ignore[attr-defined] # as if CREDITS were off
    problem(await client.post(path(project, "/grants"), json={"amount": 1}), 409, "credits_off")
    body = await credits_of(client, project)
    assert (body["enabled"], body["ledger"]["data"]) == (False, [])
    assert (body["waiting"], body["waiting_by_scene"]) == ([], []), "what waited once is claimed as any other"
    assert (await client.post(project.path(0))).status_code == 202
