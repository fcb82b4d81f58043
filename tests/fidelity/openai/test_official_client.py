"""OpenAI's own client against a whole Rushes: API, executor and mock, over a real socket."""

from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg

from tests.acceptance.processes import Processes

HERE = Path(__file__).parent
Aside = Callable[[Path, Mapping[str, str]], None]


def test_openai(run_aside: Aside, tmp_path: Path, home: Path, database_url: str) -> None:
    settings = {"RUSHES_HOME": str(home), "DATABASE_URL": database_url, "MOCK_DELAY_SECONDS": "0"}
    with Processes(tmp_path, **settings) as rushes:
        up = rushes("up", API_PORT="0")
        up.wait_for("executor_ready")
        address = str(up.wait_for("api_ready")["address"])
        run_aside(HERE / "official" / "videos.py", {"RUSHES_URL": f"{address}/v1"})

    with psycopg.connect(database_url) as connection:
        jobs = connection.execute(
            "SELECT v.hidden_at IS NOT NULL, j.status, j.start_frame_url IS NOT NULL, j.attempt_count "
            "FROM videos v JOIN video_generation_jobs j ON j.id = v.job_id ORDER BY j.created_at"
        ).fetchall()
    # The first one with a picture, its remix, and one under an idempotency key; each was made once.
    assert jobs == [
        (True, "completed", True, 1),
        (False, "completed", True, 1),
        (False, "completed", False, 1),
    ]
