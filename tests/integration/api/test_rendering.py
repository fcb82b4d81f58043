"""Ordering clips, and what a person may do to their jobs."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain.statuses import AttemptState, JobStatus
from tests.api_client import AddAttempt, AddJob, Connect, Execute, Made, make_project, problem

JOBS = "SELECT count(*) FROM video_generation_jobs"


async def test_a_scene_is_rendered_shot_by_shot(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    response = await client.post(project.path(0), json={})
    assert response.status_code == 202
    body = response.json()
    assert body["quote"] == pytest.approx(1.0)
    assert UUID(body["receipt_id"]).version == 5
    first, second = body["jobs"]
    assert (first["shot_id"], second["shot_id"]) == (project.shot(0, 0), project.shot(0, 1))
    assert first["prompt"] == "The lamp turns on"
    assert second["prompt"] == "A stair\nNarration: Up she goes."
    assert (first["duration_seconds"], first["estimated_cost"]) == (4.0, 0.4)
    assert (first["status"], first["kind"]) == ("queued", "video")
    # The executor that claims it chooses.
    assert (first["provider"], first["model"], first["video_url"]) == (None, None, None)
    rows = await execute("SELECT render_status FROM scenes ORDER BY position")
    assert rows == [("rendering",), ("pending",)]
    assert await execute("SELECT status, current_step FROM projects") == [("rendering", "videos")]


async def test_internal_columns_stay_inside(client: httpx.AsyncClient, project: Made) -> None:
    job = (await client.post(project.path(0), json={})).json()["jobs"][0]
    assert not {"in_hand", "slot_held", "claim_token"} & set(job)


async def test_named_provider_and_model_are_kept(client: httpx.AsyncClient, project: Made) -> None:
    order = {"provider": "mock", "model": "mock-2"}
    job = (await client.post(project.path(1), json=order)).json()["jobs"][0]
    assert (job["provider"], job["model"]) == ("mock", "mock-2")


async def test_a_render_works_without_a_body(client: httpx.AsyncClient, project: Made) -> None:
    assert (await client.post(project.path(1))).status_code == 202


async def test_by_default_only_what_lacks_a_clip_is_rendered(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    await add_job(JobStatus.COMPLETED, shot_id=UUID(project.shot(0, 0)))
    await add_job(JobStatus.FAILED, shot_id=UUID(project.shot(0, 1)))
    body = (await client.post(project.path(0), json={})).json()
    assert [job["shot_id"] for job in body["jobs"]] == [project.shot(0, 1)]

    nothing = problem(await client.post(project.path(0), json={}), 409, "nothing_to_render")
    assert "name shots" in nothing["detail"]


async def test_a_named_shot_gets_a_new_take(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    old = await add_job(JobStatus.COMPLETED, shot_id=UUID(project.shot(0, 0)))
    body = (await client.post(project.path(0), json={"shots": ["1a", project.shot(0, 0)]})).json()
    (job,) = body["jobs"]
    assert job["shot_id"] == project.shot(0, 0)
    assert job["id"] != str(old)


async def test_busy_shots_are_all_named_and_nothing_is_queued(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    await client.post(project.path(0), json={"shots": ["1A"]})
    before = await execute(JOBS)
    body = problem(await client.post(project.path(0), json={"shots": ["1A", "1B"]}), 409, "shot_busy")
    assert [(entry["field"], entry["value"], entry["shot"]) for entry in body["problems"]] == [
        ("shots", "1A", "1A")
    ]
    assert await execute(JOBS) == before


async def test_an_older_job_on_its_way_counts_though_a_newer_one_failed(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    shot = UUID(project.shot(0, 0))
    await add_job(JobStatus.QUEUED, shot_id=shot)
    await add_job(JobStatus.FAILED, shot_id=shot)
    problem(await client.post(project.path(0), json={"shots": ["1A"]}), 409, "shot_busy")


async def test_every_problem_of_every_shot_is_reported_and_nothing_is_queued(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    made = await make_project(
        client,
        {
            "title": "Trouble",
            "scenes": [
                {
                    "shots": [
                        {"video_prompt": "fine", "duration_seconds": 4},
                        {"duration_seconds": 5},
                        {"video_prompt": "v" * 201, "end_frame_url": "https://example.com/e.png"},
                    ]
                }
            ],
        },
    )
    body = problem(await client.post(made.path(0), json={}), 422, "invalid_request")
    found = {(entry["shot"], entry["field"]): entry["allowed"] for entry in body["problems"]}
    assert found == {
        ("1B", "prompt"): "must not be empty",
        ("1B", "duration_seconds"): "4 or 6 or 8 s; the nearest is 4 s",
        ("1C", "prompt"): "at most 200 characters",
        ("1C", "duration_seconds"): "4 or 6 or 8 s",
        ("1C", "end_frame_url"): "this model takes no end frame",
    }
    assert await execute(JOBS) == [(0,)]
    assert await execute("SELECT render_status FROM scenes") == [("pending",)]


async def test_the_chosen_provider_decides_what_is_possible(client: httpx.AsyncClient, project: Made) -> None:
    body = problem(await client.post(project.path(0), json={"provider": "short"}), 422, "invalid_request")
    assert [(entry["shot"], entry["allowed"]) for entry in body["problems"]] == [
        ("1B", "1 to 5 s; the nearest is 5 s")
    ]


@pytest.mark.parametrize(
    ("order", "field", "allowed"),
    [
        ({"provider": "sora"}, "provider", "mock, short"),
        ({"model": "mock-9"}, "model", "mock-1, mock-2"),
        ({"provider": "short", "model": "mock-1"}, "model", "short-1"),
        ({"shots": ["9Z"]}, "shots", "the id or label of a shot of this scene: 1A, 1B"),
        ({"shots": [str(UUID(int=1))]}, "shots", "the id or label of a shot of this scene: 1A, 1B"),
        ({"shots": []}, "shots", "should have at least 1 item after validation, not 0"),
        ({"shots": "1A"}, "shots", "should be a valid array"),
        ({"shots": [7]}, "shots[0]", "should be a valid string"),
        ({"dry_run": "yes"}, "dry_run", "should be a valid boolean"),
        (
            {"prompt": "x"},
            "prompt",
            "there is no such field; allowed: shots, provider, model, dry_run",
        ),
    ],
)
async def test_an_impossible_order_says_what_is_allowed(
    client: httpx.AsyncClient,
    project: Made,
    execute: Execute,
    order: dict[str, Any],
    field: str,
    allowed: str,
) -> None:
    body = problem(await client.post(project.path(0), json=order), 422, "invalid_request")
    assert [(entry["field"], entry["allowed"]) for entry in body["problems"]] == [(field, allowed)]
    assert await execute(JOBS) == [(0,)]


async def test_a_dry_run_tells_and_writes_nothing(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    response = await client.post(project.path(0), json={"dry_run": True})
    assert (response.status_code, response.json()) == (200, {"quote": 1.0, "problems": [], "credits": None})

    refused = (await client.post(project.path(0), json={"dry_run": True, "provider": "short"})).json()
    assert refused["quote"] == pytest.approx(0.4)
    assert [entry["shot"] for entry in refused["problems"]] == ["1B"]

    unknown = (await client.post(project.path(0), json={"dry_run": True, "shots": ["9Z"]})).json()
    assert (unknown["quote"], len(unknown["problems"])) == (0, 1)
    assert await execute(JOBS) == [(0,)]


async def test_a_dry_run_says_what_the_order_would_be_refused_for(
    client: httpx.AsyncClient, project: Made
) -> None:
    await client.post(project.path(0), json={})
    none = (await client.post(project.path(0), json={"dry_run": True})).json()
    busy = (await client.post(project.path(0), json={"dry_run": True, "shots": ["1A"]})).json()
    assert [entry["field"] for entry in none["problems"]] == ["shots"]
    assert [entry["shot"] for entry in busy["problems"]] == ["1A"]


async def test_orders_at_the_same_moment_queue_each_shot_once(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    answers = await asyncio.gather(*(client.post(project.path(0), json={}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409, 409]
    assert await execute(JOBS) == [(2,)]


async def test_a_scene_without_shots_has_nothing_to_render(client: httpx.AsyncClient) -> None:
    made = await make_project(client, {"title": "Empty", "scenes": [{}]})
    body = problem(await client.post(made.path(0), json={}), 409, "nothing_to_render")
    assert body["detail"] == "the scene has no shots"


async def test_a_scene_of_another_project_cannot_be_rendered(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    other = await make_project(client)
    path = f"/api/v1/projects/{other.id}/scenes/{project.scene(0)}/render"
    problem(await client.post(path, json={}), 404, "not_found")
    assert await execute(JOBS) == [(0,)]


async def test_cancelling_says_what_happened(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    queued = await add_job(JobStatus.QUEUED)
    running = await add_job(JobStatus.GENERATING)
    for job, outcome in ((queued, "cancelled"), (running, "stopping"), (queued, "already_final")):
        response = await client.post(project.path(0, f"video/{job}/cancel"))
        assert (response.status_code, response.json()) == (200, {"outcome": outcome})
    assert (await client.get(f"/api/v1/jobs/{queued}")).json()["status"] == "cancelled"
    status = (await client.get(project.path(0, "render-status"))).json()
    assert status["status"] == "pending"


async def test_a_failed_job_is_queued_again(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    job = await add_job(JobStatus.FAILED)
    response = await client.post(project.path(0, f"video/{job}/retry"))
    assert response.status_code == 202
    assert (response.json()["id"], response.json()["status"]) == (str(job), "queued")
    problem(await client.post(project.path(0, f"video/{job}/retry")), 409, "not_failed")


async def test_a_possible_duplicate_needs_a_clear_word(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, add_attempt: AddAttempt
) -> None:
    job = await add_job(JobStatus.FAILED, error_code="submit_unknown")
    await add_attempt(job, state=AttemptState.UNKNOWN)
    path = project.path(0, f"video/{job}/retry")
    problem(await client.post(path, json={}), 409, "possible_duplicate")
    problem(await client.post(path, json={"accept_possible_duplicate": 1}), 422, "invalid_request")
    response = await client.post(path, json={"accept_possible_duplicate": True})
    assert (response.status_code, response.json()["status"]) == (202, "queued")


async def test_a_retry_waits_for_the_shots_other_job(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    shot = UUID(project.shot(0, 0))
    failed = await add_job(JobStatus.FAILED, shot_id=shot)
    await add_job(JobStatus.QUEUED, shot_id=shot)
    body = problem(await client.post(project.path(0, f"video/{failed}/retry")), 409, "shot_busy")
    assert "constraint" not in body["detail"]


async def test_a_video_is_only_found_where_it_is(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    job = await add_job(JobStatus.QUEUED)
    image = await add_job(JobStatus.QUEUED, kind="image")
    other = await make_project(client)
    for path in (
        project.path(1, f"video/{job}/cancel"),
        other.path(0, f"video/{job}/cancel"),
        project.path(0, f"video/{uuid4()}/cancel"),
        project.path(0, f"video/{image}/cancel"),
    ):
        problem(await client.post(path), 404, "not_found")
    body = problem(await client.post(project.path(0, "video/nonsense/cancel")), 422, "invalid_request")
    assert [(entry["field"], entry["value"]) for entry in body["problems"]] == [("job_id", "nonsense")]
    assert (await client.get(f"/api/v1/jobs/{job}")).json()["status"] == "queued"


async def test_both_prefixes_are_one_api(connect: Connect, project: Made) -> None:
    client = connect()
    path = project.path(0).replace("/api/v1/", "/api/")
    assert (await client.post(path, json={})).status_code == 202
    problem(await client.post(project.path(0), json={}), 409, "nothing_to_render")
