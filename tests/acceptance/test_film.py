"""A film whose executor is killed while it is stitched: made anew by another one, with nothing left over."""

import hashlib
import os
from pathlib import Path
from uuid import UUID, uuid4

import av
import pytest

from tests.acceptance.films import Connection, attempts, connect, insert, job
from tests.acceptance.processes import Process, Processes
from tests.acceptance.waiting import until
from tests.clips import make_clip

PROJECT, SCENE = uuid4(), uuid4()


def store(connection: Connection, home: Path, size: tuple[int, int]) -> UUID:
    """Put a clip into storage as if it had been rendered."""
    clip = insert(connection, project_id=PROJECT, scene_id=SCENE)
    path = home / "storage" / str(PROJECT) / str(SCENE) / f"{clip}.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    made = make_clip(path.with_suffix(".new"), seconds=4.0, size=size, shade=90, pix_fmt="yuv420p")
    made.replace(path)
    connection.execute(
        "UPDATE video_generation_jobs SET status = 'completed', finished_at = now(), completed_at = now(), "
        "storage_path = %s, video_url = 'x', sha256 = %s, size_bytes = 1 WHERE id = %s",
        (f"{PROJECT}/{SCENE}/{clip}.mp4", hashlib.sha256(path.read_bytes()).hexdigest(), clip),
    )
    return clip


def children(process: Process) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # Whoever adopted it may not have buried it yet.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


# Which child stitches, and whether it lives on after its parent, only Linux tells without a further library;
# elsewhere (macOS) the other tests of films still run, and with RUSHES_REQUIRE_ALL a skip is a failure.
@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="finding an executor's children needs the /proc of Linux"
)
def test_a_film_outlives_its_executor(rushes: Processes, home: Path, database_url: str) -> None:
    with connect(database_url) as connection:
        clips = [store(connection, home, size) for size in ((1280, 720), (720, 1280), (960, 540))]
        first = rushes("executor")
        first.wait_for("executor_ready")
        film = insert(connection, prompt="", project_id=PROJECT, scene_id=SCENE, kind="film")
        until(lambda: job(connection, film)["status"] == "generating" and bool(children(first)))
        (stitching,) = children(first)

        first.kill()

        until(lambda: gone(stitching))
        rushes("executor").wait_for("job_stored", job_id=str(film))
        until(lambda: job(connection, film)["status"] == "completed")
        done = job(connection, film)
        (attempt,) = attempts(connection, film)

    assert (attempt["number"], attempt["state"]) == (1, "succeeded")
    assert done["attempt_count"] == 1
    assert [UUID(shot["job_id"]) for shot in done["film_shots"]] == clips
    with av.open(str(home / "storage" / done["storage_path"])) as container:
        assert sum(1 for _ in container.decode(video=0)) == 3 * 96
