"""Limits hold over all executors together, and settings do what they say."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from domain.statuses import JobKind
from tests.acceptance.films import (
    Connection,
    attempts,
    connect,
    insert,
    job,
    ledger,
    most_at_once,
    statuses,
)
from tests.acceptance.processes import Processes
from tests.acceptance.waiting import until


@pytest.fixture
def table(database_url: str) -> Iterator[Connection]:
    with connect(database_url) as connection:
        yield connection


def start(rushes: Processes, count: int, **settings: str) -> None:
    """Start executors and wait until all of them claim."""
    for process in [rushes("executor", **settings) for _ in range(count)]:
        process.wait_for("executor_ready")


def all_completed(table: Connection, count: int) -> bool:
    """Tell whether so many jobs are completed and there are no others."""
    return statuses(table) == {"completed": count}


def limited(limit: int) -> dict[str, str]:
    return {"VIDEO_CONCURRENCY": str(limit), "IMAGE_CONCURRENCY": str(limit)}


def test_limits_are_made_use_of(rushes: Processes, table: Connection, home: Path) -> None:
    """As many at once as are allowed: nothing ends here, so that all of them are there at the same time."""
    start(rushes, 2, MOCK_DELAY_SECONDS="600", **limited(3))
    for _ in range(5):
        insert(table, seconds=0.5)
        insert(table, kind="image", seconds=0.5)
    until(lambda: statuses(table) == {"generating": 6, "queued": 4}, what="three clips and three images")
    assert Counter(entry.request.kind for entry in ledger(home).accepted()) == {"video": 3, "image": 3}


@pytest.mark.parametrize("limit", [1, 3])
def test_limits_hold_over_two_executors(rushes: Processes, table: Connection, home: Path, limit: int) -> None:
    start(rushes, 2, MOCK_DELAY_SECONDS="0.3", **limited(limit))
    for _ in range(8):
        insert(table, seconds=0.5, resolution="480p")
        insert(table, kind="image", seconds=0.5)
    until(lambda: all_completed(table, 16), what="eight clips and eight images")
    accepted = ledger(home).accepted()
    for kind in JobKind.IMAGE, JobKind.VIDEO:
        assert most_at_once([entry for entry in accepted if entry.request.kind is kind]) <= limit


def test_the_provider_is_chosen_by_the_setting_and_frozen(rushes: Processes, table: Connection) -> None:
    free, named = insert(table, seconds=0.5), insert(table, seconds=0.5, provider="mock", model="mock-1")
    elsewhere = insert(table, seconds=0.5, provider="some-plug-in")
    start(rushes, 1, VIDEO_PROVIDER="mock")
    until(lambda: statuses(table) == {"completed": 2, "queued": 1}, what="the two that the mock makes")
    assert job(table, free)["provider"] == job(table, named)["provider"] == "mock"
    assert job(table, free)["model"] == "mock-1"
    assert job(table, elsewhere)["attempt_count"] == 0, "nobody here is configured for its provider"


def test_an_unknown_provider_stops_the_start(rushes: Processes) -> None:
    process = rushes("executor", VIDEO_PROVIDER="veo9")
    assert process.wait() == 2
    said = process.output()
    assert "VIDEO_PROVIDER" in said
    assert "'veo9'" in said
    assert "mock" in said


def test_a_forced_failure_is_made_again_and_no_more_than_allowed(
    rushes: Processes, table: Connection, home: Path
) -> None:
    once = insert(table, prompt="a storm [mock:fail=1]", seconds=0.5)
    always = insert(table, prompt="a storm [mock:fail]", seconds=0.5, max_retries=1)
    start(rushes, 1)
    until(lambda: statuses(table) == {"completed": 1, "failed": 1}, what="both to rest")

    made = job(table, once)
    assert made["attempt_count"] == 2
    assert made["storage_path"].endswith(f"/{once}-2.mp4"), "each attempt has a key of its own"
    assert [row["state"] for row in attempts(table, once)] == ["failed", "succeeded"]
    given_up = job(table, always)
    assert given_up["error_code"] == "provider_failed"
    assert given_up["attempt_count"] == 2
    assert len(ledger(home).accepted(always)) == 2, "1 + max_retries generations, and no more"


def test_a_row_that_cannot_be_run_fails_alone(rushes: Processes, table: Connection) -> None:
    scene = uuid4()
    impossible = {
        insert(table, seconds=-3.0): "duration_seconds",
        insert(table, seconds=1e300): "duration_seconds",
        insert(table, seconds=float("nan")): "duration_seconds",
        insert(table, prompt=""): "prompt",
        insert(table, seconds=0.5, aspect_ratio="7:3"): "aspect_ratio",
        insert(table, seconds=0.5, model="no-such-model"): "model",
        insert(table, seconds=0.5, prompt="x [mock:no-such-marker]"): "no-such-marker",
    }
    good = insert(table, seconds=0.5, scene_id=scene)
    stolen = insert(table, seconds=0.5, scene_id=scene)
    start(rushes, 1)
    until(lambda: job(table, good)["status"] == "completed", what="the job that can be run")
    until(lambda: statuses(table) == {"completed": 1, "failed": 8}, what="the others")
    for made, named in impossible.items():
        row = job(table, made)
        assert row["error_code"] == "invalid_request"
        assert named in row["error_message"]
    assert "another project" in job(table, stolen)["error_message"]
