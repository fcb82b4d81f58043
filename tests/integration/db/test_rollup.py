"""What jobs make of scenes, and scenes of projects: at once, and right when two of them end together."""

import asyncio
import random
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.engine import Database
from db.job_moves import JobMovesStore
from db.projects import ProjectStore
from db.queue import PostgresQueue
from domain import moves
from domain.failures import ErrorCode
from domain.moves import Move, Outcome
from domain.provider import GenerationFailedError
from domain.statuses import FINAL, JobStatus, RenderStatus
from tests.factories import (
    MOMENT,
    Life,
    card,
    claimed,
    insert_job,
    insert_shot,
    lane,
    row,
    rows,
    stored,
)
from tests.integration.db.consistency import assert_consistent, deciding_jobs, status_of
from tests.integration.db.races import held, waiting

S, R = JobStatus, RenderStatus
ME = card().id
FAILED = GenerationFailedError(ErrorCode.PROVIDER_FAILED)

STANDING: dict[JobStatus, dict[str, Any]] = {
    S.WAITING: {},
    S.QUEUED: {},
    S.PROCESSING: {"in_hand": True},
    S.GENERATING: {"in_hand": True, "provider_job_id": "h"},
    S.UPLOADING: {"in_hand": True, "provider_job_id": "h"},
    S.COMPLETED: {"storage_path": "k", "video_url": "u", "sha256": "0", "size_bytes": 1},
    S.FAILED: {"error_code": "provider_failed"},
    S.CANCELLED: {},
}
"""What else a row of each status needs to be valid."""


@pytest.fixture
def queue(database: Database) -> PostgresQueue:
    return PostgresQueue(database)


async def put(database: Database, status: JobStatus, **columns: Any) -> UUID:
    """Insert a job that stands there already."""
    values: dict[str, Any] = {**STANDING[status], **columns, "status": status}
    if status in FINAL:
        values["finished_at"] = MOMENT
    if status is S.COMPLETED:
        values["completed_at"] = MOMENT
    return await insert_job(database, **values)


async def roll_up(database: Database, project: UUID, *scenes: UUID) -> None:
    async with database.transaction() as connection:
        store = ProjectStore(connection)
        await store.lock(project, scenes)
        await store.roll_up(project, scenes)


async def statuses(database: Database, project: UUID, scene: UUID) -> tuple[str, bool, str]:
    found = await row(
        database,
        "SELECT s.render_status, s.review_ready, p.status "
        "FROM scenes s JOIN projects p ON p.id = s.project_id WHERE s.id = :scene AND p.id = :project",
        scene=scene,
        project=project,
    )
    return found["render_status"], found["review_ready"], found["status"]


@pytest.mark.parametrize("status", JobStatus)
async def test_one_job_decides_its_scene_and_project(database: Database, status: JobStatus) -> None:
    project, scene = uuid4(), uuid4()
    await put(database, status, project_id=project, scene_id=scene)
    await roll_up(database, project, scene)
    expected = status_of([] if status is S.CANCELLED else [{"status": status}])
    assert await statuses(database, project, scene) == (expected, expected is R.COMPLETE, expected)


PAIRS = [
    pair
    for pair in product([S.QUEUED, S.COMPLETED, S.FAILED, S.CANCELLED], repeat=2)
    if pair[0] is not S.QUEUED
]


@pytest.mark.parametrize("pair", PAIRS, ids=" then ".join)
async def test_of_two_takes_of_a_shot_the_newer_decides(
    database: Database, pair: tuple[JobStatus, JobStatus]
) -> None:
    project, scene = uuid4(), uuid4()
    shot = await insert_shot(database, project, scene)
    for status in pair:
        await put(database, status, project_id=project, scene_id=scene, shot_id=shot)
    await roll_up(database, project, scene)
    decides = [one for one in reversed(pair) if one is not S.CANCELLED][:1]
    expected = status_of([{"status": one} for one in decides])
    assert (await statuses(database, project, scene))[0] == expected


async def test_random_scenes_are_what_plain_python_makes_of_them(database: Database) -> None:
    rng = random.Random(7)
    final = [S.COMPLETED, S.FAILED, S.CANCELLED]
    project = uuid4()
    scenes = [uuid4() for _ in range(12)]
    for scene in scenes:
        shots = [await insert_shot(database, project, scene, f"1{n}") for n in range(3)]
        for shot in (*shots, None):
            for _ in range(rng.randrange(4)):
                status = rng.choice(final)
                await put(database, status, project_id=project, scene_id=scene, shot_id=shot)
            if rng.random() < 0.3:
                live = rng.choice([S.WAITING, S.QUEUED, S.PROCESSING, S.UPLOADING])
                await put(database, live, project_id=project, scene_id=scene, shot_id=shot)
        for kind in ("image", "film"):
            await put(database, S.FAILED, project_id=project, scene_id=scene, kind=kind)
    await roll_up(database, project, *scenes)
    jobs = await rows(database, "SELECT * FROM video_generation_jobs")
    async with database.transaction() as connection:
        tallies = {t.scene_id: t for t in await ProjectStore(connection).tallies(project)}
    seen = set()
    for scene in scenes:
        deciding = deciding_jobs([job for job in jobs if job["scene_id"] == scene])
        expected = status_of(deciding)
        assert (await statuses(database, project, scene))[0] == expected
        assert tallies[scene].status is expected
        counts = {status: sum(job["status"] == status for job in deciding) for status in JobStatus}
        assert tallies[scene].counts == {status: n for status, n in counts.items() if n}
        seen.add(expected)
    assert seen > {R.RENDERING, R.FAILED} or seen == {R.RENDERING, R.FAILED}, "the seed meets several kinds"


@pytest.mark.parametrize(
    ("scenes", "expected"),
    [
        ([S.QUEUED, S.FAILED, S.COMPLETED], R.RENDERING),
        ([S.FAILED, S.COMPLETED, S.CANCELLED], R.FAILED),
        ([S.COMPLETED, S.CANCELLED], R.PENDING),
        ([S.COMPLETED, S.COMPLETED], R.COMPLETE),
        ([S.CANCELLED], R.PENDING),
    ],
    ids=str,
)
async def test_a_project_follows_its_scenes(
    database: Database, scenes: list[JobStatus], expected: RenderStatus
) -> None:
    project, ids = uuid4(), []
    for status in scenes:
        ids.append(uuid4())
        await put(database, status, project_id=project, scene_id=ids[-1])
    await roll_up(database, project, *ids)
    found = await row(database, "SELECT status, current_step FROM projects")
    steps = {R.RENDERING: "videos", R.FAILED: "failed", R.COMPLETE: "complete", R.PENDING: "cancelled"}
    assert (found["status"], found["current_step"]) == (expected, steps[expected])


async def test_rolling_up_again_tells_nothing(database: Database) -> None:
    project, scene = uuid4(), uuid4()
    await put(database, S.COMPLETED, project_id=project, scene_id=scene)
    for _ in range(3):
        await roll_up(database, project, scene)
    told = await rows(database, "SELECT type, data FROM job_events WHERE job_id IS NULL ORDER BY id")
    assert [one["type"] for one in told] == ["scene.complete", "project.complete"]
    assert told[0]["data"] == {
        "status": "complete",
        "previous_status": "pending",
        "review_ready": True,
        "review_status": "video_complete",
        "stage": 12,
    }
    assert told[1]["data"]["previous_status"] == "pending"


@pytest.mark.parametrize("last", [S.COMPLETED, S.FAILED])
async def test_two_last_jobs_end_at_once(database: Database, queue: PostgresQueue, last: JobStatus) -> None:
    project, scene = uuid4(), uuid4()
    where = {"project_id": project, "scene_id": scene}
    lives = [await (await claimed(database, queue, ME, **where)).to(S.UPLOADING) for _ in range(2)]

    def end(life: Life, status: JobStatus) -> Move:
        if status is S.FAILED:
            return moves.fail(life.claim, S.UPLOADING, FAILED, life.attempt.id)
        return moves.complete(life.claim, life.attempt.id, stored(life.claim), 1)

    async with held(database) as other:
        first = asyncio.create_task(PostgresQueue(other).apply([end(lives[0], S.COMPLETED)]))
        await other.done.wait()
        second = asyncio.create_task(queue.apply([end(lives[1], last)]))
        await waiting(database)
        other.go.set()
        assert await first == await second == [Outcome.APPLIED]
    expected = R.COMPLETE if last is S.COMPLETED else R.FAILED
    assert await statuses(database, project, scene) == (expected, last is S.COMPLETED, expected)
    told = await rows(database, "SELECT type FROM job_events WHERE type LIKE 'scene.%' ORDER BY id")
    assert [one["type"] for one in told] == ["scene.rendering", f"scene.{expected}"]
    await assert_consistent(database)


async def test_two_last_scenes_of_a_project_end_at_once(database: Database, queue: PostgresQueue) -> None:
    project = uuid4()
    lives = [await (await claimed(database, queue, ME, project_id=project)).to(S.UPLOADING) for _ in range(2)]
    async with held(database) as other:
        first = asyncio.create_task(_completed(PostgresQueue(other), lives[0]))
        await other.done.wait()
        second = asyncio.create_task(_completed(queue, lives[1]))
        await waiting(database)
        other.go.set()
        assert await first is await second is Outcome.APPLIED
    assert (await row(database, "SELECT status FROM projects"))["status"] == "complete"
    await assert_consistent(database)


async def _completed(queue: PostgresQueue, life: Life) -> Outcome:
    (outcome,) = await queue.apply([moves.complete(life.claim, life.attempt.id, stored(life.claim), 1)])
    return outcome


async def test_the_last_job_ends_while_another_is_cancelled(database: Database, queue: PostgresQueue) -> None:
    project, scene = uuid4(), uuid4()
    where = {"project_id": project, "scene_id": scene}
    ends = await (await claimed(database, queue, ME, **where)).to(S.UPLOADING)
    dropped = await insert_job(database, **where)
    async with held(database) as other:
        cancel = asyncio.create_task(JobMovesStore(other).cancel(dropped))
        await other.done.wait()
        complete = asyncio.create_task(_completed(queue, ends))
        await waiting(database)
        other.go.set()
        await cancel
        assert await complete is Outcome.APPLIED
    assert await statuses(database, project, scene) == (R.COMPLETE, True, R.COMPLETE)


async def test_a_job_inserted_by_sql_is_shown_once_somebody_works_on_it(
    database: Database, queue: PostgresQueue
) -> None:
    project, scene = uuid4(), uuid4()
    where = {"project_id": project, "scene_id": scene}
    await (await claimed(database, queue, ME, **where)).to(S.COMPLETED)
    assert await statuses(database, project, scene) == (R.COMPLETE, True, R.COMPLETE)
    await insert_job(database, **where)
    (claim,) = await queue.claim(ME, lane(9), 1)
    assert claim.announces
    life = Life(queue, claim)
    await life.begin()
    assert await statuses(database, project, scene) == (R.RENDERING, False, R.RENDERING)
    await insert_job(database, **where)
    (claim,) = await queue.claim(ME, lane(9), 1)
    assert not claim.announces
    await assert_consistent(database)


async def test_a_job_claimed_while_its_scene_is_just_completing_is_shown_as_well(
    database: Database, queue: PostgresQueue
) -> None:
    """The claim still sees the scene rendering; by its begin the scene is complete."""
    project, scene = uuid4(), uuid4()
    where = {"project_id": project, "scene_id": scene}
    life = await (await claimed(database, queue, ME, **where)).to(S.UPLOADING)
    async with held(database) as other:
        complete = asyncio.create_task(_completed(PostgresQueue(other), life))
        await other.done.wait()
        await insert_job(database, **where)
        (claim,) = await queue.claim(ME, lane(9), 1)
        other.go.set()
        await complete
    assert await statuses(database, project, scene) == (R.COMPLETE, True, R.COMPLETE)
    assert await Life(queue, claim).begin() is Outcome.APPLIED
    assert await statuses(database, project, scene) == (R.RENDERING, False, R.RENDERING)
    await assert_consistent(database)


async def test_images_and_films_decide_nothing(database: Database, queue: PostgresQueue) -> None:
    project, scene = uuid4(), uuid4()
    await (await claimed(database, queue, ME, project_id=project, scene_id=scene)).to(S.COMPLETED)
    image = await claimed(database, queue, ME, project_id=project, scene_id=scene, kind="image")
    await image.apply(moves.fail(image.claim, S.PROCESSING, FAILED))
    assert await statuses(database, project, scene) == (R.COMPLETE, True, R.COMPLETE)


async def test_a_film_of_a_project_ends_without_a_scene(database: Database, queue: PostgresQueue) -> None:
    life = await claimed(database, queue, ME, kind="film", scene_id=None)
    await life.to(S.COMPLETED)
    await assert_consistent(database)
