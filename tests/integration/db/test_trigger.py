"""Inserts by any program: four columns are enough, a bad row fails alone, one notification a transaction."""

import asyncio
from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from db.engine import Database
from db.queue import PostgresQueue
from domain.statuses import JobKind, JobStatus
from tests.factories import (
    card,
    claim_all,
    claimed,
    event_types,
    execute,
    insert_job,
    insert_jobs,
    insert_shot,
    job_row,
    lane,
    row,
    rows,
)
from tests.integration.db.consistency import assert_consistent
from tests.integration.db.races import held

ME = card().id
BARE = (
    "INSERT INTO video_generation_jobs (project_id, scene_id, prompt, duration_seconds) "
    "VALUES (%s, %s, %s, %s) RETURNING id"
)


@pytest.fixture
def application(database_url: str) -> Iterator[psycopg.Connection]:
    """Give a connection of some program that knows nothing of Rushes."""
    with psycopg.connect(database_url) as connection:
        yield connection


def inserted(application: psycopg.Connection, project: UUID | None = None, scene: UUID | None = None) -> UUID:
    found = application.execute(BARE, (project or uuid4(), scene or uuid4(), "a fox", 6)).fetchone()
    assert found is not None
    application.commit()
    return UUID(str(found[0]))


async def test_four_columns_are_a_valid_queued_job(
    database: Database, application: psycopg.Connection
) -> None:
    project, scene = uuid4(), uuid4()
    job = await job_row(database, inserted(application, project, scene))
    assert (job["status"], job["kind"], job["priority"]) == ("queued", "video", 0)
    assert (job["provider"], job["model"], job["max_retries"], job["shot_id"]) == (None, None, None, None)
    assert (job["attempt_count"], job["claim_count"], job["upload_count"], job["progress"]) == (0, 0, 0, 0)
    assert job["queued_at"] == job["created_at"] == job["run_after"]
    assert (await row(database, "SELECT id, title FROM projects")) == {"id": project, "title": "Untitled"}
    found = await row(database, "SELECT id, project_id, position, title FROM scenes")
    assert found == {"id": scene, "project_id": project, "position": 1, "title": "Untitled"}
    (claim,) = await PostgresQueue(database).claim(ME, lane(), 1)
    assert claim.job.id == job["id"]
    await assert_consistent(database)


async def test_every_project_has_a_receipt_of_its_own(
    database: Database, application: psycopg.Connection
) -> None:
    for _ in range(50):
        inserted(application)
    receipts = [one["receipt"] for one in await rows(database, "SELECT receipt FROM projects")]
    assert len(set(receipts)) == 50
    form = await rows(database, "SELECT receipt FROM projects WHERE receipt !~ '^[0-9A-F]{4}-[0-9A-F]{4}$'")
    assert form == []


async def test_scenes_come_in_the_order_of_their_first_job(
    database: Database, application: psycopg.Connection
) -> None:
    project, order = uuid4(), [uuid4() for _ in range(4)]
    for scene in (*order, order[0]):
        inserted(application, project, scene)
    found = await rows(database, "SELECT id, position FROM scenes ORDER BY position")
    assert [(one["id"], one["position"]) for one in found] == [(s, n) for n, s in enumerate(order, 1)]


async def test_copy_works_as_well(database: Database, application: psycopg.Connection) -> None:
    project, scene = uuid4(), uuid4()
    copy = "COPY video_generation_jobs (project_id, scene_id, prompt, duration_seconds) FROM STDIN"
    with application.cursor() as cursor, cursor.copy(copy) as into:
        for number in range(100):
            into.write_row((project, scene, f"fox {number}", 4))
    application.commit()
    assert len(await claim_all(PostgresQueue(database), ME, lane(1000))) == 100
    await assert_consistent(database)


async def test_an_insert_that_hits_an_existing_job_tells_nothing(
    database: Database, application: psycopg.Connection
) -> None:
    job = inserted(application)
    place = await job_row(database, job)
    again = (
        "INSERT INTO video_generation_jobs (id, project_id, scene_id) VALUES (%s, %s, %s) ON CONFLICT (id) "
    )
    for then in ("DO NOTHING", "DO UPDATE SET priority = 5"):
        application.execute(again + then, (job, place["project_id"], place["scene_id"]))
        application.commit()
    assert await event_types(database, job) == ["job.queued"]
    await assert_consistent(database)


class TestBadRows:
    async def test_a_scene_of_another_project_fails_that_job_alone(
        self, database: Database, application: psycopg.Connection
    ) -> None:
        theirs, scene, ours = uuid4(), uuid4(), uuid4()
        good = inserted(application, theirs, scene)
        many = (
            "INSERT INTO video_generation_jobs (project_id, scene_id, prompt) "
            "VALUES (%(ours)s, %(new)s, 'x'), "
            "(%(ours)s, %(scene)s, 'y'), (%(ours)s, %(new)s, 'z') RETURNING id"
        )
        found = application.execute(many, {"ours": ours, "scene": scene, "new": uuid4()}).fetchall()
        application.commit()
        statuses = [(await job_row(database, one[0]))["status"] for one in found]
        assert statuses == ["queued", "failed", "queued"]
        bad = await job_row(database, found[1][0])
        assert bad["error_code"] == "invalid_request"
        assert str(scene) in bad["error_message"]
        assert "another project" in bad["error_message"]
        assert bad["finished_at"] is not None
        assert await event_types(database, bad["id"]) == ["job.failed"]
        # What it names is not touched by it, neither now nor when the scene's own job is done.
        (claim,) = [
            c for c in await claim_all(PostgresQueue(database), ME, lane(9)) if c.job.project_id == theirs
        ]
        assert claim.job.id == good
        await assert_consistent(database)

    async def test_its_scene_is_decided_with_the_next_beat(
        self, database: Database, application: psycopg.Connection
    ) -> None:
        queue, me = PostgresQueue(database), card()
        project, scene = uuid4(), uuid4()
        application.execute(
            "INSERT INTO video_generation_jobs (project_id, scene_id, shot_id) VALUES (%s, %s, %s)",
            (project, scene, uuid4()),
        )
        assert not (await queue.beat(me)).roll_ups, "not committed yet"
        application.commit()
        assert (await queue.beat(me)).roll_ups
        await queue.roll_up_due()
        found = await rows(
            database, "SELECT render_status AS status FROM scenes UNION SELECT status FROM projects"
        )
        assert [one["status"] for one in found] == ["failed"]
        assert not (await queue.beat(me)).roll_ups
        events = await rows(database, "SELECT type FROM job_events WHERE job_id IS NULL ORDER BY id")
        assert [one["type"] for one in events] == ["scene.failed", "project.failed"]
        await assert_consistent(database)

    async def test_a_good_row_asks_for_nothing(self, database: Database) -> None:
        await insert_job(database)
        assert not (await PostgresQueue(database).beat(card())).roll_ups

    async def test_a_strangers_failed_job_does_not_fail_a_scene(
        self, database: Database, application: psycopg.Connection
    ) -> None:
        project, scene = uuid4(), uuid4()
        life = await claimed(database, PostgresQueue(database), ME, project_id=project, scene_id=scene)
        inserted(application, uuid4(), scene)
        await life.to(JobStatus.COMPLETED)
        found = await row(database, "SELECT render_status FROM scenes WHERE id = :scene", scene=scene)
        assert found["render_status"] == "complete"
        await assert_consistent(database)

    @pytest.mark.parametrize("known", [True, False], ids=["of another scene", "unknown"])
    async def test_a_shot_that_is_not_in_the_scene(self, database: Database, known: bool) -> None:
        project = uuid4()
        shot = await insert_shot(database, project, uuid4()) if known else uuid4()
        bad = await insert_job(database, project_id=project, shot_id=shot)
        job = await job_row(database, bad)
        assert (job["status"], job["error_code"], job["shot_id"]) == ("failed", "invalid_request", None)
        assert str(shot) in job["error_message"]

    @pytest.mark.parametrize("seconds", ["NaN", "Infinity", "-Infinity"])
    async def test_a_duration_that_is_no_number(self, database: Database, seconds: str) -> None:
        bad = await insert_job(database, duration_seconds=float(seconds))
        job = await job_row(database, bad)
        assert (job["status"], job["error_code"]) == ("failed", "invalid_request")
        assert job["duration_seconds"] is None
        assert seconds in job["error_message"]

    @pytest.mark.parametrize("column", ["run_after", "created_at"])
    @pytest.mark.parametrize("moment", ["infinity", "-infinity"])
    async def test_a_moment_that_never_comes(
        self, database: Database, application: psycopg.Connection, column: str, moment: str
    ) -> None:
        insert = f"INSERT INTO video_generation_jobs (project_id, scene_id, {column}) VALUES (%s, %s, %s)"
        application.execute(insert, (uuid4(), uuid4(), moment))
        application.commit()
        job = await row(database, "SELECT * FROM video_generation_jobs")
        assert (job["status"], job["error_code"]) == ("failed", "invalid_request")
        assert "infinite" in job["error_message"]

    @pytest.mark.parametrize(
        "columns",
        [
            {"estimated_cost": "NaN"},
            {"actual_cost": "NaN"},
            {"provider_metadata": "[]"},
            {"attempt_count": 2**31 - 1},
            {"claim_count": 2**31 - 1},
        ],
        ids=str,
    )
    async def test_what_only_we_fill_in(
        self, database: Database, application: psycopg.Connection, columns: dict[str, object]
    ) -> None:
        values = {"project_id": uuid4(), "scene_id": uuid4(), **columns}
        names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        application.execute(f"INSERT INTO video_generation_jobs ({names}) VALUES ({places})", values)
        application.commit()
        job = await row(database, "SELECT * FROM video_generation_jobs")
        assert (job["status"], job["error_code"]) == ("failed", "invalid_request")
        assert (job["estimated_cost"], job["actual_cost"]) == (None, None)
        assert (job["provider_metadata"], job["attempt_count"]) == ({}, 0)

    async def test_a_waiting_job_fails_as_well(self, database: Database) -> None:
        bad = await insert_job(database, status="waiting", shot_id=uuid4())
        assert (await job_row(database, bad))["status"] == "failed"

    @pytest.mark.parametrize(
        "columns",
        [{"status": "processing"}, {"status": "nonsense"}, {"kind": "audio"}, {"scene_id": None}],
        ids=str,
    )
    async def test_nonsense_is_refused(
        self, application: psycopg.Connection, columns: dict[str, str]
    ) -> None:
        values = {"project_id": uuid4(), "scene_id": uuid4(), **columns}
        names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        with pytest.raises(psycopg.errors.CheckViolation):
            application.execute(f"INSERT INTO video_generation_jobs ({names}) VALUES ({places})", values)


class TestRights:
    @pytest.fixture
    def insert_only(self, database_url: str, database: Database) -> Iterator[psycopg.Connection]:
        """Give a role that may insert jobs, see what it inserted, and do nothing else."""
        role = f"guest_{uuid4().hex}"
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {role}")
            admin.execute(f"GRANT INSERT ON video_generation_jobs TO {role}")
            admin.execute(f"GRANT SELECT (id) ON video_generation_jobs TO {role}")
            with psycopg.connect(database_url) as guest:
                guest.execute(f"SET ROLE {role}")
                guest.commit()
                yield guest
            admin.execute(f"DROP OWNED BY {role}")
            admin.execute(f"DROP ROLE {role}")

    async def test_inserting_needs_no_other_right(
        self, database: Database, insert_only: psycopg.Connection
    ) -> None:
        job = inserted(insert_only)
        assert (await job_row(database, job))["status"] == "queued"
        assert await event_types(database, job) == ["job.queued"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            insert_only.execute("SELECT * FROM projects")

    async def test_a_table_of_ones_own_gets_in_nobodys_way(
        self, database: Database, insert_only: psycopg.Connection
    ) -> None:
        for name in ("projects", "scenes", "shots", "job_events", "added"):
            insert_only.execute(f"CREATE TEMP TABLE {name} (id uuid, project_id uuid, receipt text)")
        job = inserted(insert_only)
        assert (await row(database, "SELECT count(*) AS n FROM projects"))["n"] == 1
        assert await event_types(database, job) == ["job.queued"]


class TestNotifications:
    @pytest.fixture
    def listener(self, database_url: str) -> Iterator[psycopg.Connection]:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("LISTEN rushes_jobs")
            connection.execute("LISTEN the_end")
            yield connection

    @staticmethod
    def heard(listener: psycopg.Connection) -> list[str]:
        """Give the channels heard up to a mark of our own, so that nothing is waited for in vain."""
        listener.execute("NOTIFY the_end")
        channels: list[str] = []
        for notification in listener.notifies(timeout=20):
            channels.append(notification.channel)
            if notification.channel == "the_end":
                break
        assert channels[-1] == "the_end"
        return channels[:-1]

    async def test_a_thousand_inserts_of_one_transaction_notify_once(
        self, application: psycopg.Connection, listener: psycopg.Connection
    ) -> None:
        for _ in range(1000):
            application.execute(BARE, (uuid4(), uuid4(), "a fox", 6))
        assert self.heard(listener) == [], "nothing before the commit"
        application.commit()
        assert self.heard(listener) == ["rushes_jobs"]

    async def test_nothing_is_heard_of_what_was_rolled_back(
        self, database: Database, application: psycopg.Connection, listener: psycopg.Connection
    ) -> None:
        application.execute(BARE, (uuid4(), uuid4(), "a fox", 6))
        application.rollback()
        assert self.heard(listener) == []
        assert await rows(database, "SELECT FROM job_events UNION ALL SELECT FROM projects") == []

    async def test_only_what_may_be_claimed_is_announced(
        self, database: Database, listener: psycopg.Connection
    ) -> None:
        await insert_job(database, status="waiting")
        await insert_job(database, shot_id=uuid4())
        await execute(database, "INSERT INTO video_generation_jobs (project_id) SELECT NULL WHERE false")
        assert self.heard(listener) == []
        await insert_job(database)
        assert self.heard(listener) == ["rushes_jobs"]


async def test_a_callers_open_transaction_holds_up_no_executor(
    database: Database, application: psycopg.Connection
) -> None:
    """A job inserted into the scene, and not yet committed, does not block what ends another of its jobs."""
    project, scene = uuid4(), uuid4()
    queue = PostgresQueue(database)
    life = await claimed(database, queue, ME, project_id=project, scene_id=scene)
    application.execute(BARE, (project, scene, "later", 6))
    async with asyncio.timeout(5):
        await life.to(JobStatus.COMPLETED)
        assert await queue.claim(ME, lane(), 1) == [], "not before it is committed"
    application.commit()
    assert len(await queue.claim(ME, lane(), 1)) == 1
    await assert_consistent(database)


@pytest.mark.parametrize("delete", ["video_generation_jobs", "projects"])
async def test_deleted_jobs_give_their_places_back(database: Database, delete: str) -> None:
    queue = PostgresQueue(database)
    await insert_jobs(database, 3)
    await insert_jobs(database, 2, kind="image")
    assert len(await queue.claim(ME, lane(9), 9)) == 3
    assert len(await queue.claim(ME, lane(9, kind=JobKind.IMAGE), 1)) == 1
    await execute(database, f"DELETE FROM {delete}")
    found = await rows(database, "SELECT in_flight FROM gates")
    assert [gate["in_flight"] for gate in found] == [0, 0]


async def test_two_callers_name_the_same_new_scene(database: Database) -> None:
    project, scene = uuid4(), uuid4()
    async with held(database) as first:
        early = asyncio.create_task(insert_job(first, project_id=project, scene_id=scene))
        await first.done.wait()
        late = asyncio.create_task(insert_jobs(database, 3, project_id=project, scene_id=scene))
        first.go.set()
        await asyncio.gather(early, late)
    assert (await row(database, "SELECT count(*) AS n FROM scenes"))["n"] == 1
    assert len(await claim_all(PostgresQueue(database), ME, lane(9))) == 4
    await assert_consistent(database)


async def test_many_callers_at_once(database: Database) -> None:
    project, scenes = uuid4(), [uuid4() for _ in range(3)]
    await asyncio.gather(
        *(insert_jobs(database, 5, project_id=project, scene_id=scene) for scene in scenes for _ in range(3))
    )
    assert (await row(database, "SELECT count(*) AS n FROM video_generation_jobs"))["n"] == 45
    await assert_consistent(database)


async def test_a_film_of_the_project_has_no_scene(database: Database) -> None:
    job = await insert_job(database, kind="film", scene_id=None)
    assert (await job_row(database, job))["status"] == "queued"
