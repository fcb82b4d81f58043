"""What a newcomer sees: a film, from nothing, on their own machine, without any network."""

import hashlib
import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import av
import pytest
from psycopg.rows import DictRow

from db.embedded import start
from tests.acceptance.films import connect, insert, ledger, statuses
from tests.acceptance.processes import Processes
from tests.acceptance.waiting import until

pytestmark = pytest.mark.timeout(240)

FILM = json.loads((Path(__file__).parents[2] / "cli" / "demo_film.json").read_text())
SECONDS = [shot["duration_seconds"] for scene in FILM["scenes"] for shot in scene["shots"]]


@pytest.fixture
def alone(tmp_path: Path, home: Path) -> Iterator[Processes]:
    """Start commands with nothing but a home: no database, no bucket, no provider."""
    # Port 0 is free for sure; the tests of ports below say their own.
    settings = {"RUSHES_HOME": str(home), "MOCK_DELAY_SECONDS": "0", "API_PORT": "0"}
    with Processes(tmp_path, **settings) as processes:
        yield processes


def jobs_in(home: Path) -> list[DictRow]:
    """Read all jobs of the embedded database, which is stopped again."""
    server = start(home)
    try:
        with connect(server.get_uri()) as connection:
            query = "SELECT j.* FROM video_generation_jobs j ORDER BY j.id"
            return connection.execute(query).fetchall()
    finally:
        server.cleanup()


def is_running(home: Path) -> bool:
    return (home / "postgres" / "postmaster.pid").exists()


def test_every_clip_of_the_film_is_stored_and_sound(alone: Processes, home: Path) -> None:
    # A machine whose executors leave films to others shows one all the same.
    demo = alone("demo", "--exit", FILM_CONCURRENCY="0")
    assert demo.wait(200.0) == 0, demo.output()
    assert not demo.errors, demo.output()
    assert demo.wait_for_print("All 9 clips are stored")
    assert not is_running(home)

    jobs = jobs_in(home)
    assert [job["duration_seconds"] for job in jobs if job["kind"] == "video"] == SECONDS
    (film,) = (job for job in jobs if job["kind"] == "film" and job["scene_id"] is None)
    said = demo.wait_for_print(f"/film/{film['id']}.mp4").split()[-1]
    with av.open(said) as container:
        assert container.duration is not None
        assert abs(container.duration / av.time_base - sum(SECONDS)) < 0.25
    stored = {str(path.relative_to(home / "storage")) for path in (home / "storage").rglob("*.mp4")}
    assert stored == {job["storage_path"] for job in jobs}
    for job in jobs:
        if job["kind"] == "film":
            continue
        path = home / "storage" / job["storage_path"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == job["sha256"], job["prompt"]
        with av.open(path) as container:
            assert container.streams.video[0].codec_context.name == "h264"
            assert container.duration is not None
            assert abs(container.duration / av.time_base - job["duration_seconds"]) < 0.25, job["prompt"]


def test_a_killed_run_is_finished_by_the_next(alone: Processes, home: Path) -> None:
    first = alone("demo", "--exit", MOCK_DELAY_SECONDS="4")
    first.wait_for_print("mock is filming")
    first.kill()

    second = alone("demo", "--exit")
    assert second.wait(200.0) == 0, second.output()
    assert second.wait_for_print("An earlier run left this film unfinished, 0 of 9 clips stored")
    assert second.wait_for_print("All 9 clips are stored")
    assert not is_running(home), "the killed process still counts as a user of the database"

    jobs = jobs_in(home)
    assert Counter((job["kind"], job["status"]) for job in jobs) == {
        ("video", "completed"): 9,
        ("film", "completed"): 7,
    }
    books = ledger(home)
    assert Counter(row.job_id for row in books.accepted()) == {
        job["id"]: 1 for job in jobs if job["kind"] == "video"
    }
    books.close()

    third = alone("demo", "--exit", MOCK_DELAY_SECONDS="30")
    third.wait_for_print("mock is filming")
    third.signal(signal.SIGINT)
    third.wait()
    assert Counter(job["kind"] for job in jobs_in(home)) == {"video": 18, "film": 14}, (
        "a finished film is followed by another"
    )


def test_what_failed_is_made_by_the_next_run(alone: Processes, home: Path) -> None:
    assert alone("demo", "--exit", MOCK_FAIL="blocked").wait(200.0) == 1
    second = alone("demo", "--exit")
    assert second.wait(200.0) == 0, second.output()
    assert second.wait_for_print("All 9 clips are stored")
    assert len({job["project_id"] for job in jobs_in(home)}) == 1


@pytest.mark.parametrize(
    "account",
    [
        {"VIDEO_PROVIDER": "grok", "XAI_API_KEY": "xai-test"},
        {"VIDEO_PROVIDER": "grok", "XAI_API_KEY": "xai-test", "XAI_BASE_URL": "https://xai.example/v1"},
    ],
)
def test_a_provider_that_costs_money_is_not_used_without_a_yes(
    alone: Processes, home: Path, account: dict[str, str]
) -> None:
    demo = alone("demo", "--exit", **account)
    assert demo.wait() == 2, demo.output()
    (said,) = demo.errors
    assert said.startswith("rushes: VIDEO_PROVIDER is 'grok'; this film costs about $")
    assert "--paid" in said
    assert not (home / "postgres").exists(), "it was refused before anything was started"


def test_it_goes_on_serving_until_told_to_stop(alone: Processes) -> None:
    demo = alone("demo")
    demo.wait_for_print("Still serving", seconds=120.0)
    curl = demo.wait_for_print("/render-status").split()[-1]
    with urlopen(curl) as answer:
        status = json.load(answer)
    assert status["current_step"] == "complete"
    assert [scene["progress"] for scene in status["scenes"]] == [100] * 6
    assert demo.stop() == 0, demo.output()


def test_it_takes_the_next_port_when_its_own_is_taken(alone: Processes) -> None:
    alone.settings["MOCK_DELAY_SECONDS"] = "60"
    first = alone("demo")
    port = int(first.wait_for_print("/docs").rsplit(":", 1)[1].split("/")[0])
    # The same home on purpose: two processes share the embedded database.
    second = alone("demo", API_PORT=str(port))
    assert f":{port}/" not in second.wait_for_print("/docs")
    up = alone("up", API_PORT=str(port))
    assert up.wait() == 2
    assert f"API_PORT is '{port}'" in up.errors[0]
    assert [first.stop(), second.stop()] == [0, 0]


def test_a_clip_that_is_not_stored_is_named_and_fails_the_command(alone: Processes) -> None:
    demo = alone("demo", "--exit", MOCK_FAIL="blocked")
    assert demo.wait() == 1, demo.output()
    assert demo.wait_for_print("0 of 9 clips are stored")
    assert any(line.startswith("  1A ") and "content rules" in line for line in demo.printed)


def test_a_cancelled_film_is_not_waited_for(alone: Processes, database_url: str) -> None:
    demo = alone("demo", "--exit", DATABASE_URL=database_url, MOCK_DELAY_SECONDS="2")
    with connect(database_url) as table:
        which = "SELECT id FROM video_generation_jobs WHERE kind = 'film' AND scene_id IS NULL"
        until(lambda: table.execute(which).fetchone(), what="the order of the film")
        film = table.execute(which).fetchone()
    assert film is not None
    cancel = alone("jobs", "cancel", str(film["id"]), DATABASE_URL=database_url)
    assert cancel.wait() == 0, cancel.output()
    assert demo.wait(120.0) == 1, demo.output()
    assert demo.wait_for_print("All 9 clips are stored")
    assert demo.wait_for_print("it was cancelled; ")


def test_ctrl_c_in_the_middle_hands_over_and_says_so(alone: Processes, home: Path) -> None:
    demo = alone("demo", "--exit", MOCK_DELAY_SECONDS="30")
    demo.wait_for_print("mock is filming")
    demo.signal(signal.SIGINT)
    assert demo.wait() == 1, demo.output()
    assert demo.wait_for_print("9 clips were under way; the next run goes on with them.")
    assert not demo.errors, demo.output()
    assert not is_running(home)


def test_an_interrupted_start_just_stops(alone: Processes, home: Path) -> None:
    """As a terminal does it: Ctrl-C reaches everything that was started, the database's own start too."""
    for command in (("demo", "--exit"), ("up",), ("jobs", "list")):
        process = alone(*command)
        until((home / "postgres").exists, what="the start of the database")
        process.interrupt()
        assert process.wait() == 130, process.output()
        assert process.errors == ["rushes: interrupted"]
        assert not is_running(home)
        shutil.rmtree(home / "postgres", ignore_errors=True)


def test_a_database_that_is_killed_is_started_again_and_jobs_go_on(alone: Processes, home: Path) -> None:
    up = alone("up", MOCK_DELAY_SECONDS="4")
    up.wait_for("executor_ready")
    lock = home / "postgres" / "postmaster.pid"
    postmaster = int(lock.read_text().splitlines()[0])
    address = str(up.wait_for("database_ready")["database"])
    with connect(address) as connection:
        under_way = insert(connection)
        until(lambda: "generating" in statuses(connection), what="the provider's answer")
    os.kill(postmaster, signal.SIGKILL)
    up.wait_for("database_revived")
    with connect(address) as connection:
        later = insert(connection)
        until(lambda: statuses(connection) == {"completed": 2}, what="both clips")
    assert up.stop() == 0, up.output()
    assert not is_running(home)
    books = ledger(home)
    assert Counter(row.job_id for row in books.accepted()) == {under_way: 1, later: 1}
    books.close()
