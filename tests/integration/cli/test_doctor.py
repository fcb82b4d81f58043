"""What the doctor finds on a machine that is well, and on one that is not."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from tests.acceptance.films import connect, insert
from tests.integration.cli.conftest import Rushes


def marks(printed: str) -> dict[str, str]:
    """Give each finding's mark by its name; the gravest where there are several."""
    found: dict[str, str] = {}
    for line in printed.splitlines():
        if line[:1] in {"✓", "!", "✗"}:
            name = line[2:16].strip()
            found[name] = max(found.get(name, ""), line[0], key=["", "✓", "!", "✗"].index)
    return found


def test_a_machine_that_is_well(rushes: Rushes) -> None:
    result = rushes("doctor")
    assert result.exit_code == 0, result.output
    found = marks(result.stdout)
    assert found.pop("executors") == "!"
    assert set(found) >= {
        "settings", "home", "database", "migrations", "clock", "storage", "mock (image)", "mock (video)",
    }  # fmt: skip
    assert "✗" not in found.values()
    assert result.stdout.endswith("All is well.\n")


def test_jobs_that_nobody_takes_are_a_fault(rushes: Rushes, database_url: str) -> None:
    with connect(database_url) as connection:
        insert(connection)
    result = rushes("doctor")
    assert result.exit_code == 1
    assert "✗ executors     none is alive; 1 jobs are waiting" in result.stdout
    assert "→ run: rushes executor" in result.stdout


@pytest.mark.parametrize(
    ("settings", "name", "said"),
    [
        ({"VIDEO_CONCURRENCY": "many"}, "settings", "VIDEO_CONCURRENCY is 'many'"),
        ({"VIDEO_PROVIDER": "nobody"}, "providers", "VIDEO_PROVIDER is 'nobody'"),
        ({"STORAGE_URL": "ftp://x"}, "storage", "STORAGE_URL is 'ftp://x'"),
        (
            {"DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/d"},
            "database",
            "the database is not available",
        ),
    ],
)
def test_one_fault_is_named_with_its_mend_and_hides_no_other(
    rushes: Rushes, settings: dict[str, str], name: str, said: str
) -> None:
    result = rushes("doctor", **settings)
    found = marks(result.stdout)
    assert result.exit_code == 1
    assert (found[name], said in result.stdout) == ("✗", True)
    assert found["home"] == "✓"
    assert "→ " in result.stdout
    assert "secret" not in result.output


def test_a_database_without_a_schema_is_told_how_to_get_one(rushes: Rushes, empty_database_url: str) -> None:
    result = rushes("doctor", DATABASE_URL=empty_database_url)
    assert marks(result.stdout)["migrations"] == "✗"
    assert "→ run: rushes migrate" in result.stdout


def test_executors_that_disagree_are_named(rushes: Rushes, database_url: str) -> None:
    with connect(database_url) as connection:
        for name, limit in (("one:1", 3), ("two:2", 5)):
            lane = {
                "kind": "video",
                "provider": "mock",
                "model": "mock-1",
                "limit": limit,
                "is_default": True,
                "rates": {"mock-1": {"model": "mock-1", "submits": limit / 2, "polls": None}},
            }
            connection.execute(
                "INSERT INTO executors (id, name, host, pid, settings) VALUES (%s, %s, 'h', 1, %s)",
                (uuid4(), name, json.dumps({"lanes": [lane], "storage_url": "s3://b", "credits": "on"})),
            )
    result = rushes("doctor")
    assert result.exit_code == 1
    assert "VIDEO_CONCURRENCY for mock video is 3 on one:1; 5 on two:2" in result.stdout
    assert "VIDEO_SUBMITS_PER_SECOND for mock mock-1 is 1.5 on one:1; 2.5 on two:2" in result.stdout
    assert "POLLS_PER_SECOND" not in result.stdout
    assert "STORAGE_URL" not in result.stdout
    assert "CREDITS is off here" in result.stdout
    assert "but not on one:1, two:2" in result.stdout
    assert "CREDITS" not in rushes("doctor", CREDITS="on").stdout


def test_jobs_of_a_provider_that_nobody_has_are_named(rushes: Rushes, database_url: str) -> None:
    lane = {"kind": "video", "provider": "mock", "model": "mock-1", "limit": 3, "is_default": True}
    with connect(database_url) as connection:
        connection.execute(
            "INSERT INTO executors (id, name, host, pid, settings) VALUES (%s, 'one:1', 'h', 1, %s)",
            (uuid4(), json.dumps({"lanes": [lane]})),
        )
        connection.execute(
            "INSERT INTO video_generation_jobs (project_id, scene_id, provider, status, in_hand) "
            "VALUES (%(p)s, %(s)s, 'acme', 'queued', false), (%(p)s, %(s)s, 'acme', 'processing', true), "
            "(%(p)s, %(s)s, 'mock', 'processing', true)",
            {"p": uuid4(), "s": uuid4()},
        )
    result = rushes("doctor")
    assert result.exit_code == 1
    assert "1 begun, and no living executor has this provider" in result.stdout
    assert "1 are waiting for it, and no living executor has it" in result.stdout
    assert marks(result.stdout)["acme (video)"] == "✗"
    assert marks(result.stdout)["mock (video)"] == "✓"


def test_a_paused_provider_is_named_with_the_reason(rushes: Rushes, database_url: str) -> None:
    with connect(database_url) as connection:
        connection.execute(
            "INSERT INTO gates (provider, kind, in_flight, paused_until, paused_reason)"
            " VALUES ('mock', 'video', 0, now() + interval '1 hour', 'Out of credits.')"
        )
    result = rushes("doctor")
    assert result.exit_code == 1
    assert "Out of credits." in result.stdout


def test_a_home_that_cannot_be_written_is_a_fault(rushes: Rushes, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = rushes("doctor", RUSHES_HOME=str(tmp_path / "file"))
    assert result.exit_code == 1
    assert marks(result.stdout)["home"] == "✗"
