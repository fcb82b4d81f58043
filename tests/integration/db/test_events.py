"""Events get their numbers after their commit: gap-free, once, each job's in order, and nobody waits."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from random import Random
from uuid import UUID, uuid4

import psycopg
import pytest

from db.engine import Database
from db.events import EventStore, PostgresEvents
from db.job_moves import JobMovesStore
from db.queue import PostgresQueue
from db.statements import statement
from domain import moves
from domain.events import EventType
from domain.failures import ErrorCode
from domain.provider import GenerationFailedError
from domain.statuses import JobStatus
from services.numbering import Numberer
from tests.database import eventually
from tests.factories import Life, Row, card, claim_all, execute, insert_jobs, lane, rows, stored

APPEND = "INSERT INTO job_events (project_id, job_id, type, data) VALUES (%s, %s, 'job.progress', %s)"


async def append(database: Database, project: UUID, count: int = 1) -> None:
    async with database.transaction() as connection:
        for number in range(count):
            await EventStore(connection).append(project, "test.happened", data={"n": number})


async def number_all(database: Database) -> int:
    log, total = PostgresEvents(database), 0
    while found := await log.number():
        total += found
    assert found == 0
    return total


async def sequences(database: Database) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for row in await rows(database, "SELECT * FROM job_events ORDER BY project_id, sequence"):
        found[row["project_id"]].append(row)
    return found


def assert_gap_free(found: dict[UUID, list[Row]]) -> None:
    for events in found.values():
        assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))


async def test_each_project_counts_for_itself(database: Database) -> None:
    one, other = uuid4(), uuid4()
    for project, count in ((one, 3), (other, 2), (one, 1)):
        await append(database, project, count)
    assert await number_all(database) == 6
    await append(database, other)
    assert await number_all(database) == 1
    found = await sequences(database)
    assert_gap_free(found)
    assert {project: len(events) for project, events in found.items()} == {one: 4, other: 3}
    assert [event["data"]["n"] for event in found[one]] == [0, 1, 2, 0]


async def test_a_late_commit_gets_the_next_number(database: Database, database_url: str) -> None:
    project = uuid4()
    with psycopg.connect(database_url) as late:
        late.execute(APPEND, (project, uuid4(), '{"who": "late"}'))
        await append(database, project, 2)
        # Nobody waits for the transaction that is still open.
        assert await number_all(database) == 2
        await append(database, project)
        assert await number_all(database) == 1
        late.commit()
    assert await number_all(database) == 1
    events = (await sequences(database))[project]
    assert_gap_free({project: events})
    assert events[-1]["data"] == {"who": "late"}
    assert events[-1]["id"] < events[0]["id"]


async def test_what_is_undone_leaves_no_gap(database: Database, database_url: str) -> None:
    project = uuid4()
    with psycopg.connect(database_url) as undone:
        undone.execute(APPEND, (project, uuid4(), "{}"))
        await append(database, project)
        undone.rollback()
    await append(database, project)
    assert await number_all(database) == 2
    assert_gap_free(await sequences(database))


async def test_writers_and_numberers_do_not_wait_for_each_other(
    database: Database, database_url: str
) -> None:
    project = uuid4()
    await append(database, project)
    with psycopg.connect(database_url) as numberer:
        numberer.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('rushes numbering', 0))")
        numberer.execute("UPDATE job_events SET sequence = 1 WHERE project_id = %s", (project,))
        await append(database, project)
        # Another one is at it, and nobody stands in line behind it.
        assert await PostgresEvents(database).number() is None
        numberer.commit()
    assert await number_all(database) == 1
    assert_gap_free(await sequences(database))


async def test_a_frozen_numberer_is_not_waited_for_long(database: Database, database_url: str) -> None:
    await append(database, uuid4())
    frozen = psycopg.connect(database_url)
    frozen.execute(str(statement("lock_numbering")))

    async def numbered() -> bool:
        return await PostgresEvents(database).number() == 1

    await eventually(numbered)
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        frozen.execute("SELECT 1")
    frozen.close()


async def _write(url: str, projects: Sequence[UUID], seed: int) -> int:
    """Append to some projects in transactions of very different lengths; some are undone."""
    rng, written = Random(seed), 0
    job = uuid4()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for step in range(20):
            undo, count = rng.random() < 0.2, rng.randint(1, 3)
            for _ in range(count):
                data = f'{{"step": {step}, "writer": {seed}}}'
                await connection.execute(APPEND, (rng.choice(projects), job, data))
                await asyncio.sleep(rng.choice((0, 0, 0.01, 0.05)))
            if undo:
                await connection.rollback()
            else:
                await connection.commit()
                written += count
    return written


@pytest.mark.timeout(180)
async def test_fifty_writers_and_three_numberers(database: Database, database_url: str) -> None:
    projects = [uuid4() for _ in range(3)]
    numberers = [Numberer(PostgresEvents(database).number, interval=0.01) for _ in range(3)]
    running = [asyncio.create_task(numberer.run()) for numberer in numberers]
    written = await asyncio.gather(*(_write(database_url, projects, seed) for seed in range(50)))

    async def all_numbered() -> bool:
        return await rows(database, "SELECT FROM job_events WHERE sequence IS NULL") == []

    await eventually(all_numbered, 60)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    found = await sequences(database)
    assert_gap_free(found)
    assert sum(map(len, found.values())) == sum(written)
    for events in found.values():
        steps: dict[int, int] = {}
        for event in events:
            writer, step = event["data"]["writer"], event["data"]["step"]
            assert steps.get(writer, -1) <= step, "a writer's events are out of order"
            steps[writer] = step


async def test_many_are_numbered_in_batches(database: Database) -> None:
    project = uuid4()
    await execute(
        database,
        "INSERT INTO job_events (project_id, type) SELECT :project, 'x' FROM generate_series(1, 5001)",
        project=project,
    )
    log = PostgresEvents(database)
    assert [await log.number(), await log.number(), await log.number()] == [5000, 1, 0]
    assert_gap_free(await sequences(database))


async def test_a_reader_goes_on_from_any_point(database: Database) -> None:
    one, other = uuid4(), uuid4()
    await append(database, one, 10)
    await append(database, other, 3)
    log = PostgresEvents(database)

    async def last() -> list[int]:
        async with database.transaction() as connection:
            return [await EventStore(connection).last(project) for project in (one, other, uuid4())]

    assert await last() == [0, 0, 0]
    await number_all(database)
    assert await last() == [10, 3, 0]
    for start in range(11):
        found = await log.after({one: start, other: 3}, 500)
        assert [event.sequence for event in found] == list(range(start + 1, 11))
        assert {event.project_id for event in found} <= {one}
    some = await log.after({one: 2, other: 0}, 2)
    at = sorted((event.project_id, event.sequence) for event in some)
    assert at == sorted([(one, 3), (one, 4), (other, 1), (other, 2)])


async def test_numbering_is_heard_of_with_its_projects(database: Database) -> None:
    projects = {uuid4(), uuid4()}
    async with PostgresEvents(database).listen() as heard, asyncio.timeout(20):
        first = await anext(heard)
        assert (first.numbered, first.written) == (None, True)
        for project in projects:
            await append(database, project)
        await number_all(database)
        assert set((await anext(heard)).numbered or ()) == projects
        await insert_jobs(database)
        assert (await anext(heard)).written
        for _ in range(201):
            await append(database, uuid4())
        await number_all(database)
        assert (await anext(heard)).numbered is None


async def test_a_life_is_told_with_what_a_page_needs(database: Database) -> None:
    queue, me = PostgresQueue(database), card()
    (job,) = await insert_jobs(database, provider="mock", model="mock-1")
    (held,) = await claim_all(queue, me.id, lane())
    await Life(queue, held).to(JobStatus.COMPLETED)
    await number_all(database)
    told = await PostgresEvents(database).after({held.job.project_id: 0}, 100)
    data = {event.type: event.data for event in told if event.job_id == job}
    assert list(data) == [
        EventType.JOB_QUEUED,
        EventType.JOB_PROCESSING,
        EventType.JOB_GENERATING,
        EventType.JOB_UPLOADING,
        EventType.JOB_COMPLETED,
    ]
    made = {"provider": "mock", "model": "mock-1"}
    assert data[EventType.JOB_QUEUED] == {
        **made,
        "status": "queued",
        "previous_status": None,
        "kind": "video",
        "duration_seconds": 6,
    }
    assert data[EventType.JOB_PROCESSING].items() >= {**made, "attempt_count": 1}.items()
    assert data[EventType.JOB_GENERATING]["estimated_cost"] == 0.3
    completed = stored(held)
    for name in ("video_url", "width", "height", "actual_duration_seconds"):
        assert data[EventType.JOB_COMPLETED][name] == completed[name]
    assert data[EventType.JOB_COMPLETED]["actual_cost"] == 0.25
    others = [(event.type, event.data) for event in told if event.job_id is None]
    assert [kind for kind, _ in others] == [
        EventType.SCENE_RENDERING,
        EventType.PROJECT_RENDERING,
        EventType.SCENE_COMPLETE,
        EventType.PROJECT_COMPLETE,
    ]
    assert others[2][1] == {
        "status": "complete",
        "previous_status": "rendering",
        "review_ready": True,
        "review_status": "video_complete",
        "stage": 12,
    }


async def test_a_failure_and_a_cancel_say_what_became_of_the_job(database: Database) -> None:
    queue, me = PostgresQueue(database), card()
    failing, stopping = await insert_jobs(database, count=2)
    held = {claim.job.id: Life(queue, claim) for claim in await claim_all(queue, me.id, lane())}
    await held[failing].to(JobStatus.GENERATING)
    error = GenerationFailedError(ErrorCode.CONTENT_BLOCKED)
    await held[failing].apply(moves.fail(held[failing].claim, JobStatus.GENERATING, error))
    await JobMovesStore(database).cancel(stopping)
    await number_all(database)
    told = await PostgresEvents(database).after({held[failing].claim.job.project_id: 0}, 100)
    data = {(event.job_id, event.type): event.data for event in told}
    failed = data[failing, EventType.JOB_FAILED]
    assert (failed["error_code"], failed["error_message"]) == (error.code, error.message)
    cancelled = data[stopping, EventType.JOB_CANCELLED]
    assert (cancelled["previous_status"], cancelled["attempt_count"]) == ("processing", 0)
