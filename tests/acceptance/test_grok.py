"""An executor that dies between xAI's acceptance and its answer: the clip is found, and paid once."""

from pathlib import Path

import pytest

from tests.acceptance.films import attempts, connect, insert, job
from tests.acceptance.processes import Processes
from tests.acceptance.waiting import until
from tests.grok_server import KEY, simulating


@pytest.mark.timeout(180)
def test_a_clip_accepted_as_its_executor_died_is_adopted(
    rushes: Processes, database_url: str, home: Path, tmp_path: Path
) -> None:
    with simulating(tmp_path / "xai") as simulator, connect(database_url) as connection:
        account = {"VIDEO_PROVIDER": "grok", "XAI_API_KEY": KEY, "XAI_BASE_URL": simulator.base_url}
        doomed = rushes("executor", **account)
        doomed.wait_for("executor_ready")
        made = insert(connection, prompt="A lighthouse [sim:hang_after_accept].")
        with simulator.books() as ledger:
            until(ledger.all, what="xAI's acceptance")
        doomed.kill()

        heir = rushes("executor", **account)
        until(lambda: job(connection, made)["status"] in {"completed", "failed"}, seconds=90)
        row, tried = job(connection, made), attempts(connection, made)
        assert row["status"] == "completed", heir.output()
        assert (home / "storage" / row["storage_path"]).stat().st_size == row["size_bytes"]
        assert [attempt["state"] for attempt in tried] == ["succeeded"]
        with simulator.books() as ledger:
            assert list(ledger.per_prompt().values()) == [1], "paid once"
        assert KEY not in doomed.output() + heir.output()
