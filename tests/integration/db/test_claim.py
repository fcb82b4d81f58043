"""Claiming: nobody takes the same job, the limit is the cluster's, projects take turns, pauses hold."""

import asyncio
from collections import Counter
from uuid import UUID, uuid4

import pytest

from db.engine import Database, Joined
from db.queue import PostgresQueue
from domain import moves
from domain.failures import ErrorCode
from domain.moves import Outcome, Pause
from domain.provider import GenerationFailedError, SubmitRejectedError
from domain.statuses import JobKind, JobStatus
from tests.factories import (
    Life,
    attempt,
    card,
    claim_all,
    event_types,
    execute,
    handle,
    insert_job,
    insert_jobs,
    insert_shot,
    job_row,
    lane,
    row,
    set_gate,
)
from tests.integration.db.consistency import assert_consistent
from tests.integration.db.races import held, waiting

ME = card().id
FIRST, SECOND, THIRD = (UUID(int=n << 96) for n in (1, 2, 3))


@pytest.fixture
def queue(database: Database) -> PostgresQueue:
    return PostgresQueue(database)


async def test_a_claim_freezes_who_makes_it_and_counts_it(database: Database, queue: PostgresQueue) -> None:
    project, scene = uuid4(), uuid4()
    shot = await insert_shot(database, project, scene, "1B")
    job = await insert_job(
        database, project_id=project, scene_id=scene, shot_id=shot, error_code="rate_limited", progress=30
    )
    (claim,) = await queue.claim(ME, lane(), 5)
    assert claim.job.id == job
    assert (claim.job.provider, claim.job.model, claim.job.status) == ("mock", "mock-1", JobStatus.PROCESSING)
    assert (claim.job.attempt_count, claim.job.claim_count, claim.job.upload_count) == (1, 1, 0)
    assert (claim.job.claimed_by, claim.job.claim_token) == (ME, claim.token)
    assert claim.job.in_hand
    assert claim.job.slot_held
    assert (claim.job.error_code, claim.job.progress) == (None, 0)
    assert claim.job.processing_started_at is not None
    assert (claim.project_title, claim.scene_title, claim.shot_label) == ("Untitled", "Untitled", "1B")
    assert (claim.attempts, claim.attempt, claim.age, claim.adopted) == (0, None, 0.0, False)
    assert claim.announces
    assert await event_types(database, job) == ["job.queued", "job.processing"]
    await assert_consistent(database)


async def test_nothing_to_claim_writes_nothing(database: Database, queue: PostgresQueue) -> None:
    assert await queue.claim(ME, lane(), 5) == []
    await insert_job(database)
    assert await queue.claim(ME, lane(0), 5) == []
    assert await queue.claim(ME, lane(), 0) == []
    found = await row(database, "SELECT count(*) AS events FROM job_events WHERE type <> 'job.queued'")
    assert found["events"] == 0


async def test_concurrent_claimers_never_take_the_same_job(database: Database, queue: PostgresQueue) -> None:
    jobs = [job for _ in range(5) for job in await insert_jobs(database, 20)]
    found = await asyncio.gather(*(claim_all(queue, uuid4(), lane(1000), 7) for _ in range(6)))
    taken = [claim.job.id for claims in found for claim in claims]
    assert sorted(taken) == sorted(jobs)
    await assert_consistent(database)


async def test_a_job_locked_by_somebody_is_passed_over(database: Database, queue: PostgresQueue) -> None:
    locked, free = await insert_jobs(database, 2, priority=0)
    async with database.transaction() as connection:
        await execute(
            Joined(connection), "UPDATE video_generation_jobs SET priority = 9 WHERE id = :job", job=locked
        )
        claims = await asyncio.wait_for(queue.claim(ME, lane(), 2), 5)
        assert [claim.job.id for claim in claims] == [free]


async def test_a_project_whose_only_job_is_locked_does_not_stop_the_others(
    database: Database, queue: PostgresQueue
) -> None:
    locked = await insert_job(database, project_id=FIRST)
    free = await insert_job(database, project_id=SECOND)
    async with database.transaction() as connection:
        await execute(
            Joined(connection), "UPDATE video_generation_jobs SET priority = 9 WHERE id = :job", job=locked
        )
        # A limit of one looks at one project a time; the next claim looks at the next.
        found = [claim.job.id for _ in range(2) for claim in await queue.claim(ME, lane(1), 1)]
        assert found == [free]


@pytest.mark.parametrize("limit", [1, 3])
async def test_the_limit_holds_over_all_executors(
    database: Database, queue: PostgresQueue, limit: int
) -> None:
    await insert_jobs(database, 30)
    done, in_flight, most = 0, 0, 0

    async def executor(name: UUID) -> None:
        nonlocal done, in_flight, most
        while done < 30:
            claims = await queue.claim(name, lane(limit), 50)
            in_flight += len(claims)
            most = max(most, in_flight)
            for claim in claims:
                # Counted down before the place is given back, so that the count never flatters.
                in_flight -= 1
                error = SubmitRejectedError(ErrorCode.INVALID_REQUEST)
                await queue.apply([moves.fail(claim, JobStatus.PROCESSING, error)])
                done += 1
            await asyncio.sleep(0)

    await asyncio.gather(*(executor(uuid4()) for _ in range(4)))
    assert most <= limit
    assert done == 30
    await assert_consistent(database)


async def test_parallel_claims_share_what_is_left(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 50)
    found = await asyncio.gather(*(queue.claim(uuid4(), lane(5), 50) for _ in range(8)))
    assert sum(map(len, found)) == 5
    assert (await row(database, "SELECT in_flight FROM gates"))["in_flight"] == 5
    assert await queue.claim(ME, lane(4), 50) == [], "a lower limit does not go below zero"


async def test_a_second_claimer_waits_for_the_gate_and_not_for_the_jobs(
    database: Database, queue: PostgresQueue
) -> None:
    await insert_jobs(database, 2)
    await queue.claim(ME, lane(), 0)
    async with held(database) as other:
        first = asyncio.create_task(PostgresQueue(other).claim(uuid4(), lane(1), 1))
        await other.done.wait()
        second = asyncio.create_task(queue.claim(ME, lane(1), 1))
        await waiting(database)
        other.go.set()
        assert len(await first) == 1
        assert await second == []


async def test_kinds_and_providers_have_gates_of_their_own(database: Database, queue: PostgresQueue) -> None:
    await insert_job(database, kind="image")
    await insert_job(database, provider="grok")
    await insert_job(database)
    assert [c.job.kind for c in await queue.claim(ME, lane(1, kind=JobKind.IMAGE), 5)] == [JobKind.IMAGE]
    assert [c.job.provider for c in await queue.claim(ME, lane(1), 5)] == ["mock"]
    grok = lane(1, provider="grok", is_default=False)
    assert [c.job.provider for c in await queue.claim(ME, grok, 5)] == ["grok"]
    await assert_consistent(database)


async def test_a_job_without_a_provider_is_the_default_lanes(
    database: Database, queue: PostgresQueue
) -> None:
    open_job = await insert_job(database)
    named = await insert_job(database, provider="grok", model="grok-video")
    unknown = await insert_job(database, provider="nobody-has-this")
    other = lane(9, provider="grok", is_default=False)
    claims = await claim_all(queue, ME, other)
    assert [(claim.job.id, claim.job.model) for claim in claims] == [(named, "grok-video")]
    assert [claim.job.id for claim in await claim_all(queue, ME, lane(9))] == [open_job]
    assert (await job_row(database, unknown))["status"] == "queued"


async def test_a_flood_does_not_keep_another_project_waiting(
    database: Database, queue: PostgresQueue
) -> None:
    await insert_jobs(database, 1000, project_id=FIRST)
    lonely = await insert_job(database, project_id=SECOND)
    claims = await queue.claim(ME, lane(10), 10)
    assert lonely in [claim.job.id for claim in claims]


async def test_one_place_goes_around_the_ring(database: Database, queue: PostgresQueue) -> None:
    for project in (THIRD, FIRST, SECOND):
        await insert_jobs(database, 3, project_id=project)
    order = [claim.job.project_id for claim in await claim_all(queue, ME, lane(9), 1)]
    assert order == [FIRST, SECOND, THIRD] * 3


async def test_places_are_shared_equally(database: Database, queue: PostgresQueue) -> None:
    for project, jobs in ((FIRST, 100), (SECOND, 100), (THIRD, 2)):
        await insert_jobs(database, jobs, project_id=project)
    found = Counter(claim.job.project_id for claim in await claim_all(queue, ME, lane(12), 12))
    assert found[THIRD] == 2
    assert sum(found.values()) == 12
    assert abs(found[FIRST] - found[SECOND]) <= 2


async def test_a_new_project_is_served_in_its_turn(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 5, project_id=FIRST)
    await insert_jobs(database, 5, project_id=THIRD)
    order = [claim.job.project_id for _ in range(2) for claim in await queue.claim(ME, lane(9), 1)]
    assert order == [FIRST, THIRD]
    await insert_jobs(database, 1, project_id=SECOND)
    order = [claim.job.project_id for _ in range(3) for claim in await queue.claim(ME, lane(9), 1)]
    assert order == [FIRST, SECOND, THIRD]


async def test_within_a_project_priority_decides_and_then_age(
    database: Database, queue: PostgresQueue
) -> None:
    scene = uuid4()
    for priority, age in ((0, 1), (5, 2), (0, 3), (-1, 9)):
        (job,) = await insert_jobs(database, project_id=FIRST, scene_id=scene, priority=priority)
        await execute(
            database,
            "UPDATE video_generation_jobs SET run_after = now() - make_interval(secs => :age) "
            "WHERE id = :job",
            age=age,
            job=job,
        )
    claims = await claim_all(queue, ME, lane(9), 1)
    assert [claim.job.priority for claim in claims] == [5, 0, 0, -1]
    assert claims[1].job.run_after < claims[2].job.run_after


async def test_a_back_off_is_waited_for(database: Database, queue: PostgresQueue) -> None:
    job = await insert_job(database)
    wait = "UPDATE video_generation_jobs SET run_after = now() + make_interval(secs => :wait) WHERE id = :job"
    await execute(database, wait, wait=60, job=job)
    assert await queue.claim(ME, lane(), 1) == []
    await execute(database, wait, wait=-1, job=job)
    assert len(await queue.claim(ME, lane(), 1)) == 1


async def test_only_queued_jobs_are_claimed(database: Database, queue: PostgresQueue) -> None:
    await insert_job(database, status="waiting")
    assert await queue.claim(ME, lane(), 5) == []


async def _fault(queue: PostgresQueue, *, seconds: float | None = None, jobs: int = 1) -> None:
    """Let the provider refuse what is claimed next."""
    claims = await queue.claim(ME, lane(9), jobs)
    assert len(claims) == jobs
    error = SubmitRejectedError(ErrorCode.RATE_LIMITED)
    for claim in claims:
        tried = attempt(claim)
        await queue.apply([moves.begin(claim, tried)])
        await queue.apply([moves.reject(claim, tried, error, 0.0, Pause("slow down", seconds))])


async def _pause(database: Database) -> tuple[int, float]:
    found = await row(
        database, "SELECT faults, extract(epoch FROM paused_until - now())::float8 AS seconds FROM gates"
    )
    return found["faults"], found["seconds"]


async def test_a_paused_provider_is_left_alone(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 3)
    await _fault(queue)
    assert await queue.claim(ME, lane(9), 5) == []
    faults, seconds = await _pause(database)
    assert faults == 1
    assert 1 < seconds <= 2
    await assert_consistent(database)


async def test_after_a_pause_one_job_probes(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 5)
    await _fault(queue)
    await set_gate(database, paused_until=None)
    (probe,) = await queue.claim(ME, lane(9), 5)
    assert await queue.claim(ME, lane(9), 5) == [], "nothing more until the probe's answer"
    tried = attempt(probe)
    await queue.apply([moves.begin(probe, tried)])
    await queue.apply([moves.accept(probe, tried, handle())])
    assert len(await claim_all(queue, ME, lane(9))) == 4
    assert (await row(database, "SELECT faults, paused_reason FROM gates")) == {
        "faults": 0,
        "paused_reason": None,
    }


async def test_each_fault_of_a_probe_doubles_the_pause(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 1)
    for faults, longest in ((1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 64), (7, 128), (8, 256), (9, 300)):
        await _fault(queue)
        found = await _pause(database)
        assert found[0] == faults
        assert longest - 1 < found[1] <= longest
        await execute(database, "UPDATE gates SET paused_until = now() - interval '1 second'")
        await execute(database, "UPDATE gates SET probed_until = NULL")


async def test_what_was_sent_before_a_pause_is_the_same_fault(
    database: Database, queue: PostgresQueue
) -> None:
    await insert_jobs(database, 4)
    await _fault(queue, jobs=3)
    faults, seconds = await _pause(database)
    assert faults == 1, "three that were refused one after another"
    assert seconds <= 2
    await set_gate(database, paused_until=None)
    await _fault(queue)
    assert (await _pause(database))[0] == 2


async def test_jobs_in_flight_go_on_while_their_provider_is_paused(
    database: Database, queue: PostgresQueue
) -> None:
    await insert_jobs(database, 3)
    life = Life(queue, (await queue.claim(ME, lane(9), 1))[0])
    await life.to(JobStatus.GENERATING)
    await _fault(queue, seconds=600.0)
    assert await life.collect() is Outcome.APPLIED
    assert await life.complete() is Outcome.APPLIED
    faults, seconds = await _pause(database)
    assert (faults, seconds > 500) == (1, True), "what was accepted before says nothing of now"
    assert await queue.claim(ME, lane(9), 9) == []
    await assert_consistent(database)


async def test_a_failed_generation_pauses_its_provider(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 2)
    life = Life(queue, (await queue.claim(ME, lane(9), 1))[0])
    await life.to(JobStatus.GENERATING)
    error = GenerationFailedError(ErrorCode.QUOTA_OR_BILLING)
    pause = Pause("out of credits")
    await life.apply(moves.fail(life.claim, JobStatus.GENERATING, error, life.attempt.id, pause=pause))
    assert (await _pause(database))[0] == 1
    assert await queue.claim(ME, lane(9), 9) == []
    await assert_consistent(database)


async def test_a_probe_without_an_answer_is_given_up(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 5)
    await _fault(queue)
    await set_gate(database, paused_until=None)
    assert len(await queue.claim(ME, lane(9), 5)) == 1
    await execute(database, "UPDATE gates SET probed_until = now() - interval '1 second'")
    assert len(await queue.claim(ME, lane(9), 5)) == 1, "an overdue probe is followed by another"


@pytest.mark.parametrize("order", [(60.0, None), (None, 60.0)], ids=["first", "last"])
async def test_retry_after_is_never_undercut(
    database: Database, queue: PostgresQueue, order: tuple[float | None, float | None]
) -> None:
    await insert_jobs(database, 2)
    claims = await queue.claim(ME, lane(9), 2)
    tries = [attempt(claim) for claim in claims]
    await queue.apply([moves.begin(c, t) for c, t in zip(claims, tries, strict=True)])
    error = SubmitRejectedError(ErrorCode.RATE_LIMITED)
    # Both in one flush, as it happens when a provider refuses everybody at once.
    await queue.apply(
        [
            moves.reject(c, t, error, 0.0, Pause("slow down", seconds))
            for c, t, seconds in zip(claims, tries, order, strict=True)
        ]
    )
    assert 58 < (await _pause(database))[1] <= 60
