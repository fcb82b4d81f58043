"""A stopped executor leaves in good time, and what it had submitted is never submitted again."""

import signal
from pathlib import Path
from uuid import UUID

from providers.mock.ledger import Ledger
from tests.acceptance.jobs import has_status, insert_jobs, read_attempts, read_job
from tests.acceptance.processes import Processes
from tests.database import eventually


def submissions(home: Path) -> dict[UUID, int]:
    """Count what the mock accepted, by job."""
    ledger = Ledger(home / "mock" / "ledger.sqlite3")
    rows = ledger.accepted()
    ledger.close()
    return {job: sum(row.job_id == job for row in rows) for job in {row.job_id for row in rows}}


async def test_it_hands_over_what_runs_and_nothing_is_submitted_twice(
    rushes: Processes, database_url: str, home: Path
) -> None:
    first = rushes("executor", MOCK_DELAY_SECONDS="5", DRAIN_SECONDS="20")
    first.wait_for("executor_ready")
    jobs = insert_jobs(database_url, jobs=5)
    await eventually(
        lambda: sum(read_job(database_url, job)["status"] == "generating" for job in jobs) == 3, 30.0
    )

    # The generations would take longer than this: they are handed over, not waited for.
    assert first.stop(seconds=15.0) == 0, first.output()
    assert first.logged("drained")[0]["handed_over"] == 3
    assert not first.errors, first.output()

    second = rushes("executor", MOCK_DELAY_SECONDS="0")
    for job in jobs:
        await eventually(has_status(database_url, job, "completed"), 60.0)
    assert len(second.logged("job_adopted")) == 3
    assert submissions(home) == dict.fromkeys(jobs, 1)
    for job in jobs:
        assert [attempt["state"] for attempt in read_attempts(database_url, job)] == ["succeeded"]
        assert read_job(database_url, job)["attempt_count"] == 1


def test_an_idle_executor_stops_at_once(rushes: Processes) -> None:
    executor = rushes("executor")
    executor.wait_for("executor_ready")
    assert executor.stop(seconds=10.0) == 0, executor.output()


async def test_a_second_signal_ends_it_on_the_spot(rushes: Processes, database_url: str) -> None:
    # A clip that takes forever to render keeps the drain waiting.
    executor = rushes("executor", DRAIN_SECONDS="600")
    executor.wait_for("executor_ready")
    (job,) = insert_jobs(database_url, prompt="A slow pan. [mock:slow=600]")
    await eventually(has_status(database_url, job, "uploading"), 30.0)

    executor.signal(signal.SIGTERM)
    executor.wait_for("drain")
    assert executor.stop(seconds=10.0) == 128 + signal.SIGTERM
