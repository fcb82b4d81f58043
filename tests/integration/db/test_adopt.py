"""Taking over: what nobody holds and what the dead held, never what a living one holds; and the beat."""

import asyncio
from uuid import uuid4

import pytest

from db.engine import Database
from db.job_moves import JobMovesStore
from db.queue import PostgresQueue
from domain import moves
from domain.failures import ErrorCode
from domain.moves import Outcome
from domain.ports import ExecutorCard
from domain.provider import GenerationFailedError
from domain.statuses import AttemptState, CancelOutcome, JobStatus
from tests.factories import (
    Life,
    attempt_rows,
    card,
    claim_all,
    claimed,
    event_types,
    execute,
    insert_jobs,
    insert_shot,
    job_row,
    lane,
    result,
    row,
    rows,
    silence,
    stored,
)
from tests.integration.db.consistency import assert_consistent

S = JobStatus


@pytest.fixture
def queue(database: Database) -> PostgresQueue:
    return PostgresQueue(database)


@pytest.fixture
async def living(queue: PostgresQueue) -> ExecutorCard:
    one = card("living")
    await queue.beat(one)
    return one


@pytest.fixture
async def dead(database: Database, queue: PostgresQueue) -> ExecutorCard:
    one = card("dead")
    await queue.beat(one)
    await silence(database, one.id)
    return one


async def test_jobs_of_the_dead_are_taken_over_where_they_stand(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
) -> None:
    lives = {}
    for status in (S.PROCESSING, S.GENERATING, S.UPLOADING):
        lives[status] = await (await claimed(database, queue, dead.id)).to(status)
    before = {life.claim.job.id: await job_row(database, life.claim.job.id) for life in lives.values()}
    assert await queue.adopt(living.id, ["mock"], dead_too=False, limit=9) == []
    adopted = await queue.adopt(living.id, ["mock"], dead_too=True, limit=9)
    assert {claim.job.status: claim.job.id for claim in adopted} == {
        status: life.claim.job.id for status, life in lives.items()
    }
    for claim in adopted:
        was = before[claim.job.id]
        now = await job_row(database, claim.job.id)
        changed = {key for key in now if now[key] != was[key]}
        assert changed == {"claimed_by", "claim_token", "claim_count"}
        assert (now["claimed_by"], now["claim_token"]) == (living.id, claim.token)
        assert claim.adopted
        old = lives[claim.job.status]
        assert claim.attempts == (0 if claim.attempt is None else 1)
        if claim.attempt is not None:
            assert claim.attempt.id == old.attempt.id
            assert claim.attempt.request == old.attempt.request.to_json()
            assert claim.attempt.estimated_cost == old.attempt.estimated_cost
            assert claim.attempt.executor_id == dead.id
    uploading = next(claim for claim in adopted if claim.job.status is S.UPLOADING)
    assert uploading.attempt is not None
    assert uploading.attempt.result == result().to_json()
    assert uploading.attempt.handle == dict(lives[S.UPLOADING].handle.data)
    assert await queue.adopt(living.id, ["mock"], dead_too=True, limit=9) == []
    await assert_consistent(database)


async def test_a_living_executor_keeps_its_jobs(
    database: Database, queue: PostgresQueue, living: ExecutorCard
) -> None:
    other = card()
    await queue.beat(other)
    await (await claimed(database, queue, other.id)).to(S.GENERATING)
    # Nine seconds without a beat are not yet death.
    await silence(database, other.id, 9)
    assert await queue.adopt(living.id, ["mock"], dead_too=True, limit=9) == []
    await silence(database, other.id, 11)
    assert len(await queue.adopt(living.id, ["mock"], dead_too=True, limit=9)) == 1


async def test_nobody_takes_over_from_itself(
    database: Database, queue: PostgresQueue, dead: ExecutorCard
) -> None:
    await claimed(database, queue, dead.id)
    assert await queue.adopt(dead.id, ["mock"], dead_too=True, limit=9) == []


async def test_one_who_beats_again_keeps_what_was_not_taken(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
) -> None:
    await claimed(database, queue, dead.id)
    await queue.beat(dead)
    assert await queue.adopt(living.id, ["mock"], dead_too=True, limit=9) == []


@pytest.mark.parametrize("state", ["intent", "unknown"])
async def test_an_intent_without_an_answer_is_unknown(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard, state: str
) -> None:
    life = await claimed(database, queue, dead.id)
    await life.begin()
    if state == "unknown":
        await life.lose_answer()
    (claim,) = await queue.adopt(living.id, ["mock"], dead_too=True, limit=9)
    assert claim.attempt is not None
    assert claim.attempt.state is AttemptState.UNKNOWN
    (made,) = await attempt_rows(database, claim.job.id)
    assert (made["state"], made["error_code"]) == ("unknown", "submit_unknown")
    assert claim.job.attempt_count == 1, "a resume never touches it"
    # Nothing is given back to the queue: whoever took it over searches.
    assert claim.job.status is S.PROCESSING
    await assert_consistent(database)


async def test_a_claim_without_an_intent_goes_back_without_using_up_a_retry(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
) -> None:
    await claimed(database, queue, dead.id)
    (claim,) = await queue.adopt(living.id, ["mock"], dead_too=True, limit=9)
    assert claim.attempt is None
    assert await Life(queue, claim).apply(moves.release(claim)) is Outcome.APPLIED
    job = await job_row(database, claim.job.id)
    assert (job["status"], job["attempt_count"], job["claim_count"]) == (S.QUEUED, 0, 2)
    await assert_consistent(database)


async def test_age_counts_from_the_submission_however_many_owners_ago(
    database: Database, queue: PostgresQueue
) -> None:
    first = card()
    await queue.beat(first)
    life = await claimed(database, queue, first.id)
    job = life.claim.job.id
    back = "now() - make_interval(secs => :seconds)"
    claimed_at = f"UPDATE video_generation_jobs SET processing_started_at = {back}"
    begun_at = f"UPDATE job_attempts SET created_at = {back}"
    submitted_at = f"UPDATE video_generation_jobs SET submitted_at = {back}"

    async def age() -> float:
        await queue.hand_over(first.id)
        (claim,) = await queue.adopt(first.id, ["mock"], dead_too=False, limit=1)
        assert claim.job.id == job
        life.claim = claim
        return claim.age

    await execute(database, claimed_at, seconds=500)
    assert 500 <= await age() < 520
    await life.begin()
    await execute(database, begun_at, seconds=300)
    assert 300 <= await age() < 320
    await life.accept()
    await execute(database, submitted_at, seconds=100)
    assert 100 <= await age() < 120


async def test_a_handed_over_job_is_anybodys_at_once(
    database: Database, queue: PostgresQueue, living: ExecutorCard
) -> None:
    leaving = card()
    await queue.beat(leaving)
    life = await (await claimed(database, queue, leaving.id)).to(S.GENERATING)
    await claimed(database, queue, leaving.id)
    assert await queue.hand_over(leaving.id) == 2
    assert await queue.hand_over(leaving.id) == 0
    assert (await job_row(database, life.claim.job.id))["claimed_by"] is None
    stopped = await row(database, "SELECT stopped_at FROM executors WHERE id = :id", id=leaving.id)
    assert stopped["stopped_at"] is not None
    # Until somebody takes it over, its last owner may still finish what it was doing.
    assert await life.collect() is Outcome.APPLIED
    assert len(await queue.adopt(living.id, ["mock"], dead_too=False, limit=9)) == 2
    assert await life.complete() is Outcome.LOST
    await assert_consistent(database)


async def test_providers_that_one_does_not_have_are_left_to_others(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
) -> None:
    await claimed(database, queue, dead.id)
    assert await queue.adopt(living.id, ["grok"], dead_too=True, limit=9) == []
    assert await queue.adopt(living.id, [], dead_too=True, limit=9) == []
    assert len(await queue.adopt(living.id, ["grok", "mock"], dead_too=True, limit=9)) == 1


async def test_two_rescuers_share_the_dead_ones_jobs(
    database: Database, queue: PostgresQueue, dead: ExecutorCard
) -> None:
    await insert_jobs(database, 40)
    assert len(await claim_all(queue, dead.id, lane(100))) == 40
    rescuers = [card() for _ in range(4)]
    for one in rescuers:
        await queue.beat(one)

    async def rescue(one: ExecutorCard) -> list[object]:
        taken: list[object] = []
        while more := await queue.adopt(one.id, ["mock"], dead_too=True, limit=3):
            taken += [claim.job.id for claim in more]
        return taken

    found = [job for taken in await asyncio.gather(*map(rescue, rescuers)) for job in taken]
    assert len(found) == len(set(found)) == 40
    await assert_consistent(database)


async def test_the_limit_of_an_adoption_holds(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
) -> None:
    await insert_jobs(database, 5)
    await claim_all(queue, dead.id, lane(100))
    assert len(await queue.adopt(living.id, ["mock"], dead_too=True, limit=3)) == 3
    assert len(await queue.adopt(living.id, ["mock"], dead_too=True, limit=3)) == 2


async def test_adopting_holds_no_second_place(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
) -> None:
    await claimed(database, queue, dead.id)
    await queue.adopt(living.id, ["mock"], dead_too=True, limit=9)
    assert (await row(database, "SELECT in_flight FROM gates"))["in_flight"] == 1


async def test_a_cancelled_job_is_collected_by_whoever_takes_it_over(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
) -> None:
    life = await (await claimed(database, queue, dead.id)).to(S.GENERATING)
    assert await JobMovesStore(database).cancel(life.claim.job.id) is CancelOutcome.STOPPING
    (claim,) = await queue.adopt(living.id, ["mock"], dead_too=True, limit=9)
    assert claim.job.status is S.CANCELLED
    assert claim.attempt is not None
    assert (claim.attempt.state, claim.attempt.provider_job_id) == (AttemptState.ABANDONED, life.handle.id)
    keep = moves.keep_take(claim, claim.attempt.id, stored(claim), 1)
    assert await Life(queue, claim).apply(keep) is Outcome.APPLIED
    assert await queue.adopt(living.id, ["mock"], dead_too=True, limit=9) == []
    await assert_consistent(database)


async def test_an_adopted_claim_knows_its_place_in_the_film(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
) -> None:
    project, scene = uuid4(), uuid4()
    shot = await insert_shot(database, project, scene, "2C")
    await claimed(database, queue, dead.id, project_id=project, scene_id=scene, shot_id=shot)
    (claim,) = await queue.adopt(living.id, ["mock"], dead_too=True, limit=9)
    assert (claim.project_title, claim.scene_title, claim.shot_label) == ("Untitled", "Untitled", "2C")


async def test_the_latest_attempt_is_what_one_carries_on_from(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
) -> None:
    life = await (await claimed(database, queue, dead.id)).to(S.GENERATING)
    error = GenerationFailedError(ErrorCode.PROVIDER_FAILED)
    await life.apply(moves.retry_later(life.claim, life.attempt.id, error, error.cost, 0.0))
    (again,) = await queue.claim(dead.id, lane(), 1)
    second = Life(queue, again)
    await second.begin()
    (claim,) = await queue.adopt(living.id, ["mock"], dead_too=True, limit=9)
    assert claim.attempt is not None
    assert (claim.attempt.id, claim.attempt.number, claim.attempts) == (second.attempt.id, 2, 2)


class TestBeat:
    async def test_one_row_per_executor_says_that_it_lives(
        self, database: Database, queue: PostgresQueue, living: ExecutorCard
    ) -> None:
        await silence(database, living.id)
        pulse = await queue.beat(living)
        assert (list(pulse.cancelled), pulse.orphans) == ([], False)
        (one,) = await rows(database, "SELECT *, now() - heartbeat_at AS silence FROM executors")
        assert (one["name"], one["host"], one["pid"]) == (living.name, living.host, living.pid)
        assert one["silence"].total_seconds() < 5

    async def test_a_beat_tells_which_of_its_jobs_were_cancelled(
        self, database: Database, queue: PostgresQueue, living: ExecutorCard
    ) -> None:
        life = await (await claimed(database, queue, living.id)).to(S.GENERATING)
        await (await claimed(database, queue, living.id)).to(S.GENERATING)
        await JobMovesStore(database).cancel(life.claim.job.id)
        assert list((await queue.beat(living)).cancelled) == [life.claim.job.id]
        other = card()
        assert list((await queue.beat(other)).cancelled) == []

    async def test_a_holder_whose_row_was_deleted_is_given_its_time_and_then_rescued(
        self, database: Database, queue: PostgresQueue, living: ExecutorCard
    ) -> None:
        lost = card("lost")
        await queue.beat(lost)
        life = await claimed(database, queue, lost.id)
        await execute(database, "DELETE FROM executors WHERE id = :lost", lost=lost.id)
        assert not (await queue.beat(living)).orphans, "it may be alive"
        assert await queue.adopt(living.id, ["mock"], dead_too=True, limit=5) == []
        await silence(database, lost.id, 11)
        assert (await queue.beat(living)).orphans
        (adopted,) = await queue.adopt(living.id, ["mock"], dead_too=True, limit=5)
        assert adopted.job.id == life.claim.job.id

    async def test_a_living_holder_whose_row_was_deleted_keeps_its_jobs(
        self, database: Database, queue: PostgresQueue, living: ExecutorCard
    ) -> None:
        other = card("other")
        await claimed(database, queue, other.id)
        for beater in (living, other, living):
            assert not (await queue.beat(beater)).orphans
        found = await rows(database, "SELECT name FROM executors ORDER BY name")
        assert [one["name"] for one in found] == ["living", "other"]

    async def test_a_beat_tells_of_orphans(
        self, database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
    ) -> None:
        assert not (await queue.beat(living)).orphans, "the dead one holds nothing"
        await claimed(database, queue, dead.id)
        assert (await queue.beat(living)).orphans
        await queue.adopt(living.id, ["mock"], dead_too=True, limit=9)
        assert not (await queue.beat(living)).orphans

    async def test_a_beat_after_signing_off_signs_on_again(
        self, database: Database, queue: PostgresQueue, living: ExecutorCard
    ) -> None:
        await queue.hand_over(living.id)
        await queue.beat(living)
        assert (await row(database, "SELECT stopped_at FROM executors"))["stopped_at"] is None

    async def test_the_long_gone_are_forgotten_unless_they_hold_something(
        self, database: Database, queue: PostgresQueue, living: ExecutorCard
    ) -> None:
        gone, holds, signed_off, yesterday = (card(name) for name in ("gone", "holds", "off", "yesterday"))
        for one in (gone, holds, signed_off, yesterday):
            await queue.beat(one)
        await claimed(database, queue, holds.id)
        await queue.hand_over(signed_off.id)
        for one in (gone, holds):
            await silence(database, one.id, 25 * 3600)
        await silence(database, yesterday.id, 23 * 3600)
        await queue.forget_executors()
        left = await rows(database, "SELECT name FROM executors ORDER BY name")
        assert [one["name"] for one in left] == ["holds", "living", "yesterday"]


async def test_adoption_is_no_event(
    database: Database, queue: PostgresQueue, living: ExecutorCard, dead: ExecutorCard
) -> None:
    life = await claimed(database, queue, dead.id)
    await queue.adopt(living.id, ["mock"], dead_too=True, limit=9)
    assert await event_types(database, life.claim.job.id) == ["job.queued", "job.processing"]
