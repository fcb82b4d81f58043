"""What an executor writes: guarded, fenced, all or nothing, and safe to repeat."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.engine import Database
from db.job_moves import JobMovesStore
from db.queue import PostgresQueue
from domain import moves
from domain.errors import PoisonedError
from domain.failures import ErrorCode
from domain.moves import Move, Outcome, Pause
from domain.ports import StoredResult
from domain.provider import GenerationFailedError, Handle, SubmitRejectedError, SubmitUnknownError
from domain.statuses import AttemptState, CancelOutcome, JobStatus
from tests.factories import (
    Life,
    attempt,
    attempt_rows,
    card,
    claimed,
    event_types,
    insert_job,
    insert_jobs,
    insert_shot,
    job_row,
    lane,
    result,
    row,
    rows,
    set_gate,
    silence,
    stored,
)
from tests.integration.db.consistency import assert_consistent
from tests.integration.db.races import held, waiting

S = JobStatus
ME = card().id
FAILED = GenerationFailedError(ErrorCode.PROVIDER_FAILED, raw='{"why": "unknown"}')
REFUSED = SubmitRejectedError(ErrorCode.RATE_LIMITED)


@pytest.fixture
def queue(database: Database) -> PostgresQueue:
    return PostgresQueue(database)


STEPS: dict[str, tuple[JobStatus, bool, Callable[[Life], Move]]] = {
    # name: where the job stands, whether its attempt has begun, the move
    "begin": (S.PROCESSING, False, lambda life: moves.begin(life.claim, life.attempt)),
    "release": (S.PROCESSING, False, lambda life: moves.release(life.claim, 5.0)),
    "accept": (S.PROCESSING, True, lambda life: moves.accept(life.claim, life.attempt, life.handle)),
    "lose_answer": (
        S.PROCESSING,
        True,
        lambda life: moves.lose_answer(life.claim, life.attempt, SubmitUnknownError()),
    ),
    "free_slot": (S.PROCESSING, True, lambda life: moves.free_slot(life.claim)),
    "reject": (
        S.PROCESSING,
        True,
        lambda life: moves.reject(life.claim, life.attempt, REFUSED, 5.0, Pause("slow", 1.0)),
    ),
    "fail_unsent": (S.PROCESSING, False, lambda life: moves.fail(life.claim, S.PROCESSING, REFUSED)),
    "fail_rejected": (
        S.PROCESSING,
        True,
        lambda life: moves.fail(life.claim, S.PROCESSING, REFUSED, life.attempt.id, AttemptState.REJECTED),
    ),
    "give_up": (
        S.PROCESSING,
        True,
        lambda life: moves.fail(
            life.claim, S.PROCESSING, SubmitUnknownError(), life.attempt.id, AttemptState.UNKNOWN
        ),
    ),
    "progress": (S.GENERATING, True, lambda life: moves.progress(life.claim, 40)),
    "collect": (S.GENERATING, True, lambda life: moves.collect(life.claim, life.attempt.id, result())),
    "retry_later": (
        S.GENERATING,
        True,
        lambda life: moves.retry_later(life.claim, life.attempt.id, FAILED, Decimal("0.1"), 5.0),
    ),
    "fail_generation": (
        S.GENERATING,
        True,
        lambda life: moves.fail(life.claim, S.GENERATING, FAILED, life.attempt.id, cost=Decimal("0.1")),
    ),
    "complete": (
        S.UPLOADING,
        True,
        lambda life: moves.complete(life.claim, life.attempt.id, stored(life.claim), 2),
    ),
    "fail_upload": (
        S.UPLOADING,
        True,
        lambda life: moves.fail(life.claim, S.UPLOADING, FAILED, life.attempt.id, uploads=1),
    ),
}

EXPECTED: dict[str, dict[str, Any]] = {
    "begin": {"status": S.PROCESSING, "slot_held": True, "in_hand": True, "attempt_count": 1},
    "release": {"status": S.QUEUED, "slot_held": False, "in_hand": False, "attempt_count": 0},
    "accept": {"status": S.GENERATING, "slot_held": True, "in_hand": True, "attempt_count": 1},
    "lose_answer": {"status": S.PROCESSING, "slot_held": True, "in_hand": True, "attempt_count": 1},
    "free_slot": {"status": S.PROCESSING, "slot_held": False, "in_hand": True, "attempt_count": 1},
    "reject": {"status": S.QUEUED, "slot_held": False, "in_hand": False, "attempt_count": 0},
    "fail_unsent": {"status": S.FAILED, "slot_held": False, "in_hand": False, "attempt_count": 0},
    "fail_rejected": {"status": S.FAILED, "slot_held": False, "in_hand": False, "attempt_count": 0},
    "give_up": {"status": S.FAILED, "slot_held": False, "in_hand": False, "attempt_count": 1},
    "progress": {"status": S.GENERATING, "slot_held": True, "in_hand": True, "progress": 40},
    "collect": {"status": S.UPLOADING, "slot_held": False, "in_hand": True, "progress": 100},
    "retry_later": {"status": S.QUEUED, "slot_held": False, "in_hand": False, "attempt_count": 1},
    "fail_generation": {"status": S.FAILED, "slot_held": False, "in_hand": False, "attempt_count": 1},
    "complete": {"status": S.COMPLETED, "slot_held": False, "in_hand": False, "upload_count": 2},
    "fail_upload": {"status": S.FAILED, "slot_held": False, "in_hand": False, "upload_count": 1},
}
ATTEMPT_AFTER: dict[str, str | None] = {
    "begin": "intent",
    "release": None,
    "accept": "accepted",
    "lose_answer": "unknown",
    "free_slot": "intent",
    "reject": "rejected",
    "fail_unsent": None,
    "fail_rejected": "rejected",
    "give_up": "unknown",
    "progress": "accepted",
    "collect": "succeeded",
    "retry_later": "failed",
    "fail_generation": "failed",
    "complete": "succeeded",
    "fail_upload": "failed",
}


async def ready(database: Database, queue: PostgresQueue, name: str) -> tuple[Life, Move]:
    """Bring a job to where the step may be taken."""
    status, begun, build = STEPS[name]
    life = await claimed(database, queue, ME)
    await life.to(status)
    if status is S.PROCESSING and begun:
        await life.begin()
    return life, build(life)


async def everything(database: Database, job: UUID) -> list[Any]:
    """Read whatever a move may write, but for the clock."""
    return [
        await job_row(database, job),
        await attempt_rows(database, job),
        await rows(database, "SELECT * FROM gates"),
        await rows(database, "SELECT id, render_status FROM scenes"),
        await rows(database, "SELECT id, type, data FROM job_events ORDER BY id"),
    ]


@pytest.mark.parametrize("name", STEPS)
async def test_a_move_does_what_it_says(database: Database, queue: PostgresQueue, name: str) -> None:
    life, move = await ready(database, queue, name)
    assert await life.apply(move) is Outcome.APPLIED
    job = await job_row(database, life.claim.job.id)
    assert {key: job[key] for key in EXPECTED[name]} == EXPECTED[name]
    states = [one["state"] for one in await attempt_rows(database, job["id"])]
    assert states == ([ATTEMPT_AFTER[name]] if ATTEMPT_AFTER[name] else [])
    assert (job["claimed_by"] is None) is not job["in_hand"]
    await assert_consistent(database)


@pytest.mark.parametrize("name", ["accept", "lose_answer", "reject", "fail_rejected", "give_up"])
async def test_the_quote_is_on_the_job_after_the_first_move_that_follows_the_begin(
    database: Database, queue: PostgresQueue, name: str
) -> None:
    life, move = await ready(database, queue, name)
    (made,) = await attempt_rows(database, life.claim.job.id)
    assert await life.apply(move) is Outcome.APPLIED
    after = await job_row(database, life.claim.job.id)
    assert after["estimated_cost"] == made["estimated_cost"] == Decimal("0.3")


async def test_a_begin_leaves_the_job_as_it_is(database: Database, queue: PostgresQueue) -> None:
    life = await claimed(database, queue, ME)
    version = "SELECT ctid::text AS place FROM video_generation_jobs"
    before = await row(database, version)
    assert await life.begin() is Outcome.APPLIED
    assert await row(database, version) == before


@pytest.mark.parametrize("name", STEPS)
async def test_a_move_that_is_sent_twice_holds_once(
    database: Database, queue: PostgresQueue, name: str
) -> None:
    """As after a commit whose answer was lost."""
    life, move = await ready(database, queue, name)
    assert await life.apply(move) is Outcome.APPLIED
    before = await everything(database, life.claim.job.id)
    assert await life.apply(move) is Outcome.APPLIED
    after = await everything(database, life.claim.job.id)
    assert after == before


@pytest.mark.parametrize("name", STEPS)
async def test_a_move_of_somebody_who_lost_the_job_writes_nothing(
    database: Database, queue: PostgresQueue, name: str
) -> None:
    life, move = await ready(database, queue, name)
    successor = card("successor")
    await queue.beat(successor)
    await queue.hand_over(ME)
    (adopted,) = await queue.adopt(successor.id, ["mock"], dead_too=False, limit=10)
    before = await everything(database, life.claim.job.id)
    assert await life.apply(move) is Outcome.LOST
    assert _fenced(await everything(database, life.claim.job.id)) == _fenced(before)
    assert adopted.token != life.claim.token


def _fenced(found: list[Any]) -> list[Any]:
    """Leave out what is true whoever says it: what a scene's jobs make of it."""
    job, attempts, gates, _, events = found
    return [job, attempts, gates, [event for event in events if event["type"].startswith("job.")]]


@pytest.mark.parametrize("name", ["reject", "accept"])
async def test_a_lost_move_neither_pauses_nor_opens_a_gate(
    database: Database, queue: PostgresQueue, name: str
) -> None:
    """A rejected submit pauses the provider and an accepted one ends its faults, if it is still its job."""
    life, move = await ready(database, queue, name)
    await set_gate(database, faults=2, paused_reason="slow")
    before = await rows(database, "SELECT * FROM gates")
    stale = replace(move, claim=replace(life.claim, token=uuid4()))
    assert await life.apply(stale) is Outcome.LOST
    assert await rows(database, "SELECT * FROM gates") == before
    assert await life.apply(move) is Outcome.APPLIED
    (after,) = await rows(database, "SELECT * FROM gates")
    assert (after["faults"], after["paused_reason"]) == ((3, "slow") if move.pause else (0, None))


@pytest.mark.parametrize("name", STEPS)
async def test_a_move_that_expects_another_status_writes_nothing(
    database: Database, queue: PostgresQueue, name: str
) -> None:
    life, move = await ready(database, queue, name)
    other = next(
        s for s in (S.GENERATING, S.UPLOADING, S.PROCESSING) if s not in {move.expected, move.target}
    )
    wrong = replace(move, expected=other, target=S.FAILED, columns={"error_code": "cancelled"})
    before = await everything(database, life.claim.job.id)
    assert await life.apply(wrong) is Outcome.LOST
    assert _fenced(await everything(database, life.claim.job.id)) == _fenced(before)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("first", ["executor", "person"])
async def test_a_cancel_at_the_same_time(
    database: Database, queue: PostgresQueue, name: str, first: str
) -> None:
    life, move = await ready(database, queue, name)
    job, people = life.claim.job.id, JobMovesStore(database)
    async with held(database) as other:
        if first == "executor":
            early: Any = asyncio.create_task(PostgresQueue(other).apply([move]))
            await other.done.wait()
            late: Any = asyncio.create_task(people.cancel(job))
        else:
            early = asyncio.create_task(JobMovesStore(other).cancel(job))
            await other.done.wait()
            late = asyncio.create_task(queue.apply([move]))
        await waiting(database)
        other.go.set()
        answers = {first: await early}
        answers["person" if first == "executor" else "executor"] = await late
    after = await job_row(database, job)
    outcome: CancelOutcome = answers["person"]
    (moved,) = answers["executor"]
    submitted = (
        any(one["state"] == "abandoned" for one in await attempt_rows(database, job))
        or after["generated_at"] is not None
    )
    if first == "person":
        # It came before the move: the executor learns it, and goes on for as long as its attempt may run.
        assert outcome is (CancelOutcome.STOPPING if submitted else CancelOutcome.CANCELLED)
        assert moved is (Outcome.CANCELLED if after["in_hand"] else Outcome.LOST)
        assert after["status"] == S.CANCELLED
    else:
        assert moved is Outcome.APPLIED
        if EXPECTED[name]["status"] in {S.FAILED, S.COMPLETED}:
            assert outcome is CancelOutcome.ALREADY_FINAL
        else:
            assert after["status"] == S.CANCELLED
            runs = EXPECTED[name]["status"] != S.QUEUED
            assert outcome is (CancelOutcome.STOPPING if runs else CancelOutcome.CANCELLED)
    assert after["in_hand"] == (outcome is CancelOutcome.STOPPING)
    await assert_consistent(database)


async def test_a_cancel_waiting_for_a_begin_sees_the_attempt(
    database: Database, queue: PostgresQueue
) -> None:
    """The scene is shown as rendering already, so that the begin locks nothing but its job."""
    scene, project = uuid4(), uuid4()
    first = await claimed(database, queue, ME, project_id=project, scene_id=scene)
    await first.begin()
    life = await claimed(database, queue, ME, project_id=project, scene_id=scene)
    assert not life.claim.announces
    async with held(database) as other:
        begin = asyncio.create_task(PostgresQueue(other).apply([moves.begin(life.claim, life.attempt)]))
        await other.done.wait()
        cancel = asyncio.create_task(JobMovesStore(database).cancel(life.claim.job.id))
        await waiting(database)
        other.go.set()
        assert await begin == [Outcome.APPLIED]
        # The POST follows the begin: whatever it starts is still collected.
        assert await cancel is CancelOutcome.STOPPING
    assert [one["state"] for one in await attempt_rows(database, life.claim.job.id)] == ["abandoned"]
    await assert_consistent(database)


async def test_what_comes_of_a_cancelled_job_is_kept(database: Database, queue: PostgresQueue) -> None:
    life = await (await claimed(database, queue, ME)).to(S.GENERATING)
    job = life.claim.job.id
    assert await JobMovesStore(database).cancel(job) is CancelOutcome.STOPPING
    assert await life.collect() is Outcome.CANCELLED
    keep = moves.keep_take(life.claim, life.attempt.id, stored(life.claim), 1)
    for _ in range(2):
        assert await life.apply(keep) is Outcome.APPLIED
    after = await job_row(database, job)
    assert (after["status"], after["in_hand"], after["slot_held"]) == (S.CANCELLED, False, False)
    assert (after["actual_cost"], after["upload_count"]) == (Decimal("0.25"), 1)
    assert after["storage_path"]
    (made,) = await attempt_rows(database, job)
    assert (made["state"], made["storage_path"]) == ("abandoned", after["storage_path"])
    assert made["finished_at"] is not None
    assert (await event_types(database, job))[-2:] == ["job.cancelled", "job.take_kept"]
    await assert_consistent(database)


async def test_a_cancelled_job_holds_its_place_while_its_generation_runs(
    database: Database, queue: PostgresQueue
) -> None:
    life = await (await claimed(database, queue, ME)).to(S.GENERATING)
    job = life.claim.job.id
    await JobMovesStore(database).cancel(job)
    assert (await job_row(database, job))["slot_held"]
    over = moves.collect_take(life.claim, life.attempt.id, result())
    for _ in range(2):
        assert await life.apply(over) is Outcome.APPLIED
        after = await job_row(database, job)
        assert (after["status"], after["in_hand"], after["slot_held"]) == (S.CANCELLED, True, False)
        await assert_consistent(database)
    (made,) = await attempt_rows(database, job)
    assert (made["state"], made["result"]) == ("abandoned", result().to_json())
    assert made["actual_cost"] == result().actual_cost
    keep = moves.keep_take(life.claim, life.attempt.id, stored(life.claim), 1)
    assert await life.apply(keep) is Outcome.APPLIED
    await assert_consistent(database)


async def test_a_cancelled_submission_that_is_searched_for_gives_its_place_up_in_time(
    database: Database, queue: PostgresQueue
) -> None:
    life = await claimed(database, queue, ME)
    await life.begin()
    await life.lose_answer()
    await JobMovesStore(database).cancel(life.claim.job.id)
    assert await life.apply(moves.free_slot(life.claim)) is Outcome.CANCELLED
    assert await life.apply(moves.free_slot(life.claim, cancelled=True)) is Outcome.APPLIED
    after = await job_row(database, life.claim.job.id)
    assert (after["in_hand"], after["slot_held"]) == (True, False)
    await assert_consistent(database)


async def test_a_cancelled_job_that_came_to_nothing_is_let_go(
    database: Database, queue: PostgresQueue
) -> None:
    life = await (await claimed(database, queue, ME)).to(S.GENERATING)
    await JobMovesStore(database).cancel(life.claim.job.id)
    let_go = moves.let_go(life.claim, life.attempt.id, FAILED, Decimal("0.1"))
    for _ in range(2):
        assert await life.apply(let_go) is Outcome.APPLIED
    after = await job_row(database, life.claim.job.id)
    assert (after["in_hand"], after["slot_held"], after["error_code"]) == (False, False, "cancelled")
    (made,) = await attempt_rows(database, life.claim.job.id)
    assert (made["actual_cost"], made["error_code"]) == (Decimal("0.1"), "provider_failed")
    await assert_consistent(database)


async def test_a_whole_life_is_on_record(database: Database, queue: PostgresQueue) -> None:
    project, scene = uuid4(), uuid4()
    shot = await insert_shot(database, project, scene)
    life = await claimed(database, queue, ME, project_id=project, scene_id=scene, shot_id=shot)
    await life.to(S.COMPLETED)
    job = await job_row(database, life.claim.job.id)
    assert job["provider_job_id"] == life.handle.id
    assert job["provider_metadata"] == dict(life.handle.data)
    assert (job["estimated_cost"], job["actual_cost"]) == (Decimal("0.3"), Decimal("0.25"))
    moments = ["created_at", "processing_started_at", "submitted_at", "generated_at", "completed_at"]
    assert [job[name] for name in moments] == sorted(job[name] for name in moments)
    assert job["finished_at"] == job["completed_at"]
    (made,) = await attempt_rows(database, job["id"])
    assert (made["id"], made["number"], made["state"]) == (life.attempt.id, 1, "succeeded")
    assert (made["provider"], made["model"], made["landing"]) == ("mock", "mock-1", life.attempt.landing)
    assert (made["executor_id"], made["handle"]) == (ME, dict(life.handle.data))
    assert made["request"] == life.attempt.request.to_json()
    assert made["result"] == result().to_json()
    assert (made["actual_cost"], made["storage_path"]) == (Decimal("0.25"), job["storage_path"])
    assert await event_types(database, job["id"]) == [
        f"job.{status}" for status in ("queued", "processing", "generating", "uploading", "completed")
    ]
    events = await rows(database, "SELECT data FROM job_events WHERE job_id IS NOT NULL ORDER BY id")
    assert all(event["data"]["shot_id"] == str(shot) for event in events)
    found = await rows(database, "SELECT type FROM job_events WHERE job_id IS NULL ORDER BY id")
    assert [one["type"] for one in found] == [
        "scene.rendering",
        "project.rendering",
        "scene.complete",
        "project.complete",
    ]
    await assert_consistent(database)


async def test_a_back_off_holds_a_job_back(database: Database, queue: PostgresQueue) -> None:
    life, move = await ready(database, queue, "retry_later")
    await life.apply(move)
    waits = await row(
        database,
        "SELECT extract(epoch FROM run_after - now())::float8 AS seconds, error_code, provider_job_id "
        "FROM video_generation_jobs",
    )
    assert 3 < waits["seconds"] <= 5
    assert (waits["error_code"], waits["provider_job_id"]) == ("provider_failed", None)
    assert await queue.claim(ME, lane(), 5) == []


async def test_a_job_that_waits_for_its_frames_says_so_and_counts_no_generation(
    database: Database, queue: PostgresQueue
) -> None:
    life, _ = await ready(database, queue, "release")
    why = SubmitRejectedError(ErrorCode.DOWNLOAD_FAILED, "start_frame_url cannot be read now")
    assert await life.apply(moves.release(life.claim, 60.0, why)) is Outcome.APPLIED
    job = await job_row(database, life.claim.job.id)
    assert (job["status"], job["attempt_count"], job["claim_count"]) == ("queued", 0, 1)
    assert (job["error_code"], job["error_message"]) == ("download_failed", why.message)
    await assert_consistent(database)


async def test_a_result_is_found_by_its_own_project(database: Database, queue: PostgresQueue) -> None:
    life = await claimed(database, queue, ME)
    job = life.claim.job
    assert await queue.stored(job.id, job.project_id) == StoredResult(S.PROCESSING, None)
    await life.to(S.COMPLETED)
    found = await queue.stored(job.id, job.project_id)
    assert found == StoredResult(S.COMPLETED, stored(life.claim)["storage_path"])
    assert await queue.stored(job.id, uuid4()) is None
    assert await queue.stored(uuid4(), job.project_id) is None


async def test_the_next_attempt_has_the_next_number(database: Database, queue: PostgresQueue) -> None:
    life = await (await claimed(database, queue, ME)).to(S.GENERATING)
    await life.apply(moves.retry_later(life.claim, life.attempt.id, FAILED, Decimal(0), 0.0))
    (again,) = await queue.claim(ME, lane(), 1)
    assert (again.attempts, again.job.attempt_count) == (1, 2)
    second = await Life(queue, again).to(S.COMPLETED)
    made = await attempt_rows(database, again.job.id)
    assert [(one["number"], one["state"]) for one in made] == [(1, "failed"), (2, "succeeded")]
    assert second.attempt.id == made[1]["id"]
    await assert_consistent(database)


async def test_one_flush_moves_many_and_answers_in_order(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 20)
    lives = [Life(queue, held_) for held_ in await queue.claim(ME, lane(100), 100)]
    lost = {3, 11}
    stale = [replace(life.claim, token=uuid4()) if n in lost else life.claim for n, life in enumerate(lives)]
    outcomes = await queue.apply(
        [moves.begin(claim, life.attempt) for claim, life in zip(stale, lives, strict=True)]
    )
    assert [n for n, outcome in enumerate(outcomes) if outcome is Outcome.LOST] == sorted(lost)
    assert (await row(database, "SELECT count(*) AS made FROM job_attempts"))["made"] == 18
    await assert_consistent(database)


async def test_an_unknown_job_is_lost(database: Database, queue: PostgresQueue) -> None:
    life = await claimed(database, queue, ME)
    gone = replace(life.claim, job=replace(life.claim.job, id=uuid4()))
    assert await queue.apply([moves.release(gone), moves.release(life.claim)]) == [
        Outcome.LOST,
        Outcome.APPLIED,
    ]
    assert await queue.apply([]) == []


POISON: dict[str, Callable[[Life], Move]] = {
    "lone surrogate": lambda life: moves.fail(
        life.claim, S.GENERATING, GenerationFailedError(ErrorCode.PROVIDER_FAILED, "\ud800")
    ),
    "nan": lambda life: moves.collect(
        life.claim, life.attempt.id, replace(result(), data={"seconds": float("nan")})
    ),
    "infinity": lambda life: replace(moves.progress(life.claim, 1), delay=float("inf")),
    "cost overflow": lambda life: moves.fail(
        life.claim, S.GENERATING, FAILED, life.attempt.id, cost=Decimal(10) ** 6
    ),
    "progress overflow": lambda life: moves.progress(life.claim, 2**31),
    "progress beyond": lambda life: moves.progress(life.claim, 101),
    "size overflow": lambda life: replace(moves.progress(life.claim, 1), columns={"size_bytes": 2**63}),
    "nul in a key": lambda life: moves.collect(
        life.claim, life.attempt.id, replace(result(), data={"a\x00": 1})
    ),
    "nothing stored": lambda life: replace(moves.progress(life.claim, 1), target=S.COMPLETED),
}


@pytest.mark.parametrize("name", POISON)
async def test_a_poisoned_row_stops_its_whole_batch_and_says_so(
    database: Database, queue: PostgresQueue, name: str
) -> None:
    good = await (await claimed(database, queue, ME)).to(S.GENERATING)
    bad = await (await claimed(database, queue, ME)).to(S.GENERATING)
    before = [await everything(database, life.claim.job.id) for life in (good, bad)]
    fine = moves.progress(good.claim, 50)
    with pytest.raises(PoisonedError):
        await queue.apply([fine, POISON[name](bad)])
    assert [await everything(database, life.claim.job.id) for life in (good, bad)] == before
    assert await queue.apply([fine]) == [Outcome.APPLIED]


async def test_a_nul_in_a_providers_words_is_left_out(database: Database, queue: PostgresQueue) -> None:
    life = await (await claimed(database, queue, ME)).to(S.GENERATING)
    error = GenerationFailedError(ErrorCode.PROVIDER_FAILED, "bro\x00ken", raw="\\u0000 \x00")
    assert await life.apply(moves.fail(life.claim, S.GENERATING, error, life.attempt.id)) is Outcome.APPLIED
    assert (await job_row(database, life.claim.job.id))["error_message"] == "broken"
    (made,) = await attempt_rows(database, life.claim.job.id)
    assert made["raw_error"] == "\\u0000 "


class TestLateAnswers:
    """The process that made a POST records its answer, whoever owns the job by now."""

    async def test_a_handle_reaches_the_attempt_whoever_owns_the_job(
        self, database: Database, queue: PostgresQueue
    ) -> None:
        life = await claimed(database, queue, ME)
        await life.begin()
        assert await queue.answer_of(life.attempt.id) is None
        await queue.hand_over(ME)
        (adopted,) = await queue.adopt(uuid4(), ["mock"], dead_too=False, limit=1)
        assert adopted.attempt is not None
        assert adopted.attempt.state is AttemptState.UNKNOWN
        before = await job_row(database, life.claim.job.id)
        await queue.record_answer(life.attempt.id, life.handle)
        assert await job_row(database, life.claim.job.id) == before, "the job has an owner"
        (made,) = await attempt_rows(database, life.claim.job.id)
        assert (made["state"], made["provider_job_id"]) == ("accepted", life.handle.id)
        assert made["error_code"] is None
        assert await queue.answer_of(life.attempt.id) == life.handle
        await assert_consistent(database)

    async def test_a_refusal_reaches_the_attempt_as_well(
        self, database: Database, queue: PostgresQueue
    ) -> None:
        life = await claimed(database, queue, ME)
        await life.begin()
        await life.lose_answer()
        refusal = SubmitRejectedError(ErrorCode.RATE_LIMITED, "slow\x00 down", raw="4\x0029 \ud800")
        await queue.record_answer(life.attempt.id, refusal)
        (made,) = await attempt_rows(database, life.claim.job.id)
        assert (made["state"], made["error_code"]) == ("rejected", "rate_limited")
        assert made["finished_at"] is not None
        answer = await queue.answer_of(life.attempt.id)
        assert isinstance(answer, SubmitRejectedError)
        assert (answer.code, answer.message) == (ErrorCode.RATE_LIMITED, "slow down")

    @pytest.mark.parametrize("state", ["accepted", "succeeded", "failed"])
    async def test_an_answer_does_not_overwrite_what_came_after_it(
        self, database: Database, queue: PostgresQueue, state: str
    ) -> None:
        life = await (await claimed(database, queue, ME)).to(S.GENERATING)
        if state == "succeeded":
            await life.collect()
        if state == "failed":
            await life.apply(moves.fail(life.claim, S.GENERATING, FAILED, life.attempt.id))
        before = await everything(database, life.claim.job.id)
        await queue.record_answer(life.attempt.id, Handle("another"))
        assert await everything(database, life.claim.job.id) == before

    async def test_an_answer_for_a_cancelled_job_is_kept_for_its_collector(
        self, database: Database, queue: PostgresQueue
    ) -> None:
        life = await claimed(database, queue, ME)
        await life.begin()
        await JobMovesStore(database).cancel(life.claim.job.id)
        assert await life.accept() is Outcome.CANCELLED
        await queue.record_answer(life.attempt.id, life.handle)
        (made,) = await attempt_rows(database, life.claim.job.id)
        assert (made["state"], made["provider_job_id"]) == ("abandoned", life.handle.id)
        assert await queue.answer_of(life.attempt.id) == life.handle
        assert (await job_row(database, life.claim.job.id))["status"] == S.CANCELLED

    async def test_a_job_given_up_for_lost_is_taken_up_again(
        self, database: Database, queue: PostgresQueue
    ) -> None:
        life = await claimed(database, queue, ME)
        await life.begin()
        await life.lose_answer()
        await life.give_up()
        assert (await row(database, "SELECT render_status FROM scenes"))["render_status"] == "failed"
        for _ in range(2):
            await queue.record_answer(life.attempt.id, life.handle)
        job = await job_row(database, life.claim.job.id)
        assert (job["status"], job["provider_job_id"]) == (S.GENERATING, life.handle.id)
        assert (job["claimed_by"], job["in_hand"], job["error_code"]) == (None, True, None)
        assert job["slot_held"], "it runs at the provider, so it counts"
        assert (await row(database, "SELECT render_status FROM scenes"))["render_status"] == "rendering"
        await assert_consistent(database)
        (adopted,) = await queue.adopt(ME, ["mock"], dead_too=False, limit=1)
        assert adopted.attempt is not None
        assert (adopted.attempt.state, adopted.attempt.provider_job_id) == ("accepted", life.handle.id)
        successor = Life(queue, adopted)
        successor.attempt = life.attempt
        assert await successor.collect() is Outcome.APPLIED
        assert await successor.complete() is Outcome.APPLIED
        await assert_consistent(database)

    async def test_a_late_refusal_leaves_the_failed_job_alone(
        self, database: Database, queue: PostgresQueue
    ) -> None:
        life = await claimed(database, queue, ME)
        await life.begin()
        await life.give_up()
        await queue.record_answer(life.attempt.id, REFUSED)
        assert (await job_row(database, life.claim.job.id))["status"] == S.FAILED
        await assert_consistent(database)

    async def test_a_handle_is_kept_when_the_shot_has_another_job_by_now(
        self, database: Database, queue: PostgresQueue
    ) -> None:
        project, scene = uuid4(), uuid4()
        shot = await insert_shot(database, project, scene)
        where = {"project_id": project, "scene_id": scene, "shot_id": shot}
        life = await claimed(database, queue, ME, **where)
        await life.begin()
        await life.give_up()
        newer = await claimed(database, queue, ME, **where)
        await queue.record_answer(life.attempt.id, life.handle)
        (made,) = await attempt_rows(database, life.claim.job.id)
        assert (made["state"], made["provider_job_id"]) == ("accepted", life.handle.id)
        assert (await job_row(database, life.claim.job.id))["status"] == S.FAILED
        # Once the shot is free again, a person may fetch what was paid for.
        await newer.to(S.COMPLETED)
        await JobMovesStore(database).retry_download(life.claim.job.id)
        job = await job_row(database, life.claim.job.id)
        assert (job["status"], job["provider_job_id"]) == (S.GENERATING, life.handle.id)
        await assert_consistent(database)

    async def test_a_new_job_of_the_shot_in_the_same_moment_does_not_cost_the_handle(
        self, database: Database, queue: PostgresQueue
    ) -> None:
        project, scene = uuid4(), uuid4()
        shot = await insert_shot(database, project, scene)
        where = {"project_id": project, "scene_id": scene, "shot_id": shot}
        life = await claimed(database, queue, ME, **where)
        await life.begin()
        await life.give_up()
        async with held(database) as application:
            insert = asyncio.create_task(insert_job(application, **where))
            await application.done.wait()
            answer = asyncio.create_task(queue.record_answer(life.attempt.id, life.handle))
            await waiting(database)
            application.go.set()
            await insert
            await answer
        (made,) = await attempt_rows(database, life.claim.job.id)
        assert (made["state"], made["provider_job_id"]) == ("accepted", life.handle.id)
        assert (await job_row(database, life.claim.job.id))["status"] == S.FAILED
        await assert_consistent(database)

    @pytest.mark.parametrize("first", ["answer", "end"])
    async def test_an_answer_at_the_end_of_the_search_is_not_lost(
        self, database: Database, queue: PostgresQueue, first: str
    ) -> None:
        life = await claimed(database, queue, ME)
        await life.begin()
        await life.lose_answer()
        async with held(database) as other:
            early: Any
            late: Any
            other_life = Life(PostgresQueue(other), life.claim)
            other_life.attempt = life.attempt
            if first == "answer":
                early = asyncio.create_task(other_life.queue.record_answer(life.attempt.id, life.handle))
                await other.done.wait()
                late = asyncio.create_task(life.give_up())
            else:
                early = asyncio.create_task(other_life.give_up())
                await other.done.wait()
                late = asyncio.create_task(queue.record_answer(life.attempt.id, life.handle))
            await waiting(database)
            other.go.set()
            await early
            await late
        job = await job_row(database, life.claim.job.id)
        assert (job["status"], job["claimed_by"]) == (S.GENERATING, None)
        (made,) = await attempt_rows(database, life.claim.job.id)
        assert (made["state"], made["provider_job_id"]) == ("accepted", life.handle.id)
        await assert_consistent(database)

    async def test_an_unknown_attempt_has_no_home(self, queue: PostgresQueue) -> None:
        await queue.record_answer(uuid4(), Handle("h"))
        assert await queue.answer_of(uuid4()) is None


async def test_a_zombie_can_no_longer_write_after_its_job_came_back_to_itself(
    database: Database, queue: PostgresQueue
) -> None:
    """The same executor claims again: the token differs, so its own older task is fenced as well."""
    me = card()
    await queue.beat(me)
    life = await claimed(database, queue, me.id)
    await silence(database, me.id)
    other = card()
    await queue.beat(other)
    (adopted,) = await queue.adopt(other.id, ["mock"], dead_too=True, limit=1)
    assert await Life(queue, adopted).apply(moves.release(adopted)) is Outcome.APPLIED
    (again,) = await queue.claim(me.id, lane(), 1)
    assert again.job.id == life.claim.job.id
    assert await life.begin() is Outcome.LOST
    assert await attempt_rows(database, again.job.id) == []
    assert await Life(queue, again).begin() is Outcome.APPLIED


async def test_begin_without_a_second_attempt(database: Database, queue: PostgresQueue) -> None:
    """A job has one open attempt: a second intent under the same claim is refused as a whole."""
    life = await claimed(database, queue, ME)
    await life.begin()
    before = await everything(database, life.claim.job.id)
    with pytest.raises(Exception, match="uq_job_attempts_one_open_per_job"):
        await life.apply(moves.begin(life.claim, attempt(life.claim, number=2)))
    assert await everything(database, life.claim.job.id) == before
