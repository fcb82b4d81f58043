"""How far scenes and projects are, from their jobs as they are."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from domain.statuses import JobKind, JobStatus
from tests.api_client import LANE, AddExecutor, AddJob, Execute, Made

S = JobStatus


async def scene_status(client: httpx.AsyncClient, project: Made, scene: int = 0) -> dict[str, object]:
    response = await client.get(project.path(scene, "render-status"))
    assert response.status_code == 200, response.text
    body = response.json()
    assert set(body["counts"]) == set(JobStatus)
    assert isinstance(body, dict)
    return body


async def test_nothing_asked_for_is_pending(client: httpx.AsyncClient, project: Made) -> None:
    body = await scene_status(client, project)
    assert body == {
        "scene_id": project.scene(0),
        "status": "pending",
        "review_ready": False,
        "progress": 0,
        "eta_seconds": None,
        "counts": dict.fromkeys(JobStatus, 0),
    }


@pytest.mark.parametrize(
    ("jobs", "status", "progress"),
    [
        ([(S.QUEUED, 0)], "rendering", 0),
        ([(S.WAITING, 0)], "rendering", 0),
        ([(S.COMPLETED, 100), (S.GENERATING, 51)], "rendering", 75),
        ([(S.COMPLETED, 100), (S.UPLOADING, 100)], "rendering", 99),
        ([(S.FAILED, 40), (S.PROCESSING, 0)], "rendering", 0),
        ([(S.CANCELLED, 0), (S.GENERATING, 50)], "rendering", 25),
        ([(S.FAILED, 40), (S.COMPLETED, 100)], "failed", 50),
        ([(S.COMPLETED, 100), (S.COMPLETED, 100)], "complete", 100),
        ([(S.CANCELLED, 0)], "pending", 0),
        ([(S.CANCELLED, 0), (S.COMPLETED, 100)], "complete", 50),
        ([(S.COMPLETED, 100)], "complete", 50),
    ],
)
async def test_deciding_jobs_make_the_status(
    client: httpx.AsyncClient,
    project: Made,
    add_job: AddJob,
    jobs: list[tuple[JobStatus, int]],
    status: str,
    progress: int,
) -> None:
    for number, (state, percent) in enumerate(jobs):
        extra = {"in_hand": False} if state is S.CANCELLED else {}
        await add_job(state, shot_id=UUID(project.shot(0, number)), progress=percent, **extra)
    body = await scene_status(client, project)
    assert (body["status"], body["progress"]) == (status, progress)
    assert body["review_ready"] is (progress == 100)
    counts = dict.fromkeys(JobStatus, 0)
    for state, _ in jobs:
        counts[state] += state is not S.CANCELLED
    assert body["counts"] == counts


async def test_the_newest_job_of_a_shot_decides_unless_cancelled(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    shot = UUID(project.shot(0, 0))
    await add_job(S.COMPLETED, shot_id=shot)
    await add_job(S.FAILED, shot_id=shot)
    assert (await scene_status(client, project))["status"] == "failed"
    await add_job(S.CANCELLED, shot_id=shot, in_hand=False)
    body = await scene_status(client, project)
    assert (body["status"], body["counts"]["failed"]) == ("failed", 1)  # type: ignore[index] # JSON
    await add_job(S.COMPLETED, shot_id=shot)
    assert (await scene_status(client, project))["status"] == "complete"


async def test_jobs_without_a_shot_and_of_other_kinds(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    await add_job(S.COMPLETED)
    await add_job(S.FAILED)
    await add_job(S.GENERATING, kind="image", shot_id=UUID(project.shot(0, 0)))
    body = await scene_status(client, project)
    # Two jobs of their own, and two shots without any.
    assert (body["status"], body["progress"]) == ("failed", 25)


async def test_a_cancelled_shot_is_missing_from_the_film(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    for scene, shot in ((0, 0), (1, 0)):
        await add_job(
            S.COMPLETED, scene_id=UUID(project.scene(scene)), shot_id=UUID(project.shot(scene, shot))
        )
    doomed = await add_job(S.QUEUED, shot_id=UUID(project.shot(0, 1)))
    await client.post(project.path(0, f"video/{doomed}/cancel"))
    body = (await client.get(f"/api/v1/projects/{project.id}/render-status")).json()
    assert (body["current_step"], body["step_label"]) == ("cancelled", "cancelled, 2 of 3 videos complete")
    assert [scene["review_ready"] for scene in body["scenes"]] == [False, True]
    kept = (await client.get(f"/api/v1/projects/{project.id}")).json()
    assert (kept["status"], kept["current_step"]) == ("pending", "cancelled")
    assert kept["scenes"][0]["review_ready"] is False


async def test_a_project_says_its_step_and_how_many(
    client: httpx.AsyncClient, project: Made, add_job: AddJob
) -> None:
    async def step() -> tuple[str, str]:
        body = (await client.get(f"/api/v1/projects/{project.receipt}/render-status")).json()
        assert [scene["scene_id"] for scene in body["scenes"]] == [project.scene(0), project.scene(1)]
        return body["current_step"], body["step_label"]

    assert await step() == ("script", "script")
    await add_job(S.COMPLETED, shot_id=UUID(project.shot(0, 0)))
    assert await step() == ("script", "script, 1 of 3 videos complete")
    running = await add_job(S.GENERATING, shot_id=UUID(project.shot(0, 1)))
    assert await step() == ("videos", "generating videos 1/2")
    await client.post(project.path(0, f"video/{running}/cancel"))
    await add_job(S.FAILED, shot_id=UUID(project.shot(0, 1)))
    assert await step() == ("failed", "1 of 2 videos failed")
    await add_job(S.COMPLETED, shot_id=UUID(project.shot(0, 1)))
    await add_job(S.COMPLETED, scene_id=UUID(project.scene(1)), shot_id=UUID(project.shot(1, 0)))
    assert await step() == ("complete", "all videos complete 3/3")


async def took(add_job: AddJob, *seconds: int) -> None:
    for value in seconds:
        await add_job(
            S.COMPLETED,
            kind="video",
            shot_id=None,
            processing_started_at=text(f"now() - interval '{value} seconds'"),
        )


async def test_an_eta_is_median_times_jobs_over_places(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, add_executor: AddExecutor
) -> None:
    await took(add_job, 10, 30, 20)
    for _ in range(5):
        await add_job(S.QUEUED)
    assert (await scene_status(client, project))["eta_seconds"] is None, "nobody works"
    await add_executor(LANE)
    assert (await scene_status(client, project))["eta_seconds"] == pytest.approx(20 * 5 / 2, abs=0.5)


async def test_a_clip_whose_image_failed_takes_no_time(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, add_executor: AddExecutor, execute: Execute
) -> None:
    await add_executor(LANE)
    await took(add_job, 20, 20, 20)
    image = await add_job(S.GENERATING, kind=JobKind.IMAGE)
    await add_job(S.WAITING, start_image_job_id=image)
    assert (await scene_status(client, project))["eta_seconds"] == pytest.approx(20, abs=0.5)
    await execute(
        "UPDATE video_generation_jobs SET status = 'failed', finished_at = now(), in_hand = false, "
        f"error_code = 'provider_failed' WHERE id = '{image}'"
    )
    assert (await scene_status(client, project))["eta_seconds"] is None


async def test_an_eta_is_never_below_one_generation(
    client: httpx.AsyncClient, project: Made, add_job: AddJob, add_executor: AddExecutor
) -> None:
    await add_executor(LANE)
    await took(add_job, 20, 20, 20)
    await add_job(S.QUEUED)
    assert (await scene_status(client, project))["eta_seconds"] == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize("unlike", [{"duration_seconds": 6.0}, {"provider": "grok"}, {"model": "mock-2"}])
async def test_an_eta_needs_three_jobs_of_the_same_sort(
    client: httpx.AsyncClient,
    project: Made,
    add_job: AddJob,
    add_executor: AddExecutor,
    execute: Execute,
    unlike: dict[str, object],
) -> None:
    await add_executor(LANE)
    await took(add_job, 20, 20)
    await add_job(S.QUEUED)
    await add_job(S.COMPLETED, processing_started_at=text("now() - interval '20 seconds'"), **unlike)
    assert (await scene_status(client, project))["eta_seconds"] is None
    await took(add_job, 20)
    assert (await scene_status(client, project))["eta_seconds"] is not None


async def test_the_eta_reads_an_index_and_not_the_table(execute: Execute) -> None:
    await execute("INSERT INTO projects (id) VALUES ('00000000-0000-0000-0000-000000000001')")
    await execute(
        "INSERT INTO video_generation_jobs (project_id, kind, status, provider, model, storage_path,"
        " video_url, sha256, size_bytes, processing_started_at, completed_at, finished_at)"
        " SELECT '00000000-0000-0000-0000-000000000001', 'film', 'completed', 'mock', 'm', 'p', 'u', 's', 1,"
        " now(), now(), now() FROM generate_series(1, 3000)"
    )
    await execute("ANALYZE video_generation_jobs")
    latest = (
        "EXPLAIN SELECT id FROM video_generation_jobs WHERE completed_at IS NOT NULL"
        " ORDER BY completed_at DESC LIMIT 500"
    )
    assert "ix_jobs_completed" in "\n".join(row[0] for row in await execute(latest))
