"""Ordering films and playing them. What is in them is for the executor's tests."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.access import Scope
from domain.statuses import JobStatus
from tests.api_client import AddJob, Connect, Execute, Made, MakeKey, problem


@pytest.fixture
def whole(project: Made) -> str:
    return f"/api/v1/projects/{project.id}/film"


@pytest.fixture
def of_scene(project: Made) -> str:
    return project.path(0, "film")


async def add_clips(project: Made, add_job: AddJob, scene: int = 0) -> list[UUID]:
    shots = project.body["scenes"][scene]["shots"]
    scene_id = UUID(project.scene(scene))
    return [
        await add_job(
            JobStatus.COMPLETED,
            scene_id=scene_id,
            shot_id=UUID(shot["id"]),
        )
        for shot in shots
    ]


async def finish(execute: Execute, job: str, clips: list[UUID], *shots: dict[str, Any]) -> None:
    """Let a film be made of these clips, as an executor would."""
    await execute(
        "UPDATE video_generation_jobs SET status = 'completed', finished_at = now(), completed_at = now(), "
        "in_hand = false, storage_path = 'p/film/film.mp4', video_url = 'x', sha256 = 'x', size_bytes = 1, "
        "provider_job_id = encode(sha256(CAST(:clips AS bytea)), 'hex'), actual_duration_seconds = 10, "
        "film_shots = CAST(:shots AS jsonb), progress = 100 WHERE id = :job",
        job=UUID(job),
        clips=",".join(map(str, clips)).encode(),
        shots=json.dumps(shots),
    )


async def test_a_film_needs_all_of_its_clips(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, whole: str, of_scene: str
) -> None:
    body = problem(await client.post(whole), 409, "clips_missing")
    assert [entry["shot"] for entry in body["problems"]] == ["1A", "1B", "2A"]
    await add_clips(project, add_job)

    body = problem(await client.post(whole), 409, "clips_missing")
    assert [entry["shot"] for entry in body["problems"]] == ["2A"]
    assert "2A" in body["detail"]
    assert (await client.get(whole)).json()["missing"] == ["2A"]
    assert (await client.post(of_scene)).status_code == 202


async def test_an_empty_project_has_no_film(client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/v1/projects", json={"title": "Nothing"})).json()
    problem(await client.post(f"/api/v1/projects/{made['id']}/film"), 409, "clips_missing")
    problem(await client.post(f"/api/v1/projects/{made['id']}/scenes/{made['id']}/film"), 404, "not_found")


async def test_a_film_is_ordered_once(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, of_scene: str, execute: Execute
) -> None:
    first, second = await add_clips(project, add_job)
    assert (await client.get(of_scene)).json()["status"] is None

    job = (await client.post(of_scene)).json()
    assert (job["kind"], job["status"], job["scene_id"]) == ("film", "queued", project.scene(0))
    assert (await client.post(of_scene)).json()["id"] == job["id"], "it is on its way"
    assert (await client.get(of_scene)).json() | {"job_id": job["id"], "status": "queued"} == (
        await client.get(of_scene)
    ).json()

    shots = [
        {"shot_id": project.shot(0, 0), "job_id": str(first), "start": 0, "duration": 4},
        {"shot_id": project.shot(0, 1), "job_id": str(second), "start": 4, "duration": 6},
    ]
    await finish(execute, job["id"], [first, second], *shots)
    body = (await client.get(of_scene)).json()
    assert (body["status"], body["stale"], body["duration_seconds"]) == ("completed", False, 10.0)
    assert [(shot["start"], shot["duration"]) for shot in body["shots"]] == [(0.0, 4.0), (4.0, 6.0)]
    assert body["video_url"].startswith("http://127.0.0.1:8000/media/p/film/film.mp4?")
    assert (await client.post(of_scene)).json()["id"] == job["id"], "nothing has changed"


async def test_a_new_take_makes_a_film_stale(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, of_scene: str, execute: Execute
) -> None:
    clips = await add_clips(project, add_job)
    job = (await client.post(of_scene)).json()
    await finish(execute, job["id"], clips)

    await add_clips(project, add_job)

    body = (await client.get(of_scene)).json()
    assert (body["stale"], body["status"]) == (True, "completed")
    again = (await client.post(of_scene)).json()
    assert again["id"] != job["id"]
    body = (await client.get(of_scene)).json()
    assert (body["status"], body["job_id"]) == ("queued", again["id"])
    assert body["video_url"], "the old one plays until the new one is there"


async def test_a_failed_film_is_ordered_anew(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, of_scene: str, execute: Execute
) -> None:
    await add_clips(project, add_job)
    job = (await client.post(of_scene)).json()
    await execute(
        "UPDATE video_generation_jobs SET status = 'failed', finished_at = now(), "
        "error_code = 'result_missing', error_message = 'gone' WHERE id = :job",
        job=UUID(job["id"]),
    )
    body = (await client.get(of_scene)).json()
    assert (body["status"], body["error_code"], body["error_message"]) == ("failed", "result_missing", "gone")
    assert (await client.post(of_scene)).json()["id"] != job["id"]


async def test_films_are_their_owners(
    client: httpx.AsyncClient, connect: Connect, make_key: MakeKey, project: Made, whole: str, of_scene: str
) -> None:
    other = str((await client.post("/api/v1/projects", json={"title": "Other"})).json()["id"])
    stranger = connect(authorization=f"Bearer {await make_key(Scope.READ, Scope.RENDER, projects=[other])}")
    reader = connect(authorization=f"Bearer {await make_key(Scope.READ, projects=[project.id])}")
    for path in (whole, of_scene):
        problem(await stranger.get(path), 404, "not_found")
        problem(await stranger.post(path), 404, "not_found")
        assert (await reader.get(path)).status_code == 200
        assert (await reader.post(path)).status_code == 403
