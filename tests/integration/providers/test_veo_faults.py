"""Every fault that the simulated Vertex AI knows, played to a whole executor: how it ends, what was paid."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.engine import Database
from domain.statuses import JobKind
from providers.simulators.veo.script import Fault
from providers.veo3.adapter import VeoProvider
from tests.executing import executing
from tests.factories import attempt_rows
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
from tests.vertex import LITE, World, simulated

MODELS = {JobKind.VIDEO: LITE}
TABLE = [
    refused("invalid", "invalid_request"),
    refused("blocked", "content_blocked"),
    again("precondition=1", "permission"),
    again("wrong_project=1", "permission"),
    # A renewed token is tried in the same attempt; two refusals are about the account.
    fine("unauthorized=1"),
    again("unauthorized=2", "auth"),
    again("permission=1", "permission"),
    again("billing=1", "quota_or_billing"),
    refused("model_gone", "model_unavailable"),
    again("rate_limited=1", "rate_limited"),
    again("no_quota=1", "quota_or_billing"),
    again("unavailable=1", "provider_transient"),
    fine("error_after_accept"),
    fine("drop_after_accept"),
    fine("hang_after_accept"),
    fine("empty_200"),
    again("array,unavailable=1,poll_error=1", "provider_transient"),
    fine("delay=0.5"),
    retried("fail", "provider_failed"),
    retried("fail=14", "provider_transient"),
    retried("fail=8", "rate_limited"),
    ended("fail=3", "invalid_request"),
    ended("fail=7", "permission"),
    ended("fail=16", "auth"),
    ended("blocked_late", "content_blocked"),
    ended("filtered", "content_blocked"),
    ended("partial", "content_blocked"),
    ended("no_video", "result_missing"),
    retried("no_reason", "provider_failed", kind="image"),
    fine("old_schema"),
    fine("poll_error=2"),
    fine("poll_missing=2"),
    fine("forgotten"),
    # What is in a bucket of ours does not expire by itself: somebody took it away.
    ended("expired", "result_missing"),
    fine("download_error=1"),
    fine("slow_bucket=0.3"),
]
LOST = [
    unknown("proxy_503"),
    unknown("status=408"),
    unknown("status=500"),
    unknown("status=502"),
    unknown("status=504"),
    unknown("drop"),
]
INLINE = [
    fine("delay=0.2"),
    fine("old_schema"),
    fine("download_error=1"),
    ended("expired", "result_expired"),
]
INLINE_LOST = [
    # Without a bucket there is nothing to look in: found by nobody, and not asked for again.
    Row("drop_after_accept", "failed", "submit_unknown", (("unknown", "submit_unknown"),), 1),
]
NEVER = Row("never", "failed", "deadline_exceeded", (("accepted", None),), 1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path) as world:
        yield world


def patient(world: World, *, gcs: bool = True) -> VeoProvider:
    """Give the adapter with a submit that is given up soon."""
    provider = world.veo(gcs=gcs, patience=3.0)
    provider._vertex._submits.timeout = httpx.Timeout(3.0)
    return provider


def accepted(world: World, job: object) -> list[str]:
    """Give the attempt of each generation that was started for a job."""
    own = [one.labels for one in world.simulator.ledger.accepted if one.labels.get("job") == str(job)]
    return [labels["attempt"] for labels in own]


def test_every_fault_has_a_row() -> None:
    every_fault_has_a_row([*TABLE, *LOST, NEVER], Fault)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("table", "settings", "gcs"),
    [(TABLE, QUICK, True), (LOST, BRIEF, True), (INLINE, QUICK, False), (INLINE_LOST, BRIEF, False)],
    ids=["bucket", "bucket, lost", "inline", "inline, lost"],
)
async def test_every_fault_ends_as_it_should(
    database: Database,
    database_url: str,
    home: Path,
    world: World,
    subtests: pytest.Subtests,
    table: list[Row],
    settings: Mapping[str, Any],
    gcs: bool,
) -> None:
    made = patient(world, gcs=gcs), world.gemini()
    running = executing(database_url, home, *made, models=MODELS, image_concurrency=10, **settings)
    jobs = await play(table, running, database, duration_seconds=4.0, resolution="720p")
    for row, job in jobs.items():
        with subtests.test(row.fault):
            await check(row, job, database, accepted(world, job["id"]))


@pytest.mark.timeout(200)
async def test_a_generation_that_never_ends_is_given_up_and_not_made_again(
    database: Database, database_url: str, home: Path, world: World
) -> None:
    provider = patient(world)
    provider.models = {name: replace(able, longest_seconds=1.0) for name, able in provider.models.items()}
    running = executing(database_url, home, provider, models=MODELS, **QUICK)
    jobs = await play([NEVER], running, database, duration_seconds=4.0, resolution="720p")
    assert (jobs[NEVER]["status"], jobs[NEVER]["error_code"]) == ("failed", "deadline_exceeded")
    (attempt,) = await attempt_rows(database, jobs[NEVER]["id"])
    assert attempt["state"] == "accepted", "it may still end, and be billed"
    assert len(world.simulator.ledger.accepted) == 1
