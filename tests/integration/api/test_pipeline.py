"""A whole film as one order: what is queued and what waits, and what a person may do to all of it."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.statuses import AttemptState, JobStatus
from tests.api_client import AddAttempt, AddJob, Execute, Made, make_project, problem

S = JobStatus
JOBS = "SELECT count(*) FROM video_generation_jobs"
FILM: dict[str, Any] = {
    "title": "The Lighthouse",
    "scenes": [
        {
            "title": "Dusk",
            "shots": [
                {"image_prompt": "A lamp", "video_prompt": "The lamp turns on", "duration_seconds": 4},
                {"image_prompt": "A stair", "narration": "Up she goes.", "duration_seconds": 6},
            ],
        },
        {
            "title": "Night",
            "shots": [
                {
                    "video_prompt": "Waves",
                    "duration_seconds": 8,
                    "start_frame_url": "https://example.com/waves.png",
                }
            ],
        },
    ],
}


@pytest.fixture
async def film(client: httpx.AsyncClient) -> Made:
    return await make_project(client, FILM)


async def generate(client: httpx.AsyncClient, film: Made, **order: Any) -> httpx.Response:
    return await client.post(f"/api/v1/projects/{film.id}/generate-scenes", json=order)


async def standing(execute: Execute) -> list[tuple[str, str]]:
    return [
        tuple(row)
        for row in await execute("SELECT kind, status FROM video_generation_jobs ORDER BY created_at, id")
    ]


async def test_a_whole_film_is_one_order(client: httpx.AsyncClient, film: Made, execute: Execute) -> None:
    response = await generate(client, film)
    assert response.status_code == 202, response.text
    body = response.json()
    images = [job for job in body["jobs"] if job["kind"] == "image"]
    videos = [job for job in body["jobs"] if job["kind"] == "video"]
    films = [job for job in body["jobs"] if job["kind"] == "film"]
    assert [job["kind"] for job in body["jobs"]] == ["image"] * 2 + ["video"] * 3 + ["film"] * 3
    assert [job["shot_id"] for job in images] == [film.shot(0, 0), film.shot(0, 1)]
    assert {job["status"] for job in images} == {"queued"}
    assert [job["status"] for job in videos] == ["waiting", "waiting", "queued"]
    assert [job["start_image_job_id"] for job in videos] == [images[0]["id"], images[1]["id"], None]
    assert videos[0]["start_frame_url"] == f"/api/v1/jobs/{images[0]['id']}/content"
    assert videos[1]["prompt"] == "A stair\nNarration: Up she goes."
    assert [job["scene_id"] for job in films] == [film.scene(0), film.scene(1), None]
    assert {job["status"] for job in films} == {"waiting"}
    assert body["quote"] == pytest.approx(2 * 0.04 + 18 * 0.1)
    assert UUID(body["receipt_id"]).version == 5
    kept = (await client.get(f"/api/v1/projects/{film.id}")).json()
    assert (kept["status"], kept["current_step"]) == ("rendering", "images")
    assert kept["scenes"][0]["shots"][1]["video_prompt"] == "A stair\nNarration: Up she goes."
    problem(await generate(client, film), 409, "nothing_to_render")
    assert await execute(JOBS) == [(8,)]


async def test_a_dry_run_tells_all_of_it_and_writes_nothing(
    client: httpx.AsyncClient, film: Made, execute: Execute
) -> None:
    response = await generate(client, film, dry_run=True)
    assert response.status_code == 200
    body = response.json()
    assert body["quote"] == pytest.approx(1.88)
    assert body["counts"] == {"image": 2, "video": 3, "film": 3}
    assert body["problems"] == []
    assert [(one["code"], one["shots"]) for one in body["recommendations"]] == [
        ("no_narration_audio", ["1B"]),
        ("video_prompt_missing", ["1B"]),
    ]
    assert await execute(JOBS) == [(0,)]
    assert await execute("SELECT count(*) FROM shots WHERE video_prompt IS NULL") == [(1,)]


async def test_one_problem_stops_all_of_it_and_every_one_is_told(
    client: httpx.AsyncClient, execute: Execute
) -> None:
    made = await make_project(
        client,
        {
            "title": "Trouble",
            "scenes": [
                {"shots": [{"image_prompt": "fine", "duration_seconds": 4}, {"duration_seconds": 5}]},
                {"shots": [{"image_prompt": "i" * 201, "video_prompt": "v", "duration_seconds": 4}]},
            ],
        },
    )
    body = problem(await generate(client, made), 422, "invalid_request")
    assert {(entry["shot"], entry["field"]) for entry in body["problems"]} == {
        ("1B", "prompt"),
        ("1B", "duration_seconds"),
        ("2A", "image_prompt"),
    }
    assert await execute(JOBS) == [(0,)]
    dry = (await generate(client, made, dry_run=True)).json()
    assert len(dry["problems"]) == 3


async def test_orders_at_the_same_moment_make_one_film(
    client: httpx.AsyncClient, film: Made, execute: Execute
) -> None:
    answers = await asyncio.gather(*(generate(client, film) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]
    assert await execute(JOBS) == [(8,)]


async def test_an_order_under_a_key_is_made_once(
    client: httpx.AsyncClient, film: Made, execute: Execute
) -> None:
    path, headers = f"/api/v1/projects/{film.receipt}/generate-scenes", {"Idempotency-Key": "k"}
    first = await client.post(path, headers=headers)
    again = await client.post(path, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert await execute(JOBS) == [(8,)]


async def test_what_is_there_is_not_made_again(
    client: httpx.AsyncClient, film: Made, add_job: AddJob
) -> None:
    await add_job_of(add_job, film, 0, 0, S.COMPLETED)
    stored = f"{film.id}/{film.scene(0)}/picture.png"
    picture = await add_job_of(add_job, film, 0, 1, S.COMPLETED, kind="image", storage_path=stored)
    jobs = (await generate(client, film)).json()["jobs"]
    assert [(job["kind"], job["shot_id"]) for job in jobs] == [
        ("video", film.shot(0, 1)),
        ("video", film.shot(1, 0)),
        ("film", None),
        ("film", None),
        ("film", None),
    ]
    assert (jobs[0]["status"], jobs[0]["start_frame_url"]) == ("queued", stored)
    assert jobs[0]["start_image_job_id"] == str(picture)


async def add_job_of(
    add_job: AddJob, film: Made, scene: int, shot: int, status: JobStatus, **columns: Any
) -> UUID:
    where = {"project_id": UUID(film.id), "scene_id": UUID(film.scene(scene))}
    return await add_job(status, **where, shot_id=UUID(film.shot(scene, shot)), **columns)


@pytest.fixture
async def broken(film: Made, add_job: AddJob) -> dict[str, UUID]:
    """Leave a film as it is after some trouble: two clips failed, one of them perhaps billed."""
    done = await add_job_of(add_job, film, 0, 0, S.COMPLETED)
    failed = await add_job_of(add_job, film, 0, 1, S.FAILED)
    unknown = await add_job_of(add_job, film, 1, 0, S.FAILED, error_code="submit_unknown")
    return {"done": done, "failed": failed, "unknown": unknown}


@pytest.mark.parametrize(
    ("scope", "shots"),
    [
        ("missing", [(0, 1), (1, 0)]),
        ("failed", [(0, 1), (1, 0)]),
        ("all", [(0, 0), (0, 1), (1, 0)]),
    ],
)
async def test_scopes(
    client: httpx.AsyncClient,
    film: Made,
    broken: dict[str, UUID],
    scope: str,
    shots: list[tuple[int, int]],
) -> None:
    jobs = (await generate(client, film, scope=scope)).json()["jobs"]
    videos = [job["shot_id"] for job in jobs if job["kind"] == "video"]
    assert videos == [film.shot(*place) for place in shots]


async def test_a_list_names_scenes_shots_and_labels(client: httpx.AsyncClient, film: Made) -> None:
    order = {"scope": [film.scene(1), "1b"], "dry_run": True}
    assert (await generate(client, film, **order)).json()["counts"] == {"image": 1, "video": 2, "film": 1}
    body = problem(await generate(client, film, scope=["9Z"]), 422, "invalid_request")
    assert [(entry["field"], entry["value"]) for entry in body["problems"]] == [("scope", "9Z")]
    await generate(client, film, scope=["1B"])
    busy = problem(await generate(client, film, scope=["1A", "1B"]), 409, "shot_busy")
    assert [entry["shot"] for entry in busy["problems"]] == ["1B"]


async def test_a_failed_image_is_made_anew_for_the_clip_that_waits(
    client: httpx.AsyncClient, film: Made, add_job: AddJob
) -> None:
    await add_job_of(add_job, film, 0, 0, S.FAILED, kind="image")
    waiting = await add_job_of(add_job, film, 0, 0, S.WAITING)
    jobs = (await generate(client, film, scope="failed")).json()["jobs"]
    assert [(job["kind"], job["shot_id"]) for job in jobs] == [("image", film.shot(0, 0))]
    why = (await client.get(f"/api/v1/jobs/{waiting}/why")).json()
    assert why["waits_for"] == jobs[0]["id"]


async def test_a_cancel_is_honest_about_each_job(
    client: httpx.AsyncClient, film: Made, execute: Execute
) -> None:
    await generate(client, film)
    response = await client.post(f"/api/v1/projects/{film.id}/cancel-scenes")
    assert response.status_code == 202
    body = response.json()
    assert body["counts"]["cancelled"] == 8
    assert [one["label"] for one in body["outcomes"][:2]] == ["1A", "1A"]
    assert {status for _, status in await standing(execute)} == {"cancelled"}
    status = (await client.get(f"/api/v1/projects/{film.id}/render-status")).json()
    assert (status["current_step"], status["step_label"]) == (
        "cancelled",
        "cancelled, 0 of 3 videos complete",
    )
    again = (await client.post(f"/api/v1/projects/{film.id}/cancel-scenes")).json()
    assert again["outcomes"] == []


async def test_what_has_started_goes_on(client: httpx.AsyncClient, film: Made, add_job: AddJob) -> None:
    started = await add_job_of(add_job, film, 0, 0, S.GENERATING)
    queued = await add_job_of(add_job, film, 1, 0, S.QUEUED)
    body = (await client.post(f"/api/v1/projects/{film.id}/cancel-scenes", json={})).json()
    assert [(one["job_id"], one["outcome"], one["status"]) for one in body["outcomes"]] == [
        (str(started), "running", "generating"),
        (str(queued), "cancelled", "cancelled"),
    ]


async def test_a_cancel_may_be_for_some_scenes(
    client: httpx.AsyncClient, film: Made, execute: Execute
) -> None:
    await generate(client, film)
    path = f"/api/v1/projects/{film.id}/cancel-scenes"
    body = (await client.post(path, json={"scenes": [film.scene(1)]})).json()
    assert [(one["kind"], one["scene_id"]) for one in body["outcomes"]] == [
        ("video", film.scene(1)),
        ("film", film.scene(1)),
        ("film", None),
    ]
    problem(await client.post(path, json={"scenes": [film.shot(0, 0)]}), 422, "invalid_request")


async def test_only_what_failed_is_retried_and_doubt_is_listed(
    client: httpx.AsyncClient, film: Made, broken: dict[str, UUID], add_attempt: AddAttempt, execute: Execute
) -> None:
    await add_attempt(broken["unknown"], state=AttemptState.UNKNOWN)
    path = f"/api/v1/projects/{film.id}/retry-failed-scenes"
    body = (await client.post(path)).json()
    assert [(one["label"], one["outcome"], one["error_code"]) for one in body["outcomes"]] == [
        ("1B", "queued", "provider_failed"),
        ("2A", "possible_duplicate", "submit_unknown"),
    ]
    assert await execute(JOBS) == [(3,)]
    accepted = (await client.post(path, json={"accept_possible_duplicate": True})).json()
    assert [(one["label"], one["outcome"]) for one in accepted["outcomes"]] == [("2A", "queued")]
    problem(await client.post(path), 409, "nothing_failed")


async def test_a_failed_film_is_made_anew(client: httpx.AsyncClient, film: Made, add_job: AddJob) -> None:
    for scene, shot in ((0, 0), (0, 1), (1, 0)):
        await add_job_of(add_job, film, scene, shot, S.COMPLETED)
    where = {"project_id": UUID(film.id), "scene_id": None, "kind": "film"}
    await add_job(S.FAILED, **where)
    status = (await client.get(f"/api/v1/projects/{film.id}/render-status")).json()
    assert (status["current_step"], status["step_label"]) == ("failed", "the film failed")
    body = (await client.post(f"/api/v1/projects/{film.id}/retry-failed-scenes")).json()
    assert body["outcomes"] == []
    assert [(job["kind"], job["scene_id"], job["status"]) for job in body["jobs"]] == [
        ("film", None, "queued")
    ]
    kept = (await client.get(f"/api/v1/projects/{film.id}")).json()
    assert kept["current_step"] == "stitching"


async def test_a_resume_goes_on_where_the_film_stopped(
    client: httpx.AsyncClient, film: Made, add_job: AddJob
) -> None:
    done = await add_job_of(add_job, film, 0, 0, S.COMPLETED)
    failed = await add_job_of(add_job, film, 0, 1, S.FAILED)
    body = (await client.post(f"/api/v1/video/{film.receipt}/resume")).json()
    assert [(one["job_id"], one["outcome"]) for one in body["outcomes"]] == [(str(failed), "queued")]
    assert [(job["kind"], job["shot_id"]) for job in body["jobs"]] == [
        ("video", film.shot(1, 0)),
        ("film", None),
        ("film", None),
        ("film", None),
    ]
    assert str(done) not in {job["id"] for job in body["jobs"]}
    problem(await client.post(f"/api/v1/video/{film.receipt}/resume"), 409, "nothing_to_resume")


async def test_a_resume_leaves_what_is_in_doubt_to_a_person(
    client: httpx.AsyncClient, film: Made, broken: dict[str, UUID], add_attempt: AddAttempt
) -> None:
    await add_attempt(broken["unknown"], state=AttemptState.UNKNOWN)
    body = (await client.post(f"/api/v1/video/{film.id}/resume")).json()
    assert [(one["label"], one["outcome"]) for one in body["outcomes"]] == [
        ("1B", "queued"),
        ("2A", "possible_duplicate"),
    ]
    assert [(job["kind"], job["scene_id"]) for job in body["jobs"]] == [("film", film.scene(0))]


async def test_a_thousand_shots_are_one_order(client: httpx.AsyncClient, execute: Execute) -> None:
    shot = {"image_prompt": "A lamp", "video_prompt": "On", "duration_seconds": 4}
    made = await make_project(client, {"title": "Long", "scenes": [{"shots": [shot] * 200}] * 5})
    body = (await generate(client, made)).json()
    assert len(body["jobs"]) == 2_006
    assert await execute(JOBS) == [(2_006,)]


async def test_a_film_says_what_it_waits_for(client: httpx.AsyncClient, film: Made, add_job: AddJob) -> None:
    jobs = (await generate(client, film, scope=[film.scene(1)])).json()["jobs"]
    (waiting,) = [job["id"] for job in jobs if job["kind"] == "film"]
    why = (await client.get(f"/api/v1/jobs/{waiting}/why")).json()
    assert (why["waits_for"], why["sentence"]) == (jobs[0]["id"], "It waits for a clip, which is queued.")
    await client.post(f"/api/v1/projects/{film.id}/scenes/{film.scene(1)}/video/{jobs[0]['id']}/cancel")
    lone = await add_job(S.WAITING, project_id=UUID(film.id), scene_id=None, kind="film")
    why = (await client.get(f"/api/v1/jobs/{lone}/why")).json()
    assert why["sentence"] == "It waits for clips that nobody has ordered: 1A, 1B, 2A."
