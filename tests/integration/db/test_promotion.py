"""What waits goes on as soon as it can, whatever completed the last thing that it waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.engine import Database
from db.job_moves import JobMovesStore
from db.queue import PostgresQueue
from domain import moves
from domain.failures import ErrorCode
from domain.moves import Outcome
from domain.provider import GenerationFailedError
from domain.statuses import CancelOutcome, JobKind, JobStatus
from tests.factories import (
    Life,
    card,
    event_types,
    execute,
    insert_job,
    insert_shot,
    job_row,
    lane,
    row,
    stored,
)
from tests.integration.db.consistency import assert_consistent
from tests.integration.db.races import held, waiting

S = JobStatus
ME = card().id
FAILED = GenerationFailedError(ErrorCode.PROVIDER_FAILED)
LANES = {kind: lane(100, kind=kind) for kind in JobKind}


@pytest.fixture
def queue(database: Database) -> PostgresQueue:
    return PostgresQueue(database)


@pytest.fixture
def people(database: Database) -> JobMovesStore:
    return JobMovesStore(database)


class Order:
    """A project of one scene with some shots: an image and a waiting video each, and both films."""

    def __init__(self, database: Database, shots: int = 1) -> None:
        self.database = database
        self.count = shots
        self.project, self.scene = uuid4(), uuid4()
        self.shots: list[UUID] = []
        self.images: list[UUID] = []
        self.videos: list[UUID] = []

    async def place(self) -> "Order":
        for number in range(self.count):
            shot = await insert_shot(self.database, self.project, self.scene, f"1{number}")
            self.shots.append(shot)
            self.images.append(await self.job(shot_id=shot, kind="image"))
            self.videos.append(await self.job(shot_id=shot, status="waiting"))
        self.film = await self.job(kind="film", status="waiting", scene_id=None)
        self.scene_film = await self.job(kind="film", status="waiting")
        return self

    async def job(self, **columns: Any) -> UUID:
        return await insert_job(
            self.database, **{"project_id": self.project, "scene_id": self.scene, **columns}
        )

    async def statuses(self, *jobs: UUID) -> list[str]:
        return [(await job_row(self.database, job))["status"] for job in jobs]

    async def step(self) -> str:
        found = await row(self.database, "SELECT current_step FROM projects")
        return str(found["current_step"])


async def take(queue: PostgresQueue, kind: JobKind) -> list[Life]:
    """Claim everything of a kind, in the order of its jobs' insertion."""
    claims = await queue.claim(ME, LANES[kind], 100)
    return [Life(queue, claim) for claim in sorted(claims, key=lambda c: (c.job.created_at, c.job.id))]


async def make(queue: PostgresQueue, kind: JobKind) -> None:
    for life in await take(queue, kind):
        await life.to(S.COMPLETED)


async def test_a_project_walks_from_its_images_to_its_film(database: Database, queue: PostgresQueue) -> None:
    order = await Order(database, 2).place()
    steps = [await order.step()]
    images = await take(queue, JobKind.IMAGE)
    for life in images:
        await life.begin()
    steps.append(await order.step())
    for life in images:
        await life.accept()
        await life.collect()
        await life.complete()
        steps.append(await order.step())
    await make(queue, JobKind.VIDEO)
    steps.append(await order.step())
    await make(queue, JobKind.FILM)
    steps.append(await order.step())
    assert steps == ["script", "images", "images", "videos", "stitching", "complete"]
    assert set(await order.statuses(*order.images, *order.videos, order.film, order.scene_film)) == {
        "completed"
    }
    await assert_consistent(database)


async def test_a_video_starts_from_its_own_image_in_the_same_transaction(
    database: Database, queue: PostgresQueue
) -> None:
    order = await Order(database, 2).place()
    first, _ = await take(queue, JobKind.IMAGE)
    await first.to(S.COMPLETED)
    made = first.claim.job
    mine = order.images.index(made.id)
    video = await job_row(database, order.videos[mine])
    other = await job_row(database, order.videos[1 - mine])
    assert (video["status"], video["start_image_job_id"]) == (S.QUEUED, made.id)
    assert video["start_frame_url"] == stored(first.claim)["storage_path"]
    assert video["queued_at"] is not None
    assert (other["status"], other["start_frame_url"]) == (S.WAITING, None)
    assert await event_types(database, video["id"]) == ["job.waiting", "job.queued"]
    await assert_consistent(database)


async def test_a_film_waits_for_every_clip_and_for_nothing_else(
    database: Database, queue: PostgresQueue
) -> None:
    order = await Order(database, 2).place()
    await make(queue, JobKind.IMAGE)
    first, second = await take(queue, JobKind.VIDEO)
    await first.to(S.COMPLETED)
    assert await order.statuses(order.film, order.scene_film) == [S.WAITING, S.WAITING]
    await second.to(S.COMPLETED)
    assert await order.statuses(order.film, order.scene_film) == [S.QUEUED, S.QUEUED]


async def test_the_projects_film_waits_for_its_other_scenes(database: Database, queue: PostgresQueue) -> None:
    order = await Order(database).place()
    elsewhere = uuid4()
    await execute(
        database,
        "INSERT INTO scenes (id, project_id, position) VALUES (:scene, :project, 2)",
        scene=elsewhere,
        project=order.project,
    )
    shot = await insert_shot(database, order.project, elsewhere, "2A")
    await make(queue, JobKind.IMAGE)
    await make(queue, JobKind.VIDEO)
    assert await order.statuses(order.film, order.scene_film) == [S.WAITING, S.QUEUED]
    await order.job(scene_id=elsewhere, shot_id=shot)
    await make(queue, JobKind.VIDEO)
    assert await order.statuses(order.film) == [S.QUEUED]


@pytest.mark.parametrize("kind", [JobKind.IMAGE, JobKind.VIDEO])
async def test_the_last_two_complete_at_once(database: Database, queue: PostgresQueue, kind: JobKind) -> None:
    order = await Order(database, 2).place()
    if kind is JobKind.VIDEO:
        await make(queue, JobKind.IMAGE)
    first, second = await take(queue, kind)
    for life in (first, second):
        await life.to(S.UPLOADING)
    async with held(database) as other:
        first.queue = PostgresQueue(other)
        one = asyncio.create_task(first.complete())
        await other.done.wait()
        two = asyncio.create_task(second.complete())
        await waiting(database)
        other.go.set()
        assert await one == await two == Outcome.APPLIED
    expected = order.videos if kind is JobKind.IMAGE else [order.film, order.scene_film]
    assert await order.statuses(*expected) == [S.QUEUED, S.QUEUED]
    await assert_consistent(database)


async def test_a_video_waits_for_the_newest_image(database: Database, queue: PostgresQueue) -> None:
    order = await Order(database).place()
    (old,) = await take(queue, JobKind.IMAGE)
    await old.apply(moves.fail(old.claim, S.PROCESSING, FAILED))
    assert await order.step() == "failed"
    newer = await order.job(shot_id=order.shots[0], kind="image")
    assert await order.statuses(*order.videos) == [S.WAITING]
    await make(queue, JobKind.IMAGE)
    video = await job_row(database, order.videos[0])
    assert (video["status"], video["start_image_job_id"]) == (S.QUEUED, newer)


Way = Callable[[Database, PostgresQueue, JobMovesStore, Life], Awaitable[None]]


async def _retried(_: Database, queue: PostgresQueue, people: JobMovesStore, life: Life) -> None:
    await life.apply(moves.fail(life.claim, S.PROCESSING, FAILED))
    await people.retry(life.claim.job.id)
    await make(queue, life.claim.job.kind)


async def _fetched_again(_: Database, queue: PostgresQueue, people: JobMovesStore, life: Life) -> None:
    await life.to(S.UPLOADING)
    await life.apply(moves.fail(life.claim, S.UPLOADING, FAILED, life.attempt.id))
    await people.retry_download(life.claim.job.id)
    await _adopted(queue, life)


async def _answered_late(_: Database, queue: PostgresQueue, __: JobMovesStore, life: Life) -> None:
    await life.begin()
    await life.give_up()
    await queue.record_answer(life.attempt.id, life.handle)
    await _adopted(queue, life)


async def _taken_over(_: Database, queue: PostgresQueue, __: JobMovesStore, life: Life) -> None:
    await life.to(S.GENERATING)
    await queue.hand_over(ME)
    await _adopted(queue, life)


async def _adopted(queue: PostgresQueue, life: Life) -> None:
    (claim,) = await queue.adopt(ME, ["mock"], dead_too=False, limit=1, kind=life.claim.job.kind)
    again = Life(queue, claim)
    if claim.job.status is S.GENERATING:
        assert await again.collect() is Outcome.APPLIED
    assert await again.complete() is Outcome.APPLIED


@pytest.mark.parametrize("kind", [JobKind.IMAGE, JobKind.VIDEO])
@pytest.mark.parametrize("way", [_retried, _fetched_again, _answered_late, _taken_over])
async def test_every_way_into_completed_lets_the_rest_go_on(
    database: Database, queue: PostgresQueue, people: JobMovesStore, way: Way, kind: JobKind
) -> None:
    order = await Order(database).place()
    if kind is JobKind.VIDEO:
        await make(queue, JobKind.IMAGE)
    (life,) = await take(queue, kind)
    await way(database, queue, people, life)
    expected = order.videos if kind is JobKind.IMAGE else [order.film, order.scene_film]
    assert set(await order.statuses(*expected)) == {S.QUEUED}
    await assert_consistent(database)


async def test_what_waits_on_a_failed_job_waits_on(database: Database, queue: PostgresQueue) -> None:
    order = await Order(database).place()
    await make(queue, JobKind.IMAGE)
    (life,) = await take(queue, JobKind.VIDEO)
    await life.apply(moves.fail(life.claim, S.PROCESSING, FAILED))
    assert await order.statuses(order.film, order.scene_film) == [S.WAITING, S.WAITING]
    assert await order.step() == "failed"
    await assert_consistent(database)


async def test_with_an_older_take_a_film_does_without_the_failed_one(
    database: Database, queue: PostgresQueue
) -> None:
    order = await Order(database).place()
    await make(queue, JobKind.IMAGE)
    await make(queue, JobKind.VIDEO)
    await make(queue, JobKind.FILM)
    await order.job(shot_id=order.shots[0])
    again = await order.job(kind="film", status="waiting")
    (life,) = await take(queue, JobKind.VIDEO)
    await life.begin()
    assert await order.statuses(again) == [S.WAITING]
    await life.apply(moves.fail(life.claim, S.PROCESSING, FAILED))
    assert await order.statuses(again) == [S.QUEUED]


async def test_cancelling_an_image_cancels_all_that_waits_on_it(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    order = await Order(database, 2).place()
    assert await people.cancel(order.images[0]) is CancelOutcome.CANCELLED
    assert await order.statuses(order.videos[0], order.film, order.scene_film) == [S.CANCELLED] * 3
    assert await order.statuses(order.images[1], order.videos[1]) == [S.QUEUED, S.WAITING]
    said = await job_row(database, order.videos[0])
    assert said["error_message"] == "Cancelled with what it waited for."
    await assert_consistent(database)
    await people.cancel(order.images[1])
    assert await order.step() == "cancelled"
    await assert_consistent(database)


async def test_cancelling_a_clip_spares_the_film_that_has_an_older_one(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    order = await Order(database).place()
    await make(queue, JobKind.IMAGE)
    await make(queue, JobKind.VIDEO)
    await make(queue, JobKind.FILM)
    newer = await order.job(shot_id=order.shots[0])
    again = await order.job(kind="film", status="waiting")
    await execute(database, "UPDATE scenes SET render_status = 'rendering'")
    assert await people.cancel(newer) is CancelOutcome.CANCELLED
    assert await order.statuses(again) == [S.QUEUED]
    assert await order.step() == "stitching"


async def test_a_film_is_made_once_at_a_time(database: Database) -> None:
    order = await Order(database).place()
    for columns in ({"scene_id": None}, {}):
        with pytest.raises(Exception, match="uq_jobs_one_live_film"):
            await order.job(kind="film", **columns)


async def test_what_nobody_saw_wait_goes_on_a_minute_later(database: Database, queue: PostgresQueue) -> None:
    order = await Order(database).place()
    await execute(
        database,
        "UPDATE video_generation_jobs SET status = 'cancelled', finished_at = now() WHERE status = 'waiting'",
    )
    await make(queue, JobKind.IMAGE)
    video = await order.job(shot_id=order.shots[0], status="waiting")
    await queue.promote_overdue()
    assert await order.statuses(video) == [S.QUEUED]
    await make(queue, JobKind.VIDEO)
    film = await order.job(kind="film", status="waiting")
    await queue.promote_overdue()
    assert await order.statuses(film) == [S.QUEUED]
    assert await order.step() == "stitching"
    await queue.promote_overdue()


async def test_a_chosen_take_stands_for_its_shot(database: Database, queue: PostgresQueue) -> None:
    order = await Order(database).place()
    shot = order.shots[0]
    await make(queue, JobKind.IMAGE)
    await make(queue, JobKind.VIDEO)
    newer = await order.job(shot_id=shot)
    await make(queue, JobKind.VIDEO)
    chosen = "SELECT video_job_id, image_job_id FROM chosen_takes"
    assert await row(database, chosen) == {"video_job_id": newer, "image_job_id": order.images[0]}
    await execute(database, "UPDATE shots SET chosen_job_id = :job", job=order.videos[0])
    assert (await row(database, chosen))["video_job_id"] == order.videos[0]
    # One that is gone stands for nothing.
    await execute(database, "UPDATE shots SET chosen_job_id = :job", job=uuid4())
    assert (await row(database, chosen))["video_job_id"] == newer
