"""Kill the executor at every step of a job: nothing is paid twice, nothing is lost."""

from pathlib import Path
from uuid import UUID

import pytest

from tests.acceptance import stepper
from tests.acceptance.films import Connection, attempts, history, insert, job, ledger
from tests.acceptance.processes import Process, Processes
from tests.acceptance.waiting import until

RESUMED_WITHIN = 15.0
"""The promise, for default settings."""


def standing_at(steps: Processes, step: str, table: Connection, tmp_path: Path) -> tuple[Process, UUID]:
    """Give an executor that stands still at ``step`` with a job in hand, and the job."""
    first = steps("executor", STEP_AT=step)
    first.wait_for("executor_ready")
    made = insert(table)
    until((tmp_path / "reached").exists, what=step)
    return first, made


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("step", "states"),
    [
        (stepper.CLAIM, ["succeeded"]),
        # The mock closes the key of a submission that it never got, so the job is made after all.
        (stepper.BEFORE_SUBMIT, ["rejected", "succeeded"]),
        (stepper.AFTER_SUBMIT, ["succeeded"]),
        (stepper.POLL, ["succeeded"]),
        (stepper.OPEN, ["succeeded"]),
        (stepper.MIDWAY, ["succeeded"]),
        (stepper.DOWNLOADED, ["succeeded"]),
        (stepper.UPLOAD, ["succeeded"]),
        (stepper.UPLOADED, ["succeeded"]),
    ],
)
def test_killed_at(
    steps: Processes, table: Connection, tmp_path: Path, home: Path, step: str, states: list[str]
) -> None:
    first, made = standing_at(steps, step, table, tmp_path)
    second = steps("executor")
    second.wait_for("executor_ready")
    # A process that has just started may not judge others dead before it knows the database for a while.
    first.kill()
    waited = until(
        lambda: second.logged("job_adopted", job_id=str(made)) or job(table, made)["status"] == "completed",
        what="the takeover",
    )
    assert waited <= RESUMED_WITHIN
    until(lambda: job(table, made)["status"] == "completed", what="the clip")

    found = job(table, made)
    assert [row["state"] for row in attempts(table, made)] == states
    assert len(ledger(home).accepted(made)) == 1, "paid exactly once"
    assert found["attempt_count"] == 1, "no retry was used up"
    assert not found["in_hand"]
    number = len(states)
    name = f"{made}.mp4" if number == 1 else f"{made}-{number}.mp4"
    assert found["storage_path"] == f"{found['project_id']}/{found['scene_id']}/{name}"
    assert history(table, made)[-4:] == ["processing", "generating", "uploading", "completed"]
    assert list((home / "storage").rglob("*.mp4")) == [home / "storage" / found["storage_path"]]


@pytest.mark.timeout(180)
def test_frozen_while_polling(steps: Processes, table: Connection, tmp_path: Path, home: Path) -> None:
    first, made = standing_at(steps, stepper.POLL, table, tmp_path)
    second = steps("executor")
    second.wait_for("executor_ready")
    first.freeze()
    until(lambda: job(table, made)["status"] == "completed", what="the other executor")
    before = job(table, made)

    (tmp_path / "go").touch()
    first.thaw()
    first.wait_for("job_lost", job_id=str(made))
    assert job(table, made) == before, "a process that lost its job changes nothing"
    assert len(ledger(home).accepted(made)) == 1
    assert history(table, made).count("completed") == 1


@pytest.mark.timeout(180)
def test_frozen_before_its_submit(steps: Processes, table: Connection, tmp_path: Path, home: Path) -> None:
    first, made = standing_at(steps, stepper.BEFORE_SUBMIT, table, tmp_path)
    second = steps("executor")
    second.wait_for("executor_ready")
    first.freeze()
    until(lambda: job(table, made)["status"] == "completed", what="the other executor")
    before = job(table, made)

    (tmp_path / "go").touch()
    first.thaw()
    first.wait_for("job_lost", job_id=str(made))
    assert job(table, made) == before
    assert len(ledger(home).accepted(made)) == 1, "the late submit was refused: its key is closed"
    assert [row["state"] for row in attempts(table, made)] == ["rejected", "succeeded"]


@pytest.mark.timeout(180)
def test_frozen_between_submit_and_commit(
    steps: Processes, table: Connection, tmp_path: Path, home: Path
) -> None:
    first, made = standing_at(steps, stepper.AFTER_SUBMIT, table, tmp_path)
    second = steps("executor")
    second.wait_for("executor_ready")
    first.freeze()
    until(lambda: job(table, made)["status"] == "completed", what="the other executor")
    before = job(table, made)

    (tmp_path / "go").touch()
    first.thaw()
    first.wait_for("job_lost", job_id=str(made))
    assert job(table, made) == before
    assert len(ledger(home).accepted(made)) == 1
    assert [row["state"] for row in attempts(table, made)] == ["succeeded"]
