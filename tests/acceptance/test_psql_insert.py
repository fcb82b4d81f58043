"""A row that any program inserts, with nothing but what it must say, becomes a clip."""

import hashlib
from pathlib import Path

import av

from tests.acceptance.jobs import has_status, insert_jobs, read_attempts, read_job
from tests.acceptance.processes import Processes
from tests.database import eventually


async def test_a_plain_row_becomes_a_stored_clip(rushes: Processes, database_url: str, home: Path) -> None:
    executor = rushes("executor")
    executor.wait_for("executor_ready")

    (job,) = insert_jobs(database_url, seconds=2.0)
    await eventually(has_status(database_url, job, "completed", "failed"), 60.0)

    row = read_job(database_url, job)
    assert row["status"] == "completed", executor.output()
    assert row["storage_path"] == f"{row['project_id']}/{row['scene_id']}/{job}.mp4"
    assert row["video_url"] == f"/api/v1/jobs/{job}/content"
    assert (row["provider"], row["model"]) == ("mock", "mock-1")
    assert row["actual_cost"] > 0
    assert [attempt["state"] for attempt in read_attempts(database_url, job)] == ["succeeded"]

    clip = home / "storage" / row["storage_path"]
    assert hashlib.sha256(clip.read_bytes()).hexdigest() == row["sha256"]
    with av.open(clip) as container:
        video = container.streams.video[0]
        assert video.codec_context.name == "h264"
        assert (video.width, video.height) == (row["width"], row["height"])
        assert container.duration is not None
        assert abs(container.duration / av.time_base - 2.0) < 0.2


async def test_it_starts_within_a_moment_of_the_commit(rushes: Processes, database_url: str) -> None:
    # The fallback looks only once a minute, so it must have been the notification.
    executor = rushes("executor", POLL_INTERVAL_SECONDS="60")
    executor.wait_for("executor_ready")

    (job,) = insert_jobs(database_url)
    await eventually(has_status(database_url, job, "completed"), 30.0)

    row = read_job(database_url, job)
    assert (row["processing_started_at"] - row["created_at"]).total_seconds() < 5


async def test_a_row_that_cannot_be_run_fails_alone_and_says_why(
    rushes: Processes, database_url: str
) -> None:
    rushes("executor").wait_for("executor_ready")

    (bad,) = insert_jobs(database_url, seconds=1_000.0)
    (good,) = insert_jobs(database_url)
    await eventually(has_status(database_url, good, "completed"), 30.0)

    await eventually(has_status(database_url, bad, "failed"), 30.0)
    row = read_job(database_url, bad)
    assert row["error_code"] == "invalid_request"
    assert "duration_seconds is 1000" in row["error_message"]
    assert read_attempts(database_url, bad) == []
