"""Looking at jobs and fetching their results."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain.statuses import AttemptState, JobKind, JobStatus
from storage.folder import FolderStore
from tests.api_client import AddAttempt, AddJob, Made, make_project, problem


async def test_a_job_comes_with_its_attempts(
    client: httpx.AsyncClient, add_job: AddJob, add_attempt: AddAttempt
) -> None:
    job = await add_job(JobStatus.FAILED, estimated_cost="0.4", actual_cost="0.123456")
    await add_attempt(job, state=AttemptState.REJECTED, raw_error="429 slow down")
    await add_attempt(job, number=2, actual_cost="0.123456")
    body = (await client.get(f"/api/v1/jobs/{job}")).json()
    assert (body["actual_cost"], body["error_message"]) == (0.123456, "It broke.")
    first, second = body["attempts"]
    assert (first["state"], first["raw_error"]) == ("rejected", "429 slow down")
    assert (second["number"], second["actual_cost"]) == (2, 0.123456)
    assert "inside" not in str(body)


async def test_jobs_are_filtered_and_paged(client: httpx.AsyncClient, project: Made, add_job: AddJob) -> None:
    queued = [str(await add_job(JobStatus.QUEUED)) for _ in range(3)]
    failed = str(await add_job(JobStatus.FAILED))
    image = str(await add_job(JobStatus.GENERATING, kind="image", shot_id=UUID(project.shot(0, 0))))
    other = await make_project(client)
    await client.post(other.path(0), json={})

    async def ids(**query: object) -> list[str]:
        response = await client.get("/api/v1/jobs", params=query)  # type: ignore[arg-type] # httpx takes what it can spell
        assert response.status_code == 200, response.text
        return [job["id"] for job in response.json()["data"]]

    mine = {"project_id": project.id}
    assert await ids(**mine) == [image, failed, *queued[::-1]]
    assert await ids(scene_id=project.scene(0), status="queued") == queued[::-1]
    assert await ids(**mine, status=["failed", "generating"]) == [image, failed]
    assert await ids(**mine, status=["generating", "processing"]) == [image]
    assert await ids(**mine, kind="image") == [image]
    assert await ids(shot_id=project.shot(0, 0)) == [image]
    assert await ids(project_id=str(uuid4())) == []
    assert len(await ids()) == 7

    first = (await client.get("/api/v1/jobs", params={**mine, "limit": "3"})).json()
    rest = await client.get("/api/v1/jobs", params={**mine, "limit": "3", "after": first["next"]})
    assert [job["id"] for job in first["data"] + rest.json()["data"]] == await ids(**mine)
    assert rest.json()["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=done", "status[0]"),
        ("kind=audio", "kind"),
        ("project_id=AF83", "project_id"),
        ("scene_id=1", "scene_id"),
        ("state=failed", "state"),
        ("kind=video&kind=image", "kind"),
    ],
)
async def test_a_wrong_filter_names_the_parameter(client: httpx.AsyncClient, query: str, field: str) -> None:
    body = problem(await client.get(f"/api/v1/jobs?{query}"), 422, "invalid_request")
    assert [entry["field"] for entry in body["problems"]] == [field]
    assert body["problems"][0]["allowed"]


async def test_a_malformed_job_id_says_what_is_allowed(client: httpx.AsyncClient) -> None:
    for path in ("", "/why", "/content"):
        body = problem(await client.get(f"/api/v1/jobs/12{path}"), 422, "invalid_request")
        assert (body["problems"][0]["field"], body["problems"][0]["value"]) == ("job_id", "12")


@pytest.mark.parametrize("status", [JobStatus.COMPLETED, JobStatus.CANCELLED])
async def test_a_stored_result_plays_by_link_without_headers(
    client: httpx.AsyncClient,
    add_job: AddJob,
    store: FolderStore,
    tmp_path: Path,
    status: JobStatus,
) -> None:
    clip = tmp_path / "clip"
    clip.write_bytes(b"0123456789")
    digest = hashlib.sha256(b"0123456789").hexdigest()
    # A cancelled job's take is kept when it was paid for.
    job = await add_job(status, storage_path="p/s/clip.mp4", in_hand=False)
    await store.put("p/s/clip.mp4", clip, content_type="video/mp4", sha256=digest)
    response = await client.get(f"/api/v1/jobs/{job}/content")
    assert response.status_code == 302
    link = response.headers["location"]
    assert link.startswith("http://127.0.0.1:8000/media/p/s/clip.mp4?")
    assert (await client.get(f"/api/v1/jobs/{job}")).json()["video_url"].startswith(link.partition("?")[0])
    played = await client.get(link)
    assert (played.status_code, played.content) == (200, b"0123456789")


async def test_a_clip_has_a_poster_and_a_strip(
    client: httpx.AsyncClient, add_job: AddJob, store: FolderStore, tmp_path: Path
) -> None:
    (tmp_path / "picture").write_bytes(b"a jpeg")
    digest = hashlib.sha256(b"a jpeg").hexdigest()
    sprite = {
        "path": "p/s/clip.sprite.jpg",
        "tile_width": 160,
        "tile_height": 90,
        "columns": 2,
        "times": [0, 1],
    }
    job = await add_job(JobStatus.COMPLETED, poster_path="p/s/clip.poster.jpg", sprite=sprite)
    for key in ("p/s/clip.poster.jpg", "p/s/clip.sprite.jpg"):
        await store.put(key, tmp_path / "picture", content_type="image/jpeg", sha256=digest)

    for what in ("poster", "sprite"):
        response = await client.get(f"/api/v1/jobs/{job}/{what}")
        assert response.status_code == 302
        assert (await client.get(response.headers["location"])).content == b"a jpeg"

    body = (await client.get(f"/api/v1/jobs/{job}")).json()
    assert (await client.get(body["poster_url"])).headers["content-type"] == "image/jpeg"
    assert (await client.get(body["sprite"].pop("url"))).content == b"a jpeg"
    assert body["sprite"] == {"tile_width": 160, "tile_height": 90, "columns": 2, "times": [0.0, 1.0]}


async def test_a_clip_without_pictures_says_so(client: httpx.AsyncClient, add_job: AddJob) -> None:
    bare, coming = await add_job(JobStatus.COMPLETED), await add_job(JobStatus.UPLOADING)
    body = (await client.get(f"/api/v1/jobs/{bare}")).json()
    assert (body["poster_url"], body["sprite"]) == (None, None)
    for what in ("poster", "sprite"):
        problem(await client.get(f"/api/v1/jobs/{bare}/{what}"), 404, "not_found")
        problem(await client.get(f"/api/v1/jobs/{coming}/{what}"), 409, "not_stored_yet")


async def test_what_is_not_stored_says_whether_it_will_be(client: httpx.AsyncClient, add_job: AddJob) -> None:
    coming = await add_job(JobStatus.GENERATING)
    over = await add_job(JobStatus.FAILED)
    problem(await client.get(f"/api/v1/jobs/{coming}/content"), 409, "not_stored_yet")
    body = problem(await client.get(f"/api/v1/jobs/{over}/content"), 404, "not_found")
    assert "failed" in body["detail"]
    assert (await client.get(f"/api/v1/jobs/{coming}")).json()["video_url"] is None


async def test_a_paid_result_is_fetched_again(
    client: httpx.AsyncClient, add_job: AddJob, add_attempt: AddAttempt
) -> None:
    job = await add_job(JobStatus.FAILED, error_code="storage_failed", provider="mock", provider_job_id="p-1")
    path = f"/api/v1/jobs/{job}/retry-download"
    problem(await client.post(path), 409, "no_result")
    await add_attempt(job)
    response = await client.post(path)
    assert (response.status_code, response.json()["status"]) == (202, "uploading")
    problem(await client.post(path), 409, "not_failed")
    problem(await client.post(f"/api/v1/jobs/{uuid4()}/retry-download"), 404, "not_found")


async def test_an_image_is_retried_and_cancelled_like_a_clip(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, add_attempt: AddAttempt
) -> None:
    image = await add_job(JobStatus.FAILED, kind=JobKind.IMAGE, duration_seconds=None)
    problem(await client.post(project.path(0, f"video/{image}/retry")), 404, "not_found")
    path = f"/api/v1/jobs/{image}"
    again = await client.post(f"{path}/retry")
    assert again.status_code == 202, again.text
    assert (again.json()["id"], again.json()["status"]) == (str(image), "queued")
    problem(await client.post(f"{path}/retry"), 409, "not_failed")
    assert (await client.post(f"{path}/cancel")).json() == {"outcome": "cancelled"}
    assert (await client.post(f"{path}/cancel")).json() == {"outcome": "already_final"}
    in_doubt = await add_job(JobStatus.FAILED, kind=JobKind.IMAGE, error_code="submit_unknown")
    await add_attempt(in_doubt, state=AttemptState.UNKNOWN)
    problem(await client.post(f"/api/v1/jobs/{in_doubt}/retry"), 409, "possible_duplicate")
    accepted = {"accept_possible_duplicate": True}
    assert (await client.post(f"/api/v1/jobs/{in_doubt}/retry", json=accepted)).status_code == 202


@pytest.mark.parametrize("whose", ["project", "scene"])
async def test_a_film_waits_for_the_newer_one_and_is_called_by_its_name(
    client: httpx.AsyncClient, add_job: AddJob, whose: str
) -> None:
    film: dict[str, Any] = {"kind": JobKind.FILM, "duration_seconds": None}
    film |= {"scene_id": None} if whose == "project" else {}
    failed = await add_job(JobStatus.FAILED, **film)
    await add_job(JobStatus.PROCESSING, **film)
    body = problem(await client.post(f"/api/v1/jobs/{failed}/retry"), 409, "shot_busy")
    assert body["detail"] == f"the film of this {whose} has another job on its way; cancel that first"
