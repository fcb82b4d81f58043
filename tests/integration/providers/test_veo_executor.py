"""A whole executor, on a real database, with Vertex AI simulated over real connections."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from db.engine import Database
from domain.errors import ConfigurationError
from domain.statuses import JobKind
from providers.simulators.account import Standing
from tests.database import eventually
from tests.executing import executing, rests
from tests.factories import attempt_rows, insert_job, job_row
from tests.integration.providers.pausing import has_status, is_paused
from tests.vertex import GCS, LITE, World, simulated

PICTURES = "gemini-nano-banana-2.1"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path) as world:
        yield world


@asynccontextmanager
async def rendering(world: World, database_url: str, home: Path, *, gcs: bool = True) -> AsyncIterator[None]:
    made = world.veo(gcs=gcs, patience=5.0), world.gemini()
    async with executing(database_url, home, *made, models={JobKind.VIDEO: LITE}):
        yield


async def insert(database: Database, prompt: str) -> UUID:
    return await insert_job(database, prompt=prompt, duration_seconds=4.0, resolution="720p")


@pytest.mark.parametrize("gcs", [True, False])
async def test_a_row_becomes_a_clip_of_veos(
    database: Database, database_url: str, home: Path, world: World, gcs: bool
) -> None:
    async with rendering(world, database_url, home, gcs=gcs):
        row = await rests(database, await insert(database, "a fox"))

    assert (row["status"], row["error_message"]) == ("completed", None)
    assert (row["provider"], row["model"]) == ("veo3", LITE)
    assert row["actual_cost"] == Decimal("0.200000"), "4 s at 0.05 USD: Google reports no cost"
    assert (home / "storage" / row["storage_path"]).stat().st_size == row["size_bytes"]
    assert row["provider_job_id"] in world.simulator.operations.running
    (attempt,) = await attempt_rows(database, row["id"])
    folder = f"{GCS}/{row['id']}/{attempt['id']}/" if gcs else ""
    assert world.simulator.ledger.paid_by_storage_uri() == {folder: 1}


@pytest.mark.parametrize("fault", ["drop_after_accept", "error_after_accept", "empty_200"])
async def test_a_lost_answer_is_found_in_the_bucket_and_paid_once(
    database: Database, database_url: str, home: Path, world: World, fault: str
) -> None:
    async with rendering(world, database_url, home):
        row = await rests(database, await insert(database, f"a fox [sim:{fault}]"))

    assert (row["status"], row["error_message"]) == ("completed", None)
    (attempt,) = await attempt_rows(database, row["id"])
    assert attempt["state"] == "succeeded"
    ledger = world.simulator.ledger
    assert ledger.paid_by_storage_uri() == {f"{GCS}/{row['id']}/{attempt['id']}/": 1}
    assert ledger.paid_by_label("job") == {str(row["id"]): 1}
    assert len(ledger.submits) == 1


async def test_a_refused_submit_is_made_again_and_paid_once(
    database: Database, database_url: str, home: Path, world: World
) -> None:
    async with rendering(world, database_url, home):
        row = await rests(database, await insert(database, "a fox [sim:unavailable=1]"))

    assert row["status"] == "completed"
    assert row["attempt_count"] == 1, "a refusal uses up no retry"
    states = [attempt["state"] for attempt in await attempt_rows(database, row["id"])]
    assert states == ["rejected", "succeeded"]
    assert len(world.simulator.ledger.accepted) == 1


async def test_a_blocked_clip_costs_nothing_and_waits_for_a_person(
    database: Database, database_url: str, home: Path, world: World
) -> None:
    async with rendering(world, database_url, home):
        row = await rests(database, await insert(database, "a fox [sim:filtered]"))

    assert (row["status"], row["error_code"]) == ("failed", "content_blocked")
    assert "Support codes: 64151117" in row["error_message"]
    (attempt,) = await attempt_rows(database, row["id"])
    assert attempt["actual_cost"] == Decimal(0)


async def test_polls_and_downloads_may_fail_for_a_while(
    database: Database, database_url: str, home: Path, world: World
) -> None:
    faults = "poll_error=1,download_error=5,slow_bucket=0.3"
    async with rendering(world, database_url, home):
        row = await rests(database, await insert(database, f"a fox [sim:{faults}]"))

    assert (row["status"], row["error_message"]) == ("completed", None)
    assert len(world.simulator.ledger.accepted) == 1


async def test_a_row_becomes_a_picture_of_geminis(
    database: Database, database_url: str, home: Path, world: World
) -> None:
    async with rendering(world, database_url, home):
        job = await insert_job(database, kind="image", duration_seconds=None)
        row = await rests(database, job)

    assert (row["status"], row["error_message"]) == ("completed", None)
    assert (row["provider"], row["model"]) == ("gemini", PICTURES)
    assert row["actual_cost"] == Decimal("0.033600")
    assert (home / "storage" / row["storage_path"]).read_bytes().startswith(b"\x89PNG")
    assert world.simulator.ledger.images == 1


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing.REVOKED, "credentials"),
        (Standing.NO_CREDITS, "out of credits"),
        (Standing.FORBIDDEN, "may not"),
    ],
)
async def test_an_account_that_goes_bad_pauses_google_and_fails_nothing(
    database: Database, database_url: str, home: Path, world: World, standing: Standing, reason: str
) -> None:
    async with rendering(world, database_url, home):
        running = await insert(database, "a fox [sim:delay=6]")
        ledger = world.simulator.ledger
        await eventually(lambda: has_status(database, running, "generating"), 30)
        world.simulator.stand(standing)
        late = await insert(database, "a hare")

        await eventually(lambda: is_paused(database, "veo3", reason), 30)
        assert (await job_row(database, late))["status"] == "queued"
        assert (await job_row(database, running))["status"] in {"generating", "uploading", "completed"}
        world.simulator.stand(Standing.GOOD)
        for job in (running, late):
            row = await rests(database, job)
            assert (row["status"], row["error_code"], row["attempt_count"]) == ("completed", None, 1)
    assert len(ledger.accepted) == 2


async def test_a_worthless_key_is_refused_at_the_start(database_url: str, home: Path, world: World) -> None:
    world.simulator.stand(Standing.REVOKED)
    with pytest.raises(ConfigurationError, match=r"VIDEO_PROVIDER is 'veo3'; Google does not accept our"):
        async with rendering(world, database_url, home):
            pass
