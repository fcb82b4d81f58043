"""Jobs in hand of a provider that no living executor has: they end, a day after their submission."""

from collections.abc import Sequence

import pytest

from db.engine import Database
from db.job_moves import JobMovesStore
from db.queue import PostgresQueue
from domain import moves
from domain.failures import ErrorCode
from domain.moves import Outcome
from domain.ports import ExecutorCard
from domain.statuses import CancelOutcome, JobStatus
from tests.factories import (
    Life,
    attempt_rows,
    card,
    claimed,
    event_types,
    execute,
    job_row,
    rows,
    silence,
)
from tests.integration.db.consistency import assert_consistent

S = JobStatus
DAY = 24 * 3_600


@pytest.fixture
def queue(database: Database) -> PostgresQueue:
    return PostgresQueue(database)


@pytest.fixture
async def gone(database: Database, queue: PostgresQueue) -> ExecutorCard:
    """The only executor that ever had the mock provider."""
    one = knowing("mock")
    await queue.beat(one)
    return one


def knowing(*providers: str) -> ExecutorCard:
    made = card()
    lanes = [{"kind": "video", "provider": provider} for provider in providers]
    return ExecutorCard(made.id, made.name, made.host, made.pid, {"lanes": lanes})


async def age(database: Database, seconds: float) -> None:
    """Let all that was submitted or claimed have been so earlier."""
    await execute(
        database,
        "UPDATE video_generation_jobs SET submitted_at = submitted_at - make_interval(secs => :age), "
        "processing_started_at = processing_started_at - make_interval(secs => :age)",
        age=seconds,
    )


ENDS: Sequence[tuple[str, ErrorCode, str | None]] = [
    # where the job stands, what it ends with, what its attempt is then
    ("claimed", ErrorCode.MODEL_UNAVAILABLE, None),
    ("begun", ErrorCode.SUBMIT_UNKNOWN, "unknown"),
    ("generating", ErrorCode.DEADLINE_EXCEEDED, "accepted"),
    ("uploading", ErrorCode.DOWNLOAD_FAILED, "succeeded"),
]


async def bring(life: Life, where: str) -> Life:
    if where == "begun":
        await life.begin()
        return life
    return life if where == "claimed" else await life.to(S(where))


@pytest.mark.parametrize(("where", "code", "state"), ENDS)
@pytest.mark.parametrize("left", ["handed over", "dead"])
async def test_they_end_with_the_money_side_as_it_was(  # fixtures and parameters
    database: Database,
    queue: PostgresQueue,
    gone: ExecutorCard,
    where: str,
    code: ErrorCode,
    state: str | None,
    left: str,
) -> None:
    life = await bring(await claimed(database, queue, gone.id), where)
    job = life.claim.job.id
    await (queue.hand_over(gone.id) if left == "handed over" else silence(database, gone.id))
    await queue.beat(knowing("other"))
    await age(database, DAY - 60)
    assert await queue.end_stranded() == 0, "not yet a day"
    await age(database, 120)
    assert await queue.end_stranded() == 1
    after = await job_row(database, job)
    assert (after["status"], after["error_code"]) == (S.FAILED, code)
    assert "No executor has had the provider mock" in after["error_message"]
    assert (after["in_hand"], after["slot_held"], after["claimed_by"]) == (False, False, None)
    states = [one["state"] for one in await attempt_rows(database, job)]
    assert states == ([state] if state else [])
    assert (await event_types(database, job))[-1] == "job.failed"
    (scene,) = await rows(database, "SELECT render_status FROM scenes")
    assert scene["render_status"] == "failed"
    assert await life.apply(moves.release(life.claim)) is Outcome.LOST
    assert await queue.end_stranded() == 0
    await assert_consistent(database)


async def test_what_was_paid_for_can_still_be_fetched(
    database: Database, queue: PostgresQueue, gone: ExecutorCard
) -> None:
    life = await (await claimed(database, queue, gone.id)).to(S.GENERATING)
    await queue.hand_over(gone.id)
    await age(database, DAY + 60)
    assert await queue.end_stranded() == 1
    await JobMovesStore(database).retry_download(life.claim.job.id)
    back = knowing("mock")
    await queue.beat(back)
    (adopted,) = await queue.adopt(back.id, ["mock"], dead_too=False, limit=5)
    assert adopted.job.provider_job_id == life.handle.id
    await assert_consistent(database)


async def test_a_cancelled_one_is_let_go(
    database: Database, queue: PostgresQueue, gone: ExecutorCard
) -> None:
    life = await (await claimed(database, queue, gone.id)).to(S.GENERATING)
    assert await JobMovesStore(database).cancel(life.claim.job.id) is CancelOutcome.STOPPING
    await queue.hand_over(gone.id)
    await age(database, DAY + 60)
    assert await queue.end_stranded() == 1
    after = await job_row(database, life.claim.job.id)
    assert (after["status"], after["error_code"], after["in_hand"]) == (S.CANCELLED, "cancelled", False)
    assert (await event_types(database, after["id"]))[-1] == "job.stopped"
    await assert_consistent(database)


async def test_nothing_ends_whose_owner_or_provider_lives(
    database: Database, queue: PostgresQueue, gone: ExecutorCard
) -> None:
    """A living owner goes on by itself; what nobody holds is taken over by whoever has its provider."""
    await (await claimed(database, queue, gone.id)).to(S.GENERATING)
    await age(database, DAY + 60)
    assert await queue.end_stranded() == 0
    await queue.hand_over(gone.id)
    await queue.beat(knowing("other", "mock"))
    assert await queue.end_stranded() == 0
