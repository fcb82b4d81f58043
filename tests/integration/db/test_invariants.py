"""What the database itself refuses, whatever a program does."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import CheckConstraint, Table

from db import tables

NEW = {"project_id": "gen_random_uuid()", "scene_id": "gen_random_uuid()"}
HELD = {**NEW, "status": "'processing'", "in_hand": "true"}
DONE = {
    **NEW,
    "status": "'completed'",
    "finished_at": "now()",
    "completed_at": "now()",
    "storage_path": "'k'",
    "video_url": "'u'",
    "sha256": "'0'",
    "size_bytes": "1",
}
FAILED = {**NEW, "status": "'failed'", "finished_at": "now()", "error_code": "'auth'"}

VALID: dict[str, dict[str, str]] = {
    "queued": NEW,
    "waiting": {**NEW, "status": "'waiting'"},
    "processing": {
        **HELD,
        "slot_held": "true",
        "claimed_by": "gen_random_uuid()",
        "claim_token": "gen_random_uuid()",
    },
    "in nobody's hands": HELD,
    "generating": {**HELD, "status": "'generating'", "provider_job_id": "'h'"},
    "a film is generated here": {**HELD, "status": "'generating'", "kind": "'film'", "scene_id": "NULL"},
    "uploading": {**HELD, "status": "'uploading'", "provider_job_id": "'h'"},
    "completed": DONE,
    "failed": FAILED,
    "cancelled": {**NEW, "status": "'cancelled'", "finished_at": "now()"},
    "stopping": {
        **NEW,
        "status": "'cancelled'",
        "finished_at": "now()",
        "in_hand": "true",
        "slot_held": "true",
    },
}

JOBS: dict[str, tuple[dict[str, str], str]] = {
    "unknown kind": ({**NEW, "kind": "'audio'"}, "kind"),
    "unknown status": ({**NEW, "status": "'paused'"}, "status"),
    "a clip without a scene": ({**NEW, "scene_id": "NULL"}, "scene_unless_film"),
    "progress below": ({**NEW, "progress": "-1"}, "progress"),
    "progress above": ({**NEW, "progress": "101"}, "progress"),
    "negative attempts": ({**NEW, "attempt_count": "-1"}, "counts"),
    "negative claims": ({**NEW, "claim_count": "-1"}, "counts"),
    "negative uploads": ({**NEW, "upload_count": "-1"}, "counts"),
    "negative retries": ({**NEW, "max_retries": "-1"}, "counts"),
    "finished while queued": ({**NEW, "finished_at": "now()"}, "finished_when_final"),
    "failed and not finished": ({**FAILED, "finished_at": "NULL"}, "finished_when_final"),
    "cancelled and not finished": ({**NEW, "status": "'cancelled'"}, "finished_when_final"),
    "queued in hand": ({**NEW, "in_hand": "true"}, "in_hand"),
    "processing in no hand": ({**HELD, "in_hand": "false"}, "in_hand"),
    "completed in hand": ({**DONE, "in_hand": "true"}, "in_hand"),
    "failed in hand": ({**FAILED, "in_hand": "true"}, "in_hand"),
    "claimed and not in hand": (
        {**NEW, "claimed_by": "gen_random_uuid()", "claim_token": "gen_random_uuid()"},
        "claimed_in_hand",
    ),
    "claimed without a token": ({**HELD, "claimed_by": "gen_random_uuid()"}, "claimed_in_hand"),
    "a place without a hand": ({**NEW, "slot_held": "true"}, "slot_in_hand"),
    "a place while uploading": (
        {**HELD, "status": "'uploading'", "provider_job_id": "'h'", "slot_held": "true"},
        "slot_in_hand",
    ),
    "completed, not stored": ({**DONE, "storage_path": "NULL"}, "completed_is_stored"),
    "completed, no URL": ({**DONE, "video_url": "NULL"}, "completed_is_stored"),
    "completed, no hash": ({**DONE, "sha256": "NULL"}, "completed_is_stored"),
    "completed, no bytes": ({**DONE, "size_bytes": "0"}, "completed_is_stored"),
    "completed, no moment": ({**DONE, "completed_at": "NULL"}, "completed_is_stored"),
    "failed without a reason": ({**FAILED, "error_code": "NULL"}, "failed_says_why"),
    "generating without a handle": ({**HELD, "status": "'generating'"}, "generating_has_handle"),
    "uploading without a handle": ({**HELD, "status": "'uploading'"}, "generating_has_handle"),
}


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url) as made:
        yield made


def insert(connection: psycopg.Connection, table: str, values: dict[str, str]) -> Any:
    """Insert a row of SQL expressions; give its id, or its first column."""
    names, expressions = ", ".join(values), ", ".join(values.values())
    found = connection.execute(f"INSERT INTO {table} ({names}) VALUES ({expressions}) RETURNING *").fetchone()
    assert found is not None
    return found[0]


@pytest.mark.parametrize("name", VALID)
def test_a_valid_row_is_taken(connection: psycopg.Connection, name: str) -> None:
    insert(connection, "video_generation_jobs", VALID[name])


@pytest.mark.parametrize("name", JOBS)
def test_an_invalid_job_is_refused_by_the_rule_it_breaks(connection: psycopg.Connection, name: str) -> None:
    values, rule = JOBS[name]
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        insert(connection, "video_generation_jobs", values)
    assert caught.value.diag.constraint_name == f"ck_video_generation_jobs_{rule}"


ATTEMPT = {
    "id": "gen_random_uuid()",
    "number": "1",
    "provider": "'mock'",
    "model": "'m'",
    "state": "'intent'",
    "request": "'{}'",
    "landing": "'l'",
}

ATTEMPTS: dict[str, tuple[dict[str, str], str]] = {
    "unknown state": ({"state": "'lost'"}, "ck_job_attempts_state"),
    "number zero": ({"number": "0"}, "ck_job_attempts_number"),
    "accepted without a handle": ({"state": "'accepted'"}, "ck_job_attempts_accepted_has_handle"),
    "a number twice": ({"state": "'failed'"}, "uq_job_attempts_job_id_number"),
    "a second open one": ({"number": "2"}, "uq_job_attempts_one_open_per_job"),
    "of no job": ({"job_id": "gen_random_uuid()"}, "fk_job_attempts_job_id_video_generation_jobs"),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_invalid_attempt_is_refused(connection: psycopg.Connection, name: str) -> None:
    changes, rule = ATTEMPTS[name]
    mine = {**ATTEMPT, "job_id": f"'{insert(connection, 'video_generation_jobs', NEW)}'"}
    if rule.startswith("uq_"):
        insert(connection, "job_attempts", mine)
    with pytest.raises(psycopg.errors.IntegrityError) as caught:
        insert(connection, "job_attempts", {**mine, **changes})
    assert caught.value.diag.constraint_name == rule


@pytest.mark.parametrize("ended", ["rejected", "succeeded", "failed", "abandoned"])
def test_an_attempt_follows_one_that_is_over(connection: psycopg.Connection, ended: str) -> None:
    mine = {**ATTEMPT, "job_id": f"'{insert(connection, 'video_generation_jobs', NEW)}'"}
    insert(connection, "job_attempts", {**mine, "state": f"'{ended}'"})
    insert(connection, "job_attempts", {**mine, "number": "2"})


def shot(connection: psycopg.Connection) -> dict[str, str]:
    """Make a shot; give the columns of a job for it."""
    project = insert(connection, "projects", {"title": "'t'"})
    scene = insert(connection, "scenes", {"project_id": f"'{project}'", "position": "1"})
    made = insert(
        connection,
        "shots",
        {"project_id": f"'{project}'", "scene_id": f"'{scene}'", "position": "1", "label": "'1A'"},
    )
    return {"project_id": f"'{project}'", "scene_id": f"'{scene}'", "shot_id": f"'{made}'"}


@pytest.mark.parametrize("first", ["queued", "waiting", "processing", "generating", "uploading"])
def test_a_shot_has_one_live_job_of_a_kind(connection: psycopg.Connection, first: str) -> None:
    where = shot(connection)
    insert(connection, "video_generation_jobs", {**VALID[first], **where})
    insert(connection, "video_generation_jobs", {**where, "kind": "'image'"})
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        insert(connection, "video_generation_jobs", where)
    assert caught.value.diag.constraint_name == "uq_jobs_one_live_per_shot"


@pytest.mark.parametrize("first", ["completed", "failed", "cancelled", "stopping"])
def test_a_shot_may_have_any_number_of_takes(connection: psycopg.Connection, first: str) -> None:
    where = shot(connection)
    for _ in range(3):
        insert(connection, "video_generation_jobs", {**VALID[first], **where})
    insert(connection, "video_generation_jobs", where)


OTHERS: dict[str, tuple[str, dict[str, str], str]] = {
    "a gate below zero": (
        "gates",
        {"provider": "'m'", "kind": "'video'", "in_flight": "-1"},
        "ck_gates_in_flight",
    ),
    "a gate of no kind": ("gates", {"provider": "'m'", "kind": "'audio'"}, "ck_gates_kind"),
    "a project's status": ("projects", {"status": "'done'"}, "ck_projects_status"),
    "a project's step": ("projects", {"current_step": "'done'"}, "ck_projects_current_step"),
    "a key for nothing": (
        "api_keys",
        {"name": "'n'", "hash": "'h'", "scopes": "'{}'"},
        "ck_api_keys_scopes",
    ),
    "a key for too much": (
        "api_keys",
        {"name": "'n'", "hash": "'h'", "scopes": "'{root}'"},
        "ck_api_keys_scopes",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_rows_have_their_rules(connection: psycopg.Connection, name: str) -> None:
    table, values, rule = OTHERS[name]
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        insert(connection, table, values)
    assert caught.value.diag.constraint_name == rule


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("stage", "6", "ck_scenes_stage"),
        ("stage", "13", "ck_scenes_stage"),
        ("render_status", "'x'", "ck_scenes_render_status"),
    ],
)
def test_scenes_have_their_rules(connection: psycopg.Connection, column: str, value: str, rule: str) -> None:
    project = insert(connection, "projects", {"title": "'t'"})
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        insert(connection, "scenes", {"project_id": f"'{project}'", "position": "1", column: value})
    assert caught.value.diag.constraint_name == rule


UNIQUE: dict[str, tuple[str, dict[str, str]]] = {
    "uq_projects_receipt": ("projects", {"receipt": "'AAAA-0000'"}),
    "uq_api_keys_hash": ("api_keys", {"name": "'n'", "hash": "'h'", "scopes": "'{read}'"}),
    "pk_gates": ("gates", {"provider": "'m'", "kind": "'video'"}),
    "pk_idempotency_keys": ("idempotency_keys", {"caller": "'c'", "key": "'k'", "request_hash": "'h'"}),
    "uq_job_events_sequence": (
        "job_events",
        {"project_id": f"'{uuid4()}'", "type": "'job.queued'", "sequence": "1"},
    ),
}


@pytest.mark.parametrize("name", UNIQUE)
def test_what_there_may_be_once(connection: psycopg.Connection, name: str) -> None:
    table, values = UNIQUE[name]
    insert(connection, table, values)
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        insert(connection, table, values)
    assert caught.value.diag.constraint_name == name


def test_events_without_a_number_are_no_duplicates(connection: psycopg.Connection) -> None:
    for _ in range(2):
        insert(connection, "job_events", {"project_id": f"'{uuid4()}'", "type": "'job.queued'"})


def test_a_project_takes_everything_of_its_own_with_it(connection: psycopg.Connection) -> None:
    where = shot(connection)
    job = insert(connection, "video_generation_jobs", where)
    insert(connection, "job_attempts", {**ATTEMPT, "job_id": f"'{job}'"})
    connection.execute("DELETE FROM projects")
    for table in ("scenes", "shots", "video_generation_jobs", "job_attempts"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@pytest.mark.parametrize("table", [tables.jobs, tables.attempts, tables.gates], ids=str)
def test_every_check_is_broken_here_once(table: Table) -> None:
    """A rule added to these tables wants a row above that breaks it."""
    broken = {f"ck_video_generation_jobs_{rule}" for _, rule in JOBS.values()}
    broken |= {rule for _, rule in ATTEMPTS.values()} | {rule for *_, rule in OTHERS.values()}
    checks = {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}
    assert checks
    assert checks <= broken
