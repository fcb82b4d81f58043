"""Changing a script: what turns stale, what stands for a shot, and that nothing is made by it."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain.statuses import JobStatus
from tests.api_client import AddJob, Execute, Made, problem

S = JobStatus
EVENTS = "SELECT type, data FROM job_events WHERE type LIKE 'shot.%' ORDER BY id"


def path(project: Made, scene: int, shot: int, rest: str = "") -> str:
    return project.path(scene, f"shots/{project.shot(scene, shot)}{rest}")


async def render(client: httpx.AsyncClient, project: Made, *shots: str) -> list[dict[str, Any]]:
    response = await client.post(project.path(0), json={"shots": list(shots)})
    assert response.status_code == 202, response.text
    return list(response.json()["jobs"])


async def finish(execute: Execute, *jobs: str) -> None:
    """Leave jobs as an executor leaves them."""
    for job in jobs:
        await execute(
            "UPDATE video_generation_jobs SET status = 'completed', finished_at = now(), "
            "completed_at = now(), storage_path = 'k/' || id || '.mp4', video_url = '/v', sha256 = '0', "
            "size_bytes = 1, provider_job_id = 'p' WHERE id = CAST(:job AS uuid) RETURNING id",
            job=job,
        )


async def shot_of(client: httpx.AsyncClient, project: Made, scene: int = 0, shot: int = 0) -> dict[str, Any]:
    body = (await client.get(f"/api/v1/projects/{project.id}")).json()
    return dict(body["scenes"][scene]["shots"][shot])


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        ({"video_prompt": "The lamp goes out"}, True),
        ({"video_prompt": "The lamp turns on"}, False),
        ({"image_prompt": "A lamp"}, True),
        ({"narration": "Dark."}, True),
        ({"duration_seconds": 6}, True),
        ({"start_frame_url": "https://example.com/lamp.png"}, True),
        ({"label": "Opening"}, False),
    ],
)
async def test_what_is_made_from_something_else_is_stale(
    client: httpx.AsyncClient, project: Made, execute: Execute, change: dict[str, Any], stale: bool
) -> None:
    (job,) = await render(client, project, "1A")
    assert (job["take"], job["chosen"], job["stale"]) == (1, False, False)
    await finish(execute, job["id"])
    response = await client.patch(path(project, 0, 0), json=change)
    assert response.status_code == 200, response.text
    body = response.json()
    assert {name: body[name] for name in change} == change
    assert (body["stale"], body["takes"][0]["stale"]) == (stale, stale)
    seen = (await client.get(f"/api/v1/jobs/{job['id']}")).json()
    assert (seen["take"], seen["chosen"], seen["stale"]) == (1, True, stale)
    assert await execute("SELECT count(*) FROM video_generation_jobs") == [(1,)]
    back = {name: project.body["scenes"][0]["shots"][0][name] for name in change}
    assert (await client.patch(path(project, 0, 0), json=back)).json()["stale"] is False


async def test_null_empties_and_what_is_left_out_stays(client: httpx.AsyncClient, project: Made) -> None:
    body = (await client.patch(path(project, 0, 1), json={"narration": None})).json()
    assert (body["narration"], body["image_prompt"]) == (None, "A stair")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "body"),
        ({"label": None}, "label"),
        ({"label": "1b"}, "label"),
        ({"duration_seconds": 0}, "duration_seconds"),
        ({"start_frame_url": "file:///etc/passwd"}, "start_frame_url"),
        ({"prompt": "x"}, "prompt"),
    ],
)
async def test_a_change_that_cannot_be_is_refused(
    client: httpx.AsyncClient, project: Made, change: dict[str, Any], field: str
) -> None:
    body = problem(await client.patch(path(project, 0, 0), json=change), 422, "invalid_request")
    assert [entry["field"] for entry in body["problems"]] == [field]
    kept = await shot_of(client, project)
    assert kept == project.body["scenes"][0]["shots"][0]


async def test_the_newest_take_stands_until_another_is_chosen(
    client: httpx.AsyncClient, project: Made, execute: Execute
) -> None:
    (first,) = await render(client, project, "1A")
    await finish(execute, first["id"])
    (second,) = await render(client, project, "1A")
    assert second["take"] == 2
    await finish(execute, second["id"])

    async def chosen() -> list[bool]:
        return [take["chosen"] for take in (await shot_of(client, project))["takes"]]

    assert await chosen() == [False, True]
    body = (await client.post(path(project, 0, 0, "/take"), json={"job_id": first["id"]})).json()
    assert body["chosen_job_id"] == first["id"]
    assert first["id"] in body["video_url"]
    assert await chosen() == [True, False]
    (third,) = await render(client, project, "1A")
    await finish(execute, third["id"])
    assert await chosen() == [True, False, False], "a choice stays"
    await client.post(path(project, 0, 0, "/take"), json={"job_id": None})
    assert await chosen() == [False, False, True]
    told = [data for kind, data in await execute(EVENTS) if kind == "shot.take_chosen"]
    assert [one["chosen"] for one in told] == [first["id"], None]


async def test_only_a_stored_take_of_the_shot_can_be_chosen(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    failed = await add_job(S.FAILED, shot_id=UUID(project.shot(0, 0)))
    other = await add_job(S.COMPLETED, shot_id=UUID(project.shot(0, 1)))
    take = path(project, 0, 0, "/take")
    problem(await client.post(take, json={"job_id": str(failed)}), 409, "not_stored_yet")
    for job in (other, uuid4()):
        problem(await client.post(take, json={"job_id": str(job)}), 404, "not_found")
    problem(await client.post(take, json={}), 422, "invalid_request")


async def test_the_clip_of_a_cancelled_job_may_be_chosen(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    kept = await add_job(S.CANCELLED, shot_id=UUID(project.shot(0, 0)), storage_path="p/s/kept.mp4")
    assert (await shot_of(client, project))["video_url"] is None
    body = (await client.post(path(project, 0, 0, "/take"), json={"job_id": str(kept)})).json()
    assert "kept.mp4" in body["video_url"]


async def test_a_choice_lets_a_film_go_on_that_lacked_only_this(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    for scene, shot in ((0, 0), (1, 0)):
        where = {"scene_id": UUID(project.scene(scene)), "shot_id": UUID(project.shot(scene, shot))}
        await add_job(S.COMPLETED, **where)
    kept = await add_job(S.CANCELLED, shot_id=UUID(project.shot(0, 1)), storage_path="p/s/kept.mp4")
    film = await add_job(S.WAITING, kind="film", scene_id=None)
    await client.post(path(project, 0, 1, "/take"), json={"job_id": str(kept)})
    assert (await client.get(f"/api/v1/jobs/{film}")).json()["status"] == "queued"


async def test_titles_and_narrations_are_edited(client: httpx.AsyncClient, project: Made) -> None:
    body = (await client.patch(f"/api/v1/projects/{project.receipt}", json={"title": "Lamp"})).json()
    assert (body["title"], body["scenes"]) == ("Lamp", project.body["scenes"])
    scene = f"/api/v1/projects/{project.id}/scenes/{project.scene(1)}"
    body = (await client.patch(scene, json={"narration": "Night falls."})).json()
    assert (body["title"], body["narration"]) == ("Night", "Night falls.")
    problem(await client.patch(scene, json={"title": None}), 422, "invalid_request")
    problem(await client.patch(f"{scene[:-1]}x", json={"title": "x"}), 422, "invalid_request")


async def test_scenes_and_shots_are_added_where_they_belong(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    await add_job(S.COMPLETED, shot_id=UUID(project.shot(0, 0)))
    await add_job(S.COMPLETED, shot_id=UUID(project.shot(0, 1)))
    scenes = f"/api/v1/projects/{project.id}/scenes"
    new = {"title": "Dawn", "position": 1, "shots": [{"video_prompt": "Light", "duration_seconds": 4}]}
    made = await client.post(scenes, json=new)
    assert made.status_code == 201
    assert [shot["label"] for shot in made.json()["shots"]] == ["3A"]
    shots = f"{scenes}/{project.scene(0)}/shots"
    shot = (await client.post(shots, json={"video_prompt": "Waves", "position": 2})).json()
    assert (shot["label"], shot["position"], shot["status"]) == ("2C", 2, "pending")
    body = (await client.get(f"/api/v1/projects/{project.id}")).json()
    assert [scene["title"] for scene in body["scenes"]] == ["Dawn", "Dusk", "Night"]
    assert [one["label"] for one in body["scenes"][1]["shots"]] == ["1A", "2C", "1B"]
    assert body["scenes"][1]["review_ready"] is False
    problem(await client.post(shots, json={"label": "1a"}), 422, "invalid_request")
    twice = {"title": "x", "shots": [{"label": "a"}, {"label": "A"}]}
    problem(await client.post(scenes, json=twice), 422, "invalid_request")


async def test_a_video_is_one_document(client: httpx.AsyncClient, project: Made, add_job: AddJob) -> None:
    clip = await add_job(S.COMPLETED, shot_id=UUID(project.shot(0, 0)))
    stored = f"{project.id}/{project.scene(0)}/picture.png"
    await add_job(S.COMPLETED, shot_id=UUID(project.shot(0, 1)), kind="image", storage_path=stored)
    await add_job(S.GENERATING, shot_id=UUID(project.shot(0, 1)))
    body = (await client.get(f"/api/v1/video/{project.receipt}")).json()
    assert (body["receipt"], body["current_step"], body["step_label"]) == (
        project.receipt,
        "videos",
        "generating videos 1/2",
    )
    entries = body["script"]["scenes"]
    assert [(e["number"], e["label"], e["status"]) for e in entries] == [
        (1, "1A", "completed"),
        (2, "1B", "generating"),
        (3, "2A", "pending"),
    ]
    assert [e["scene_id"] for e in entries] == [project.scene(0), project.scene(0), project.scene(1)]
    assert str(clip) in entries[0]["video_url"]
    assert entries[0]["video_url"].startswith("http")
    assert (entries[1]["video_url"], "picture.png" in entries[1]["image_url"]) == (None, True)
    assert (entries[1]["narration"], entries[1]["duration_seconds"]) == ("Up she goes.", 6)


async def test_the_parts_agree(client: httpx.AsyncClient, project: Made, add_job: AddJob) -> None:
    """The preview, the film and the list of takes come from one rule."""
    shot = UUID(project.shot(1, 0))
    where = {"scene_id": UUID(project.scene(1)), "shot_id": shot}
    first = await add_job(S.COMPLETED, **where)
    second = await add_job(S.COMPLETED, **where)
    assert second != first
    await client.post(path(project, 1, 0, "/take"), json={"job_id": str(first)})
    made = await client.post(f"/api/v1/projects/{project.id}/scenes/{project.scene(1)}/film")
    assert made.status_code == 202, made.text
    cut = (await shot_of(client, project, 1))["takes"]
    assert [take["job_id"] for take in cut if take["chosen"]] == [str(first)]
    video = (await client.get(f"/api/v1/video/{project.id}")).json()["script"]["scenes"][2]["video_url"]
    assert str(first) in video
