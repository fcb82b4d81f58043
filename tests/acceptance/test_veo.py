"""An executor that dies between Google's acceptance and its answer: its clip is found, and paid once."""

from pathlib import Path

import pytest

from tests.acceptance.films import attempts, connect, insert, job
from tests.acceptance.processes import Processes
from tests.acceptance.waiting import until
from tests.vertex import GCS, LITE, simulated


@pytest.mark.timeout(180)
def test_a_clip_accepted_as_its_executor_died_is_adopted(
    rushes: Processes, database_url: str, home: Path, tmp_path: Path
) -> None:
    with simulated(tmp_path) as world, connect(database_url) as connection:
        account = {"VIDEO_PROVIDER": "veo3", "VIDEO_MODEL": LITE, **world.environment()}
        doomed = rushes("executor", **account)
        doomed.wait_for("executor_ready")
        prompt = "A lighthouse [sim:hang_after_accept]."
        made = insert(connection, prompt=prompt, duration_seconds=4, resolution="720p")
        ledger = world.simulator.ledger
        until(lambda: ledger.accepted, what="Google's acceptance")
        doomed.kill()

        heir = rushes("executor", **account)
        until(lambda: job(connection, made)["status"] in {"completed", "failed"}, seconds=90)
        row, (attempt,) = job(connection, made), attempts(connection, made)
        assert row["status"] == "completed", heir.output()
        assert (home / "storage" / row["storage_path"]).stat().st_size == row["size_bytes"]
        assert attempt["state"] == "succeeded"
        assert ledger.paid_by_storage_uri() == {f"{GCS}/{made}/{attempt['id']}/": 1}
        assert len(ledger.submits) == 1
        output = doomed.output() + heir.output()
        assert "ya29." not in output
        assert "PRIVATE KEY" not in output
