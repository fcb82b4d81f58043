"""What an executor's statements read while thousands of jobs are in living executors' hands."""

from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from db.queue import PostgresQueue
from tests.factories import lane
from tests.integration.db.test_plans import ACTS, FILL, ME, Place, Plan, Rehearsal, plans

IN_HAND = 5_000
HOLD = """
SET session_replication_role = replica;
UPDATE video_generation_jobs SET claimed_by = '{me}', claim_token = gen_random_uuid() WHERE in_hand;
INSERT INTO executors (id, name, host, pid) VALUES (gen_random_uuid(), 'silent', 'h', 2);
INSERT INTO video_generation_jobs (project_id, scene_id, status, in_hand, slot_held, provider, model,
    claimed_by, claim_token, provider_job_id)
SELECT s.project_id, s.id, 'generating', true, true, 'mock', 'mock-1', '{me}', gen_random_uuid(), 'x'
FROM (SELECT project_id, id FROM scenes WHERE position = 4 ORDER BY id LIMIT 1) s, generate_series(1, {many});
UPDATE executors SET heartbeat_at = '-infinity' WHERE name = 'silent';
"""


@pytest.fixture
def busy(database_url: str) -> str:
    """A database where one executor holds everything, and another one is gone and holds nothing."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(FILL.format(projects=500, me=ME.id))
        connection.execute(HOLD.format(me=ME.id, many=IN_HAND))
        connection.execute("VACUUM ANALYZE")
    return database_url


@pytest.mark.parametrize("mode", ["custom", "generic"])
@pytest.mark.parametrize("act", ["adopt", "beat", "claim one", "collect", "apply moves"])
async def test_what_others_hold_costs_nothing(busy: str, act: str, mode: str) -> None:
    for plan in await plans(busy, mode, ACTS[act][0]):
        assert plan.thrown_away + read(plan) < IN_HAND / 10, plan.statement


WAIT = """
INSERT INTO video_generation_jobs (project_id, scene_id, provider, queued_at, priority)
SELECT s.project_id, s.id, 'other', now(), 5 FROM scenes s, generate_series(1, 5)
"""


@pytest.mark.parametrize("mode", ["custom", "generic"])
@pytest.mark.parametrize("default", [True, False])
async def test_what_waits_for_other_providers_costs_nothing(busy: str, *, default: bool, mode: str) -> None:
    """A claim holds its gate meanwhile; it finds nothing, or a few jobs behind thousands of others."""
    with psycopg.connect(busy, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(WAIT)
        connection.execute("VACUUM ANALYZE")

    async def claim(database: Rehearsal, _: Place) -> object:
        provider = "mock" if default else "idle"
        return await PostgresQueue(database).claim(
            ME.id, lane(1000, provider=provider, is_default=default), 10
        )

    for plan in await plans(busy, mode, claim):
        assert plan.thrown_away + read(plan) < 500, plan.statement


def read(plan: Plan) -> float:
    """Count the jobs that were read and wanted."""
    jobs = [node for node in plan.nodes if node.get("Relation Name") == "video_generation_jobs"]
    found: list[float] = [node["Actual Rows"] * node["Actual Loops"] for node in jobs if _scans(node)]
    return sum(found)


def _scans(node: Mapping[str, Any]) -> bool:
    return "Scan" in node["Node Type"]


TELL = """
INSERT INTO job_events (project_id, type, sequence)
SELECT md5((n % 10)::text)::uuid, 'job.queued', CASE WHEN n <= 60000 THEN 1 + n / 10 END
FROM generate_series(0, 64000) n
"""


@pytest.mark.parametrize("mode", ["custom", "generic"])
async def test_numbering_reads_no_event_that_has_its_number(database_url: str, mode: str) -> None:
    """Neither where a batch has thousands of them."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(FILL.format(projects=1, me=ME.id))
        connection.execute(TELL)
        connection.execute("VACUUM ANALYZE")

    async def number(database: Rehearsal, _: Place) -> object:
        return await PostgresQueue(database).number_events()

    *_, numbering = await plans(database_url, mode, number)
    assert "ix_job_events_unnumbered" in numbering.indexes
    assert "job_events" not in numbering.scanned


@pytest.mark.parametrize("mode", ["custom", "generic"])
async def test_a_large_claim_compares_no_job_with_each_other(busy: str, mode: str) -> None:
    """How many are claimed is decided by the gate, which the planner knows nothing of."""
    with psycopg.connect(busy, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("INSERT INTO gates (provider, kind) VALUES ('other', 'video')")
        connection.execute(WAIT)
        connection.execute("VACUUM ANALYZE")

    async def claim(database: Rehearsal, _: Place) -> object:
        other = lane(1000, provider="other", is_default=False)
        claims = await PostgresQueue(database).claim(ME.id, other, 300)
        assert len(claims) == 300
        return claims

    for plan in await plans(busy, mode, claim):
        compared = sum(
            node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"] for node in plan.nodes
        )
        assert compared < 3_000, plan.statement
