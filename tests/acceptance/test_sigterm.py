"""A stopped executor leaves in good time, and what it had submitted is never submitted again."""

import signal
from collections import Counter
from pathlib import Path
from uuid import uuid4

from tests.acceptance.films import attempts, connect, insert, job, ledger, statuses
from tests.acceptance.processes import Processes
from tests.acceptance.waiting import until


def test_it_hands_over_what_runs_and_nothing_is_submitted_twice(
    rushes: Processes, database_url: str, home: Path
) -> None:
    first = rushes("executor", MOCK_DELAY_SECONDS="5", DRAIN_SECONDS="20")
    first.wait_for("executor_ready")
    with connect(database_url) as connection:
        project, scene = uuid4(), uuid4()
        jobs = [insert(connection, project_id=project, scene_id=scene) for _ in range(5)]
        until(lambda: statuses(connection).get("generating") == 3)

        # The generations would take longer than this: they are handed over, not waited for.
        assert first.stop(seconds=15.0) == 0, first.output()
        assert first.wait_for("drained")["handed_over"] == 3
        assert not first.errors, first.output()

        second = rushes("executor", MOCK_DELAY_SECONDS="0")
        until(lambda: statuses(connection) == {"completed": 5})
        second.wait_for("job_adopted", count=3)
        for made in jobs:
            assert [attempt["state"] for attempt in attempts(connection, made)] == ["succeeded"]
            assert job(connection, made)["attempt_count"] == 1
    books = ledger(home)
    assert Counter(row.job_id for row in books.accepted()) == dict.fromkeys(jobs, 1)
    books.close()


def test_it_signs_off_though_the_database_has_just_hung_up(rushes: Processes, database_url: str) -> None:
    executor = rushes("executor", MOCK_DELAY_SECONDS="60")
    executor.wait_for("executor_ready")
    with connect(database_url) as connection:
        made = insert(connection)
        until(lambda: statuses(connection).get("generating") == 1)
        # All of its connections are gone when it wakes up, and it is told to stop.
        executor.freeze()
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        executor.signal(signal.SIGTERM)
        executor.thaw()
        assert executor.wait() == 0, executor.output()
        assert executor.wait_for("drained")["handed_over"] == 1
        assert job(connection, made)["claimed_by"] is None


def test_an_idle_executor_stops_at_once(rushes: Processes) -> None:
    executor = rushes("executor")
    executor.wait_for("executor_ready")
    assert executor.stop(seconds=10.0) == 0, executor.output()


def test_a_second_signal_ends_it_on_the_spot(rushes: Processes, database_url: str) -> None:
    # A clip that takes forever to render keeps the drain waiting.
    executor = rushes("executor", DRAIN_SECONDS="600")
    executor.wait_for("executor_ready")
    with connect(database_url) as connection:
        made = insert(connection, prompt="A slow pan. [mock:slow=600]")
        until(lambda: job(connection, made)["status"] == "uploading")

    executor.signal(signal.SIGTERM)
    executor.wait_for("drain")
    assert executor.stop(seconds=10.0) == 128 + signal.SIGTERM
