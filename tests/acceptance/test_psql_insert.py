"""A row that any program inserts, with nothing but what it must say, becomes a clip."""

import hashlib
from pathlib import Path

import av

from tests.acceptance.films import attempts, connect, insert, job
from tests.acceptance.processes import Processes
from tests.acceptance.waiting import until


def test_a_plain_row_becomes_a_stored_clip(rushes: Processes, database_url: str, home: Path) -> None:
    executor = rushes("executor")
    executor.wait_for("executor_ready")

    with connect(database_url) as connection:
        made = insert(connection, seconds=2.0)
        until(lambda: job(connection, made)["status"] in {"completed", "failed"})
        row, tried = job(connection, made), attempts(connection, made)

    assert row["status"] == "completed", executor.output()
    assert row["storage_path"] == f"{row['project_id']}/{row['scene_id']}/{made}.mp4"
    assert row["video_url"] == f"/api/v1/jobs/{made}/content"
    assert (row["provider"], row["model"]) == ("mock", "mock-1")
    assert row["actual_cost"] > 0
    assert [attempt["state"] for attempt in tried] == ["succeeded"]

    clip = home / "storage" / row["storage_path"]
    assert hashlib.sha256(clip.read_bytes()).hexdigest() == row["sha256"]
    with av.open(clip) as container:
        video = container.streams.video[0]
        assert video.codec_context.name == "h264"
        assert (video.width, video.height) == (row["width"], row["height"])
        assert container.duration is not None
        assert abs(container.duration / av.time_base - 2.0) < 0.2


def test_it_starts_within_a_moment_of_the_commit(rushes: Processes, database_url: str) -> None:
    # The fallback looks only once a minute, so it must have been the notification.
    rushes("executor", POLL_INTERVAL_SECONDS="60").wait_for("executor_ready")

    with connect(database_url) as connection:
        made = insert(connection)
        until(lambda: job(connection, made)["status"] == "completed", seconds=30.0)
        row = job(connection, made)

    assert (row["processing_started_at"] - row["created_at"]).total_seconds() < 5


def test_a_row_that_cannot_be_run_fails_alone_and_says_why(rushes: Processes, database_url: str) -> None:
    rushes("executor").wait_for("executor_ready")

    with connect(database_url) as connection:
        bad, good = insert(connection, seconds=1_000.0), insert(connection)
        until(lambda: job(connection, good)["status"] == "completed")
        until(lambda: job(connection, bad)["status"] == "failed")
        row, tried = job(connection, bad), attempts(connection, bad)

    assert row["error_code"] == "invalid_request"
    assert "duration_seconds is 1000" in row["error_message"]
    assert tried == []
