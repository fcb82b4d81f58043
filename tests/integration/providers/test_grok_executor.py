"""A whole executor, on a real database, with xAI simulated over real connections."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from db.engine import Database
from domain.errors import ConfigurationError
from domain.statuses import JobKind
from tests.database import eventually
from tests.executing import executing, rests
from tests.factories import attempt_rows, insert_job, job_row
from tests.grok_server import Simulator, simulating
from tests.integration.providers.pausing import has_status, is_paused

MODELS = {JobKind.VIDEO: "grok-imagine-video-1.5", JobKind.IMAGE: "grok-imagine-image"}


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with simulating(tmp_path / "xai") as served:
        yield served


@pytest.fixture
async def rendering(simulator: Simulator, database_url: str, home: Path) -> AsyncIterator[None]:
    async with executing(database_url, home, simulator.videos(), simulator.images(), models=MODELS):
        yield


async def insert(database: Database, prompt: str, **columns: Any) -> UUID:
    return await insert_job(database, prompt=prompt, duration_seconds=2.0, resolution="480p", **columns)


@pytest.mark.usefixtures("rendering")
async def test_a_row_becomes_a_clip_of_xais(database: Database, home: Path, simulator: Simulator) -> None:
    row = await rests(database, await insert(database, "a fox"))

    assert (row["status"], row["error_message"]) == ("completed", None)
    assert (row["provider"], row["model"]) == ("grok", "grok-imagine-video-1.5")
    assert row["actual_cost"] == Decimal("0.160000"), "what xAI says: 2 s at 0.08 USD"
    assert (row["width"], row["height"]) == (854, 480)
    assert (home / "storage" / row["storage_path"]).stat().st_size == row["size_bytes"]
    with simulator.books() as ledger:
        (accepted,) = ledger.all()
    assert row["provider_job_id"] == accepted.id


@pytest.mark.usefixtures("rendering")
@pytest.mark.parametrize("fault", ["drop_after_accept", "error_after_accept", "garbage_after_accept"])
async def test_a_lost_answer_is_adopted_and_paid_once(
    database: Database, simulator: Simulator, fault: str
) -> None:
    row = await rests(database, await insert(database, f"a fox [sim:{fault}]"))

    assert (row["status"], row["error_message"]) == ("completed", None)
    (attempt,) = await attempt_rows(database, row["id"])
    assert attempt["state"] == "succeeded"
    with simulator.books() as ledger:
        assert list(ledger.per_filename().values()) == [1]
        assert list(ledger.per_prompt().values()) == [1]


@pytest.mark.usefixtures("rendering")
async def test_a_refused_submit_is_made_again_and_paid_once(database: Database, simulator: Simulator) -> None:
    row = await rests(database, await insert(database, "a fox [sim:rate_limited=1]"))

    assert row["status"] == "completed"
    assert row["attempt_count"] == 1, "a refusal uses up no retry"
    states = [attempt["state"] for attempt in await attempt_rows(database, row["id"])]
    assert states == ["rejected", "succeeded"]
    with simulator.books() as ledger:
        assert len(ledger.all()) == 1


@pytest.mark.usefixtures("rendering")
async def test_a_blocked_clip_is_charged_and_waits_for_a_person(database: Database) -> None:
    row = await rests(database, await insert(database, "a fox [sim:moderated]"))

    assert (row["status"], row["error_code"]) == ("failed", "content_blocked")
    (attempt,) = await attempt_rows(database, row["id"])
    assert attempt["actual_cost"] == Decimal("0.160000")


@pytest.mark.usefixtures("rendering")
async def test_polls_and_downloads_may_fail_for_a_while(database: Database, simulator: Simulator) -> None:
    faults = "poll_error=1,poll_wrong_key=1,not_found=1,download_error=1,download_drop=1"
    row = await rests(database, await insert(database, f"a fox [sim:{faults}]"))

    assert (row["status"], row["error_message"]) == ("completed", None)
    with simulator.books() as ledger:
        assert len(ledger.all()) == 1


@pytest.mark.usefixtures("rendering")
@pytest.mark.parametrize(
    ("standing", "reason"),
    [("revoked", "credentials"), ("no_credits", "out of credits"), ("forbidden", "may not")],
)
async def test_an_account_that_goes_bad_pauses_xai_and_fails_nothing(
    database: Database, simulator: Simulator, standing: str, reason: str
) -> None:
    running = await insert(database, "a fox [sim:delay=6]")
    await eventually(lambda: has_status(database, running, "generating"), 30)
    simulator.stand(standing)
    late = await insert(database, "a hare")

    await eventually(lambda: is_paused(database, "grok", reason), 30)
    assert (await job_row(database, late))["status"] == "queued"
    assert (await job_row(database, running))["status"] in {"generating", "uploading", "completed"}
    simulator.stand("good")
    for job in (running, late):
        row = await rests(database, job)
        assert (row["status"], row["error_code"], row["attempt_count"]) == ("completed", None, 1)
    with simulator.books() as ledger:
        assert len(ledger.all()) == 2


async def test_a_wrong_key_is_refused_at_the_start(
    database_url: str, home: Path, simulator: Simulator
) -> None:
    simulator.stand("revoked")
    with pytest.raises(
        ConfigurationError, match=r"VIDEO_PROVIDER is 'grok'; xAI does not accept XAI_API_KEY"
    ):
        async with executing(database_url, home, simulator.videos(), models=MODELS):
            pass


@pytest.mark.usefixtures("rendering")
async def test_a_row_becomes_an_image_of_xais(database: Database, home: Path) -> None:
    row = await rests(database, await insert_job(database, kind="image", duration_seconds=None))

    assert (row["status"], row["error_message"]) == ("completed", None)
    assert row["actual_cost"] == Decimal("0.020000")
    assert (home / "storage" / row["storage_path"]).read_bytes().startswith(b"\xff\xd8\xff")
