"""What the statements read: with any number of finished jobs, only what they are about.

Blocks and rows are counted, not time: they are the same on every machine. Each statement is taken as its
store sends it, and planned both for its values and, as the server does after a few uses, for any values.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database, Step, Transactions, parse_url
from db.job_moves import JobMovesStore
from db.jobs import JobStore
from db.operations import OperationStore
from db.projects import ProjectStore
from db.queue import PostgresQueue
from domain import moves
from domain.job import Claim
from domain.records import JobFilter
from domain.statuses import JobKind, JobStatus
from tests.database import TEMPLATE, create, drop
from tests.factories import card, claim, lane, result, stored

GROWING = {"video_generation_jobs", "job_attempts", "job_events", "scenes"}
"""Tables that nothing reads from end to end; in the larger database each has hundreds of blocks at least."""
FEW, MANY = 20_000, 200_000
ME = card()
FILL = """
SET session_replication_role = replica;
INSERT INTO projects (id) SELECT gen_random_uuid() FROM generate_series(1, {projects});
INSERT INTO scenes (project_id, position) SELECT p.id, n FROM projects p CROSS JOIN generate_series(1, 4) n;
INSERT INTO video_generation_jobs (project_id, scene_id, status, provider, model, attempt_count, storage_path,
    video_url, sha256, size_bytes, error_code, created_at, run_after, completed_at, finished_at)
SELECT s.project_id, s.id, x.status, 'mock', 'mock-1', 1, 'k', 'u', '0', 1,
    CASE WHEN x.status = 'failed' THEN 'auth' END, x.moment, x.moment,
    CASE WHEN x.status = 'completed' THEN x.moment END, x.moment
FROM (
    SELECT row_number() OVER (ORDER BY id) AS place, id, project_id FROM scenes
) s CROSS JOIN LATERAL (
    SELECT now() - make_interval(secs => n * 60 + s.place * 0.001) AS moment,
           (ARRAY['completed', 'completed', 'completed', 'failed', 'cancelled'])[1 + n % 5] AS status
    FROM generate_series(1, 10) n
) x;
INSERT INTO job_attempts (id, job_id, number, provider, model, state, request, landing)
SELECT gen_random_uuid(), id, 1, 'mock', 'mock-1', 'succeeded', '{{}}', 'l' FROM video_generation_jobs;
INSERT INTO video_generation_jobs (project_id, scene_id, queued_at)
SELECT project_id, id, now() FROM scenes WHERE position = 1 ORDER BY project_id LIMIT 50;
INSERT INTO executors (id, name, host, pid) VALUES ('{me}', 'e', 'h', 1);
INSERT INTO video_generation_jobs (project_id, scene_id, status, in_hand, slot_held, provider, model,
    claimed_by, claim_token)
SELECT project_id, id, 'processing', true, true, 'mock', 'mock-1', '{me}', gen_random_uuid()
FROM scenes WHERE position = 2 ORDER BY project_id LIMIT 25;
INSERT INTO video_generation_jobs (project_id, scene_id, status, in_hand, provider, model)
SELECT project_id, id, 'processing', true, 'mock', 'mock-1'
FROM scenes WHERE position = 3 ORDER BY project_id LIMIT 25;
INSERT INTO gates (provider, kind, in_flight) VALUES ('mock', 'video', 25);
"""


@pytest.fixture
def urls(database_server: str) -> Iterator[dict[int, str]]:
    """Two databases with the same few live jobs and very different numbers of finished ones."""
    made = {count: create(database_server, TEMPLATE) for count in (FEW, MANY)}
    for count, url in made.items():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(FILL.format(projects=count // 40, me=ME.id))
            connection.execute("VACUUM ANALYZE")
    yield made
    for url in made.values():
        drop(url, database_server)


class Rehearsal(Database):
    """A database in which nothing is ever committed, and every statement is kept."""

    def __init__(self, url: str) -> None:
        super().__init__(parse_url(url), name="rushes-plans", pool_size=1)
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        event.listen(self.engine.sync_engine, "before_cursor_execute", self._keep)

    def _keep(self, *sent: Any) -> None:
        self.sent.append((sent[2], sent[3]))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self.engine.connect() as connection:
            yield connection
            await connection.rollback()

    async def together(self, *steps: Step) -> list[Sequence[Any]]:
        return await Transactions.together(self, *steps)


class Plan:
    """One executed plan."""

    def __init__(self, statement: str, root: Mapping[str, Any]) -> None:
        self.statement = statement
        self.nodes = list(_walk(root))
        self.blocks: int = root["Shared Hit Blocks"] + root["Shared Read Blocks"]

    @property
    def indexes(self) -> set[str]:
        return {node["Index Name"] for node in self.nodes if "Index Name" in node}

    @property
    def scanned(self) -> set[str]:
        """Tables read from end to end."""
        return {node["Relation Name"] for node in self.nodes if node["Node Type"] == "Seq Scan"}

    @property
    def thrown_away(self) -> int:
        """Rows that were read and then not wanted."""
        names = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
        return sum(int(node.get(name, 0) * node["Actual Loops"]) for node in self.nodes for name in names)


def _walk(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _walk(child)


def explain(url: str, mode: str, statement: str, values: Mapping[str, Any]) -> Plan:
    """Execute a statement that was sent, as a prepared one, and give its plan; nothing is committed."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", statement)
    literals = sql.SQL(", ").join(sql.Literal(values[name]) for name in names)
    with psycopg.connect(url) as connection:
        connection.execute(f"SET plan_cache_mode = force_{mode}_plan")
        connection.execute("SET jit = off")
        connection.execute(f"PREPARE sent AS {numbered.replace('%%', '%')}".encode())
        call = sql.SQL("sent ({})").format(literals) if names else sql.SQL("sent")
        found = connection.execute(
            sql.SQL("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE {}").format(call)
        ).fetchone()
        connection.rollback()
    assert found is not None
    root = found[0][0] if not isinstance(found[0], str) else json.loads(found[0])[0]
    return Plan(statement, root["Plan"])


Act = Callable[[Rehearsal, "Place"], Awaitable[object]]


class Place:
    """Where to look: a scene with live and finished jobs, and what an executor holds."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            self.held = connection.execute(
                "SELECT id, project_id, scene_id, claim_token FROM video_generation_jobs "
                "WHERE claimed_by = %s ORDER BY project_id LIMIT 20",
                (ME.id,),
            ).fetchall()
            found = connection.execute(
                "SELECT id, project_id, scene_id FROM video_generation_jobs WHERE status = 'queued' "
                "ORDER BY project_id LIMIT 1"
            ).fetchone()
        assert found is not None
        self.queued, self.project, self.scene = (UUID(str(value)) for value in found)

    @property
    def claims(self) -> list[Claim]:
        return [
            claim(id=job, project_id=project, scene_id=scene, claim_token=token, claimed_by=ME.id)
            for job, project, scene, token in self.held
        ]


async def _claim(database: Rehearsal, _: Place) -> object:
    return await PostgresQueue(database).claim(ME.id, lane(1000), 10)


async def _claim_one(database: Rehearsal, _: Place) -> object:
    return await PostgresQueue(database).claim(ME.id, lane(1000), 1)


async def _adopt(database: Rehearsal, _: Place) -> object:
    return await PostgresQueue(database).adopt(card().id, ["mock"], dead_too=True, limit=10)


async def _beat(database: Rehearsal, _: Place) -> object:
    return await PostgresQueue(database).beat(ME)


async def _hand_over(database: Rehearsal, _: Place) -> object:
    return await PostgresQueue(database).hand_over(ME.id)


async def _forget(database: Rehearsal, _: Place) -> object:
    await PostgresQueue(database).forget_executors()
    return None


async def _release(database: Rehearsal, place: Place) -> object:
    return await PostgresQueue(database).apply([moves.release(held) for held in place.claims])


async def _finish(database: Rehearsal, place: Place) -> object:
    """Moves that end jobs, and so roll up; none of them stands there yet, which costs the same."""
    done = [moves.complete(held, UUID(int=1), stored(held), 1) for held in place.claims]
    return await PostgresQueue(database).apply(done)


async def _finish_images(database: Rehearsal, place: Place) -> object:
    images = [replace(held, job=replace(held.job, kind=JobKind.IMAGE)) for held in place.claims]
    done = [moves.complete(held, UUID(int=1), stored(held), 1) for held in images]
    return await PostgresQueue(database).apply(done)


async def _promote_overdue(database: Rehearsal, _: Place) -> object:
    await PostgresQueue(database).promote_overdue()
    return None


async def _collect(database: Rehearsal, place: Place) -> object:
    return await PostgresQueue(database).apply(
        [moves.collect(held, held.job.id, result()) for held in place.claims]
    )


async def _cancel(database: Rehearsal, place: Place) -> object:
    return await JobMovesStore(database).cancel(place.queued)


async def _tallies(database: Rehearsal, place: Place) -> object:
    async with database.transaction() as connection:
        return await ProjectStore(connection).tallies(place.project)


async def _remaining(database: Rehearsal, place: Place) -> object:
    async with database.transaction() as connection:
        return await JobStore(connection).remaining(place.project)


async def _turn(database: Rehearsal, place: Place) -> object:
    async with database.transaction() as connection:
        job = await JobStore(connection).get(place.queued)
        assert job is not None
        return await OperationStore(connection).turn(job, default_provider="mock")


async def _paces(database: Rehearsal, _: Place) -> object:
    async with database.transaction() as connection:
        return await OperationStore(connection).paces(JobKind.VIDEO)


async def _depths(database: Rehearsal, _: Place) -> object:
    async with database.transaction() as connection:
        return await OperationStore(connection).depths()


def _listing(which: Callable[[Place], JobFilter]) -> Act:
    async def act(database: Rehearsal, place: Place) -> object:
        async with database.transaction() as connection:
            return await JobStore(connection).page(which(place), after=None, limit=50)

    return act


ACTS: dict[str, tuple[Act, set[str]]] = {
    # what is done, the indexes that it is meant to use
    "claim ten": (_claim, {"ix_jobs_lane"}),
    "claim one": (_claim_one, {"ix_jobs_lane"}),
    "adopt": (_adopt, {"ix_jobs_in_hand"}),
    "beat": (_beat, {"ix_jobs_in_hand", "ix_jobs_stopping"}),
    "hand over": (_hand_over, {"ix_jobs_in_hand"}),
    "forget executors": (_forget, {"ix_jobs_in_hand"}),
    "apply moves": (_release, {"pk_video_generation_jobs"}),
    "collect": (_collect, {"pk_video_generation_jobs"}),
    "roll up": (_finish, {"ix_jobs_scene", "pk_scenes"}),
    "promote": (_finish_images, {"ix_jobs_waiting", "ix_jobs_not_video"}),
    "promote what was overseen": (_promote_overdue, {"ix_jobs_waiting"}),
    "cancel": (_cancel, {"pk_video_generation_jobs", "ix_jobs_scene"}),
    "render status": (_tallies, {"ix_jobs_scene", "ix_scenes_project_id_position"}),
    "eta": (_remaining, {"ix_jobs_scene"}),
    "turn": (_turn, {"ix_jobs_lane"}),
    "paces": (_paces, {"ix_jobs_completed"}),
    "depths": (_depths, set()),
    "list everything": (_listing(lambda _: JobFilter()), {"ix_jobs_created"}),
    "list a project": (_listing(lambda place: JobFilter(project_id=place.project)), {"ix_jobs_project"}),
    "list a scene": (_listing(lambda place: JobFilter(scene_id=place.scene)), {"ix_jobs_scene"}),
    "list what is in hand": (
        _listing(lambda _: JobFilter(statuses=[JobStatus.PROCESSING])),
        {"ix_jobs_in_hand"},
    ),
}


async def plans(url: str, mode: str, act: Act) -> list[Plan]:
    database = Rehearsal(url)
    try:
        await act(database, Place(url))
    finally:
        await database.close()
    return [
        explain(url, mode, statement, values)
        for statement, values in database.sent
        if not statement.startswith(("SAVEPOINT", "RELEASE"))
    ]


async def test_cost_does_not_grow_with_what_is_finished(
    urls: Mapping[int, str], subtests: pytest.Subtests
) -> None:
    """One test: the databases take seconds to fill, and each process of a parallel run would fill its own."""
    for name, (act, intended) in ACTS.items():
        for mode in ("custom", "generic"):
            with subtests.test(name, mode=mode):
                few = await plans(urls[FEW], mode, act)
                many = await plans(urls[MANY], mode, act)
                assert len(many) == len(few) > 0
                assert intended <= set[str]().union(*(plan.indexes for plan in many))
                for before, after in zip(few, many, strict=True):
                    compare(before, after)
    with subtests.test("a plan that reads everything would be noticed"):
        query = "SELECT count(*) FROM video_generation_jobs WHERE prompt <> %(prompt)s"
        before, after = (explain(urls[count], "custom", query, {"prompt": "x"}) for count in (FEW, MANY))
        with pytest.raises(AssertionError):
            compare(before, after)


def compare(before: Plan, after: Plan) -> None:
    assert not after.scanned & GROWING, after.statement
    # An index of more levels costs a block more per probe, and no more than that.
    assert after.blocks <= 1.5 * before.blocks + 50, after.statement
    assert after.thrown_away <= before.thrown_away + 60, after.statement
