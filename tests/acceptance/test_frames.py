"""An executor that dies while it fetches a frame: nothing was asked of the provider, and the clip is made."""

from pathlib import Path

import pytest

from tests.acceptance.films import attempts, connect, history, insert, job, ledger
from tests.acceptance.processes import Processes
from tests.acceptance.waiting import until
from tests.hostile_server import hostile_server, replying, silent
from tests.pictures import a_picture
from tests.threads import in_a_thread


@pytest.mark.timeout(180)
@pytest.mark.parametrize("end", ["killed", "stopped"])
def test_an_executor_that_ends_over_a_frame_leaves_the_job_as_it_was(
    rushes: Processes, database_url: str, home: Path, end: str
) -> None:
    with in_a_thread(hostile_server()) as server, connect(database_url) as connection:
        server.answers["/a.png"] = silent
        rushes.settings["FETCH_PRIVATE_HOSTS"] = f"127.0.0.1:{server.port}"
        doomed = rushes("executor")
        doomed.wait_for("executor_ready")
        made = insert(connection, start_frame_url=server.url("/a.png"))
        until(lambda: server.requests, what="the fetch of the frame")
        assert job(connection, made)["status"] == "processing"
        if end == "killed":
            doomed.kill()
        else:
            assert doomed.stop() == 0, "a fetch is broken off, not waited for"

        assert attempts(connection, made) == []
        server.answers["/a.png"] = replying(a_picture())
        heir = rushes("executor")
        until(lambda: job(connection, made)["status"] in {"completed", "failed"}, seconds=90)
        row = job(connection, made)
        assert row["status"] == "completed", heir.output()
        assert row["attempt_count"] == 1
        assert history(connection, made).count("generating") == 1
        books = ledger(home)
        assert len(books.accepted()) == 1
        books.close()
