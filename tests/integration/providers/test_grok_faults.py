"""Every fault that the simulated xAI knows, played to a whole executor: how it ends, and what was paid."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.engine import Database
from providers.grok.adapter import GrokVideos
from providers.simulators.grok.faults import Fault
from tests.executing import executing
from tests.factories import attempt_rows
from tests.grok_server import Simulator, simulating
from tests.integration.providers.fault_rows import (
    BRIEF,
    QUICK,
    Row,
    again,
    check,
    ended,
    every_fault_has_a_row,
    fine,
    play,
    refused,
    retried,
    unknown,
)

TABLE = [
    again("no_credentials=1", "auth"),
    again("wrong_key=1", "auth"),
    again("rate_limited=1", "rate_limited"),
    again("no_credits=1", "quota_or_billing"),
    again("no_credits_429=1", "quota_or_billing"),
    again("forbidden=1", "permission"),
    refused("blocked", "content_blocked"),
    refused("blocked_400", "content_blocked"),
    refused("invalid", "invalid_request"),
    refused("plain_error", "invalid_request"),
    refused("zero_retention", "invalid_request"),
    refused("model_gone", "model_unavailable"),
    refused("schema", "invalid_request"),
    fine("drop_after_accept"),
    fine("error_after_accept"),
    fine("garbage_after_accept"),
    fine("no_id_after_accept"),
    fine("hang_after_accept"),
    fine("delay=0.5"),
    retried("failed=internal_error", "provider_failed"),
    retried("failed=service_unavailable", "provider_transient"),
    ended("failed=invalid_argument", "invalid_request"),
    ended("failed=failed_precondition", "invalid_request"),
    ended("failed=permission_denied", "permission"),
    ended("error_string", "content_blocked"),
    ended("moderated", "content_blocked"),
    ended("moderated_failed", "content_blocked"),
    ended("expired", "result_expired"),
    ended("no_url", "result_missing"),
    fine("no_status"),
    fine("no_cost"),
    fine("odd_status=2"),
    fine("poll_error=2"),
    fine("poll_limited=1"),
    ended("poll_refused", "invalid_request"),
    fine("poll_wrong_key=1"),
    fine("poll_drop=2"),
    fine("poll_garbage=2"),
    fine("not_found=2"),
    fine("download_error=1"),
    fine("download_drop=1"),
    ended("gone", "result_expired"),
    fine("url_expired"),
    fine("not_stored"),
]
LOST = [unknown("unavailable"), unknown("drop_before_accept")]
NEVER = Row("never", "failed", "deadline_exceeded", (("accepted", None),), 1)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with simulating(tmp_path / "xai") as served:
        yield served


def patient(simulator: Simulator) -> GrokVideos:
    """Give the adapter with a submit that is given up soon."""
    provider = simulator.videos()
    provider._xai._submits.timeout = httpx.Timeout(3.0)
    return provider


def test_every_fault_has_a_row() -> None:
    every_fault_has_a_row([*TABLE, *LOST, NEVER], Fault)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("table", "settings"), [(TABLE, QUICK), (LOST, BRIEF)], ids=["found", "lost"])
async def test_every_fault_ends_as_it_should(
    database: Database,
    database_url: str,
    home: Path,
    simulator: Simulator,
    subtests: pytest.Subtests,
    table: list[Row],
    settings: Mapping[str, Any],
) -> None:
    running = executing(database_url, home, patient(simulator), **settings)
    jobs = await play(table, running, database, duration_seconds=1.0, resolution="480p")
    with simulator.books() as ledger:
        books = ledger.all()
    for row, job in jobs.items():
        with subtests.test(row.fault):
            own = [one for one in books if one.prompt == row.prompt]
            await check(row, job, database, [one.filename for one in own])
            if row.status == "completed":
                assert job["actual_cost"] == Decimal(own[0].ticks) / 10**10, "as xAI charged"


@pytest.mark.timeout(200)
async def test_a_generation_that_never_ends_is_given_up_and_not_made_again(
    database: Database, database_url: str, home: Path, simulator: Simulator
) -> None:
    provider = patient(simulator)
    provider.models = {name: replace(able, longest_seconds=1.0) for name, able in provider.models.items()}
    running = executing(database_url, home, provider, **QUICK)
    jobs = await play([NEVER], running, database, duration_seconds=1.0, resolution="480p")
    with simulator.books() as ledger:
        (accepted,) = ledger.all()
    found = [one["state"] for one in await attempt_rows(database, jobs[NEVER]["id"])]
    assert (jobs[NEVER]["status"], jobs[NEVER]["error_code"]) == ("failed", "deadline_exceeded")
    assert found == ["accepted"], "it may still end, and be billed"
    assert accepted.prompt == NEVER.prompt
