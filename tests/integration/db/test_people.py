"""What a person may do: cancel honestly, retry, fetch again; from wherever the job stands."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from db.engine import Database
from db.job_moves import JobMovesStore
from db.queue import PostgresQueue
from domain import moves
from domain.errors import ConflictError, NotFoundError
from domain.failures import ErrorCode
from domain.moves import Outcome
from domain.provider import GenerationFailedError, ProviderError, SubmitRejectedError
from domain.statuses import AttemptState, CancelOutcome, JobStatus
from tests.factories import (
    Life,
    attempt_rows,
    card,
    claimed,
    event_types,
    insert_job,
    insert_shot,
    job_row,
    lane,
    row,
    rows,
)
from tests.integration.db.consistency import assert_consistent
from tests.integration.db.races import held, waiting

S, C = JobStatus, CancelOutcome
ME = card().id
FAILED = GenerationFailedError(ErrorCode.PROVIDER_FAILED)


@pytest.fixture
def queue(database: Database) -> PostgresQueue:
    return PostgresQueue(database)


@pytest.fixture
def people(database: Database) -> JobMovesStore:
    return JobMovesStore(database)


Bring = Callable[[Database, PostgresQueue], Awaitable[UUID]]


async def _waiting(database: Database, queue: PostgresQueue) -> UUID:
    return await insert_job(database, status="waiting")


async def _queued(database: Database, queue: PostgresQueue) -> UUID:
    return await insert_job(database)


async def _claimed(database: Database, queue: PostgresQueue) -> UUID:
    return (await claimed(database, queue, ME)).claim.job.id


async def _begun(database: Database, queue: PostgresQueue) -> UUID:
    life = await claimed(database, queue, ME)
    await life.begin()
    return life.claim.job.id


async def _unknown(database: Database, queue: PostgresQueue) -> UUID:
    life = await claimed(database, queue, ME)
    await life.begin()
    await life.lose_answer()
    return life.claim.job.id


async def _rejected(database: Database, queue: PostgresQueue) -> UUID:
    life = await claimed(database, queue, ME)
    await life.begin()
    error = SubmitRejectedError(ErrorCode.RATE_LIMITED)
    await life.apply(moves.reject(life.claim, life.attempt, error, 0.0))
    return life.claim.job.id


async def _generating(database: Database, queue: PostgresQueue) -> UUID:
    return (await (await claimed(database, queue, ME)).to(S.GENERATING)).claim.job.id


async def _uploading(database: Database, queue: PostgresQueue) -> UUID:
    return (await (await claimed(database, queue, ME)).to(S.UPLOADING)).claim.job.id


async def _completed(database: Database, queue: PostgresQueue) -> UUID:
    return (await (await claimed(database, queue, ME)).to(S.COMPLETED)).claim.job.id


async def _failed(database: Database, queue: PostgresQueue) -> UUID:
    life = await (await claimed(database, queue, ME)).to(S.GENERATING)
    await life.apply(moves.fail(life.claim, S.GENERATING, FAILED, life.attempt.id))
    return life.claim.job.id


async def _failed_upload(database: Database, queue: PostgresQueue) -> UUID:
    life = await (await claimed(database, queue, ME)).to(S.UPLOADING)
    error = ProviderError(ErrorCode.STORAGE_FAILED)
    await life.apply(moves.fail(life.claim, S.UPLOADING, error, life.attempt.id))
    return life.claim.job.id


async def _given_up(database: Database, queue: PostgresQueue) -> UUID:
    life = await claimed(database, queue, ME)
    await life.begin()
    await life.give_up()
    return life.claim.job.id


async def _cancelled(database: Database, queue: PostgresQueue) -> UUID:
    job = await insert_job(database)
    await JobMovesStore(database).cancel(job)
    return job


async def _stopping(database: Database, queue: PostgresQueue) -> UUID:
    job = await _generating(database, queue)
    await JobMovesStore(database).cancel(job)
    return job


CANCELS: dict[str, tuple[Bring, CancelOutcome, bool, bool, str | None]] = {
    # outcome, still in hand, still holding a place, the attempt's state
    "waiting": (_waiting, C.CANCELLED, False, False, None),
    "queued": (_queued, C.CANCELLED, False, False, None),
    "rejected": (_rejected, C.CANCELLED, False, False, "rejected"),
    "claimed": (_claimed, C.CANCELLED, False, False, None),
    "begun": (_begun, C.STOPPING, True, True, "abandoned"),
    "unknown": (_unknown, C.STOPPING, True, True, "abandoned"),
    "generating": (_generating, C.STOPPING, True, True, "abandoned"),
    "uploading": (_uploading, C.STOPPING, True, False, "succeeded"),
    "completed": (_completed, C.ALREADY_FINAL, False, False, "succeeded"),
    "failed": (_failed, C.ALREADY_FINAL, False, False, "failed"),
    "given up": (_given_up, C.ALREADY_FINAL, False, False, "unknown"),
    "cancelled": (_cancelled, C.ALREADY_FINAL, False, False, None),
    "stopping": (_stopping, C.ALREADY_FINAL, True, True, "abandoned"),
}


@pytest.mark.parametrize("name", CANCELS)
async def test_a_cancel_says_what_happened(
    database: Database, queue: PostgresQueue, people: JobMovesStore, name: str
) -> None:
    bring, outcome, in_hand, slot_held, state = CANCELS[name]
    job = await bring(database, queue)
    before = await job_row(database, job)
    assert await people.cancel(job) is outcome
    after = await job_row(database, job)
    assert (after["in_hand"], after["slot_held"]) == (in_hand, slot_held)
    assert [one["state"] for one in await attempt_rows(database, job)] == ([state] if state else [])
    if outcome is C.ALREADY_FINAL:
        assert after == before
    else:
        assert (after["status"], after["error_code"]) == (S.CANCELLED, "cancelled")
        assert after["finished_at"] == after["cancel_requested_at"]
        assert (await event_types(database, job))[-1] == "job.cancelled"
        assert after["claimed_by"] == (ME if in_hand else None)
    assert await people.cancel(job) is C.ALREADY_FINAL
    await assert_consistent(database)


async def test_a_free_cancel_is_not_counted_as_a_generation(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    job = await _claimed(database, queue)
    await people.cancel(job)
    assert (await job_row(database, job))["attempt_count"] == 0


async def test_a_cancelled_claim_is_lost_to_its_executor(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    life = await claimed(database, queue, ME)
    await people.cancel(life.claim.job.id)
    assert await life.begin() is Outcome.LOST
    assert await attempt_rows(database, life.claim.job.id) == []


async def test_a_cancel_makes_room_for_the_next_job(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    job = await _claimed(database, queue)
    await insert_job(database)
    assert await queue.claim(ME, lane(1), 1) == []
    await people.cancel(job)
    assert len(await queue.claim(ME, lane(1), 1)) == 1


RETRIES: dict[str, tuple[Bring, str | None]] = {
    "failed": (_failed, None),
    "failed upload": (_failed_upload, None),
    "given up": (_given_up, "possible_duplicate"),
    "waiting": (_waiting, "not_failed"),
    "queued": (_queued, "not_failed"),
    "generating": (_generating, "not_failed"),
    "completed": (_completed, "not_failed"),
    "cancelled": (_cancelled, "not_failed"),
}


@pytest.mark.parametrize("name", RETRIES)
async def test_only_a_failed_job_is_retried(
    database: Database, queue: PostgresQueue, people: JobMovesStore, name: str
) -> None:
    bring, refusal = RETRIES[name]
    job = await bring(database, queue)
    before = await job_row(database, job)
    if refusal:
        with pytest.raises(ConflictError) as caught:
            await people.retry(job)
        assert caught.value.code == refusal
        assert refusal == "possible_duplicate" or before["status"] in caught.value.message
        assert await job_row(database, job) == before
        return
    await people.retry(job)
    after = await job_row(database, job)
    assert (after["status"], after["finished_at"], after["error_code"]) == (S.QUEUED, None, None)
    assert (after["provider_job_id"], after["progress"]) == (None, 0)
    assert after["attempt_count"] == before["attempt_count"]
    (again,) = await queue.claim(ME, lane(), 1)
    assert (again.job.id, again.attempts) == (job, 1)
    await Life(queue, again).to(S.COMPLETED)
    await assert_consistent(database)


async def test_a_second_bill_is_accepted_by_a_person_alone(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    job = await _given_up(database, queue)
    await people.retry(job, accept_possible_duplicate=True)
    (made,) = await attempt_rows(database, job)
    assert (made["state"], made["finished_at"] is not None) == ("abandoned", True)
    (again,) = await queue.claim(ME, lane(), 1)
    await Life(queue, again).to(S.COMPLETED)
    assert [one["state"] for one in await attempt_rows(database, job)] == ["abandoned", "succeeded"]
    await assert_consistent(database)


async def test_a_job_whose_attempt_may_still_run_is_not_paid_for_again_unasked(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    """Whatever the job failed of: an attempt that the provider accepted and has not ended may be billed."""
    life = await (await claimed(database, queue, ME)).to(S.GENERATING)
    late = GenerationFailedError(ErrorCode.DEADLINE_EXCEEDED)
    given_up = moves.fail(life.claim, S.GENERATING, late, life.attempt.id, AttemptState.ACCEPTED)
    assert await life.apply(given_up) is Outcome.APPLIED
    job = life.claim.job.id
    with pytest.raises(ConflictError) as caught:
        await people.retry(job)
    assert caught.value.code == "possible_duplicate"
    await people.retry_download(job)
    after = await job_row(database, job)
    assert (after["status"], after["provider_job_id"]) == (S.GENERATING, life.handle.id)
    assert after["slot_held"], "it runs at the provider, so it counts"
    assert (await row(database, "SELECT in_flight FROM gates"))["in_flight"] == 1
    await assert_consistent(database)
    (claim,) = await queue.adopt(ME, ["mock"], dead_too=False, limit=1)
    again = Life(queue, claim)
    assert await again.collect() is Outcome.APPLIED
    assert await again.complete() is Outcome.APPLIED
    await assert_consistent(database)


async def test_a_late_refusal_makes_a_retry_free_of_doubt(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    job = await _given_up(database, queue)
    (made,) = await attempt_rows(database, job)
    await queue.record_answer(made["id"], SubmitRejectedError(ErrorCode.RATE_LIMITED))
    await people.retry(job)
    assert (await job_row(database, job))["status"] == S.QUEUED
    await assert_consistent(database)


async def test_a_job_that_the_insert_refused_is_mended_and_retried(
    database: Database, people: JobMovesStore
) -> None:
    job = await insert_job(database, shot_id=uuid4())
    await people.retry(job)
    assert (await job_row(database, job))["status"] == S.QUEUED
    await assert_consistent(database)


FETCHES: dict[str, tuple[Bring, str | None]] = {
    "failed upload": (_failed_upload, None),
    "failed": (_failed, "no_result"),
    "given up": (_given_up, "no_result"),
    "uploading": (_uploading, "not_failed"),
    "completed": (_completed, "not_failed"),
    "queued": (_queued, "not_failed"),
}


@pytest.mark.parametrize("name", FETCHES)
async def test_a_paid_result_is_fetched_again(
    database: Database, queue: PostgresQueue, people: JobMovesStore, name: str
) -> None:
    bring, refusal = FETCHES[name]
    job = await bring(database, queue)
    before = await job_row(database, job)
    if refusal:
        with pytest.raises(ConflictError) as caught:
            await people.retry_download(job)
        assert caught.value.code == refusal
        assert await job_row(database, job) == before
        return
    await people.retry_download(job)
    after = await job_row(database, job)
    assert (after["status"], after["claimed_by"], after["slot_held"]) == (S.UPLOADING, None, False)
    (claim,) = await queue.adopt(ME, ["mock"], dead_too=False, limit=1)
    assert claim.attempt is not None
    assert claim.attempt.result is not None
    life = Life(queue, claim)
    life.attempt = replace(life.attempt, id=claim.attempt.id)
    assert await life.complete() is Outcome.APPLIED
    (made,) = await attempt_rows(database, job)
    assert made["state"] == "succeeded"
    assert (await job_row(database, job))["attempt_count"] == before["attempt_count"]
    await assert_consistent(database)


@pytest.mark.parametrize("what", ["cancel", "retry", "retry_download"])
async def test_a_job_that_does_not_exist(people: JobMovesStore, what: str) -> None:
    with pytest.raises(NotFoundError):
        await getattr(people, what)(uuid4())


async def test_a_retry_while_the_shot_has_another_job_is_a_conflict(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    project, scene = uuid4(), uuid4()
    shot = await insert_shot(database, project, scene)
    where = {"project_id": project, "scene_id": scene, "shot_id": shot}
    life = await (await claimed(database, queue, ME, **where)).to(S.GENERATING)
    await life.apply(moves.fail(life.claim, S.GENERATING, FAILED, life.attempt.id))
    await insert_job(database, **where)
    with pytest.raises(ConflictError) as caught:
        await people.retry(life.claim.job.id)
    assert caught.value.code == "duplicate"


async def test_two_people_cancel_at_once(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    job = await _generating(database, queue)
    async with held(database) as other:
        first = asyncio.create_task(JobMovesStore(other).cancel(job))
        await other.done.wait()
        second = asyncio.create_task(people.cancel(job))
        await waiting(database)
        other.go.set()
        assert await first is C.STOPPING
        assert await second is C.ALREADY_FINAL
    assert (await event_types(database, job)).count("job.cancelled") == 1


async def test_two_people_retry_at_once(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    job = await _failed(database, queue)
    found = await asyncio.gather(people.retry(job), people.retry(job), return_exceptions=True)
    (refused,) = [one for one in found if one is not None]
    assert isinstance(refused, ConflictError)
    # It tells how the job stands now, not how it stood before the wait.
    assert "queued" in str(refused)
    await assert_consistent(database)


@pytest.mark.parametrize("gate", ["known gate", "no gate yet"])
@pytest.mark.parametrize("provider", [None, "mock"])
async def test_a_cancel_waits_for_a_claim(
    database: Database, queue: PostgresQueue, people: JobMovesStore, provider: str | None, gate: str
) -> None:
    """Whatever the claim makes of the job, the cancel takes its locks in order, and undoes the claim."""
    job = await insert_job(database, provider=provider)
    if gate == "known gate":
        await queue.claim(ME, lane(), 0)
        assert await queue.claim(ME, lane(0), 1) == []
    async with held(database) as other:
        claims = asyncio.create_task(PostgresQueue(other).claim(ME, lane(), 1))
        await other.done.wait()
        cancel = asyncio.create_task(people.cancel(job))
        await waiting(database)
        other.go.set()
        assert len(await claims) == 1
        assert await cancel is C.CANCELLED
    after = await job_row(database, job)
    assert (after["status"], after["slot_held"], after["in_hand"]) == (S.CANCELLED, False, False)
    assert (await row(database, "SELECT in_flight FROM gates"))["in_flight"] == 0
    await assert_consistent(database)


async def test_a_claim_passes_over_a_job_that_is_being_cancelled(
    database: Database, queue: PostgresQueue
) -> None:
    job = await insert_job(database)
    async with held(database) as other:
        cancel = asyncio.create_task(JobMovesStore(other).cancel(job))
        await other.done.wait()
        assert await queue.claim(ME, lane(), 1) == []
        other.go.set()
        assert await cancel is C.CANCELLED
    assert await queue.claim(ME, lane(), 1) == []
    await assert_consistent(database)


async def test_moves_by_people_roll_up(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    job = await _failed(database, queue)

    async def scene() -> str:
        return str((await row(database, "SELECT render_status FROM scenes"))["render_status"])

    assert await scene() == "failed"
    await people.retry(job)
    assert await scene() == "rendering"
    await people.cancel(job)
    assert await scene() == "pending"
    told = await rows(database, "SELECT type FROM job_events WHERE type LIKE 'scene.%' ORDER BY id")
    assert [one["type"] for one in told] == [
        "scene.rendering",
        "scene.failed",
        "scene.rendering",
        "scene.pending",
    ]
    await assert_consistent(database)


async def test_a_person_waits_for_nobodys_insert(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    job = await _generating(database, queue)
    place = await job_row(database, job)
    async with held(database) as application:
        insert = asyncio.create_task(
            insert_job(application, project_id=place["project_id"], scene_id=place["scene_id"])
        )
        await application.done.wait()
        assert await asyncio.wait_for(people.cancel(job), 5) is C.STOPPING
        application.go.set()
        await insert
    await assert_consistent(database)


async def test_a_stopping_job_keeps_an_attempt_for_its_collector(
    database: Database, queue: PostgresQueue, people: JobMovesStore
) -> None:
    job = await _generating(database, queue)
    await people.cancel(job)
    (made,) = await attempt_rows(database, job)
    assert made["state"] == AttemptState.ABANDONED
    assert made["finished_at"] is None, "it is still polled"
