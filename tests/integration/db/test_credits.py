"""Credits on PostgreSQL: held before anything is asked for, settled with the move, and always added up."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from db.credits import CreditStore
from db.engine import Database, parse_url
from db.job_moves import JobMovesStore
from db.queue import PostgresQueue
from db.settlement import open_accounts
from domain import moves
from domain.credits import CreditTerms, Paying
from domain.errors import ConflictError, DatabaseUnavailableError, InsufficientCreditsError, PoisonedError
from domain.failures import ErrorCode
from domain.job import Job
from domain.moves import Outcome
from domain.provider import GenerationFailedError, Result, SubmitRejectedError, SubmitUnknownError
from domain.statuses import AttemptState, JobKind, JobStatus
from tests.factories import (
    Life,
    claimed,
    execute,
    insert_job,
    insert_jobs,
    job_row,
    lane,
    result,
    row,
    rows,
    stored,
)
from tests.integration.db.books import assert_books_add_up

ME = uuid4()
PRICE = Decimal("0.3")
"""As ``factories.attempt`` is quoted."""
BLOCKED = GenerationFailedError(ErrorCode.CONTENT_BLOCKED, cost=Decimal("0.1"))
FAILED = GenerationFailedError(ErrorCode.PROVIDER_FAILED)
REFUSED = SubmitRejectedError(ErrorCode.INVALID_REQUEST)


def price(_job: Job) -> Decimal:
    return PRICE


@pytest.fixture
def queue(database: Database) -> PostgresQueue:
    return PostgresQueue(database, paying=Paying(price))


@pytest.fixture
def people(database: Database) -> JobMovesStore:
    return JobMovesStore(database, terms=CreditTerms())


@pytest.fixture
async def project(database: Database) -> UUID:
    """Give a project with one dollar."""
    made = uuid4()
    await execute(database, "INSERT INTO projects (id) VALUES (:id)", id=made)
    await grant(database, made, "1")
    return made


async def grant(database: Database, project: UUID, amount: str, key: str | None = None) -> None:
    async with database.transaction() as connection:
        store = CreditStore(connection, CreditTerms())
        await store.grant(project, Decimal(amount), key=key or str(uuid4()), note=None)


async def hold(database: Database, project: UUID, *jobs: UUID, cost: Decimal = PRICE) -> None:
    async with database.transaction() as connection:
        await CreditStore(connection, CreditTerms()).hold(project, dict.fromkeys(jobs, cost), uuid4())


async def figures(database: Database, project: UUID) -> tuple[str, ...]:
    """Give balance, held, spent and owed."""
    await assert_books_add_up(database)
    async with database.transaction() as connection:
        found = await CreditStore(connection, CreditTerms()).account(project)
    return tuple(f"{value.normalize():f}" for value in (found.balance, found.held, found.spent, found.owed))


async def kinds(database: Database, project: UUID) -> list[str]:
    found = await rows(
        database, "SELECT kind FROM credit_ledger WHERE project_id = :id ORDER BY id", id=project
    )
    return [one["kind"] for one in found]


async def run_to(life: Life, *steps: str) -> Life:
    for step in steps:
        assert await getattr(life, step)() is Outcome.APPLIED
    return life


@pytest.mark.parametrize("change", ["UPDATE credit_ledger SET note = 'x'", "DELETE FROM credit_ledger"])
async def test_the_ledger_only_grows(database: Database, project: UUID, change: str) -> None:
    with pytest.raises(PoisonedError, match="append-only"):
        await execute(database, change)
    with pytest.raises(PoisonedError, match="append-only"):
        await execute(database, "TRUNCATE credit_ledger")
    assert await figures(database, project) == ("1", "0", "0", "0")


async def test_an_accounts_figures_are_its_ledgers_alone(database: Database, project: UUID) -> None:
    with pytest.raises(PoisonedError, match="sums of its ledger"):
        await execute(database, "UPDATE credit_accounts SET balance = balance + 1")
    with pytest.raises(PoisonedError, match="sums of its ledger"):
        await execute(database, "INSERT INTO credit_accounts (project_id, balance) VALUES (:id, 5)", id=ME)
    with pytest.raises(PoisonedError, match="append-only"):
        await execute(database, "DELETE FROM credit_accounts")
    entry = "INSERT INTO credit_ledger (project_id, kind, amount, held, key, receipt_id) VALUES "
    with pytest.raises(PoisonedError, match="never_negative"):
        await execute(
            database, entry + "(:id, 'hold', -2000000, 2000000, 'k', gen_random_uuid())", id=project
        )
    with pytest.raises(PoisonedError, match="adds_up"):
        await execute(database, entry + "(:id, 'hold', -1, 2, 'k', gen_random_uuid())", id=project)
    await execute(database, entry + "(:id, 'hold', 0, 0, 'k', gen_random_uuid())", id=project)
    with pytest.raises(ConflictError):
        await execute(database, entry + "(:id, 'hold', 0, 0, 'k', gen_random_uuid())", id=project)


async def test_a_grant_is_booked_once_for_its_key(database: Database, project: UUID) -> None:
    for _ in range(2):
        await grant(database, project, "0.5", key="invoice-7")
    assert await figures(database, project) == ("1.5", "0", "0", "0")
    with pytest.raises(ConflictError, match="another grant"):
        await grant(database, project, "0.6", key="invoice-7")


async def test_fifty_orders_at_once_never_overdraw(
    database: Database, database_url: str, project: UUID
) -> None:
    jobs = await insert_jobs(database, 50, project_id=project)
    pool = Database(parse_url(database_url), name="rushes-crowd", pool_size=16)
    try:
        found = await asyncio.gather(
            *(hold(pool, project, job, cost=Decimal("0.07")) for job in jobs), return_exceptions=True
        )
    finally:
        await pool.close()
    refused = [one for one in found if one is not None]
    assert all(isinstance(one, InsufficientCreditsError) for one in refused), refused
    assert len(refused) == 36
    assert await figures(database, project) == ("0.02", "0.98", "0", "0")
    assert (await row(database, "SELECT count(*) AS n FROM credit_holds"))["n"] == 14


async def test_an_order_is_held_for_as_a_whole_or_not_at_all(database: Database, project: UUID) -> None:
    jobs = await insert_jobs(database, 4, project_id=project)
    with pytest.raises(InsufficientCreditsError, match=r"takes 1\.20 USD.*has 1\.00 USD"):
        await hold(database, project, *jobs)
    assert await figures(database, project) == ("1", "0", "0", "0")
    await hold(database, project, *jobs[:3])
    await hold(database, project, *jobs[:3])
    assert await figures(database, project) == ("0.1", "0.9", "0", "0"), "nothing is held for twice"


async def test_a_budget_refuses_what_the_balance_would_allow(database: Database, project: UUID) -> None:
    async with database.transaction() as connection:
        await CreditStore(connection, CreditTerms()).set_cap(project, Decimal("0.5"))
    jobs = await insert_jobs(database, 2, project_id=project)
    with pytest.raises(
        InsufficientCreditsError, match=r"takes 0\.60 USD.*budget is 0\.50 USD.*0\.00 USD"
    ) as e:
        await hold(database, project, *jobs)
    assert e.value.code == "budget_exceeded"
    await hold(database, project, jobs[0])


Ending = Callable[[Life, JobMovesStore], Awaitable[Any]]


async def _completes(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "accept", "collect")
    await run_to(life, "complete")


async def _completes_unpriced(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "accept")
    unsaid = result(cost=None)
    assert await life.apply(moves.collect(life.claim, life.attempt.id, unsaid)) is Outcome.APPLIED
    await run_to(life, "complete")


async def _is_refused(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin")
    await life.apply(
        moves.fail(life.claim, JobStatus.PROCESSING, REFUSED, life.attempt.id, AttemptState.REJECTED)
    )


async def _is_unusable(life: Life, _: JobMovesStore) -> None:
    await life.apply(moves.fail(life.claim, JobStatus.PROCESSING, REFUSED))


async def _is_blocked_and_charged(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "accept")
    await life.apply(
        moves.fail(life.claim, JobStatus.GENERATING, BLOCKED, life.attempt.id, cost=BLOCKED.cost)
    )


async def _fails_for_nothing(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "accept")
    await life.apply(moves.fail(life.claim, JobStatus.GENERATING, FAILED, life.attempt.id, cost=Decimal(0)))


async def _is_tried_again(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "accept")
    await life.apply(moves.retry_later(life.claim, life.attempt.id, FAILED, Decimal(0), 0.0))


async def _is_charged_and_tried_again(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "accept")
    await life.apply(moves.retry_later(life.claim, life.attempt.id, BLOCKED, BLOCKED.cost, 0.0))


async def _is_lost_after_it_was_made(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "accept", "collect")
    await life.apply(moves.fail(life.claim, JobStatus.UPLOADING, FAILED, life.attempt.id, uploads=1))


async def _stays_unknown(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "lose_answer", "give_up")


async def _is_late(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "accept")
    late = GenerationFailedError(ErrorCode.DEADLINE_EXCEEDED)
    await life.apply(
        moves.fail(life.claim, JobStatus.GENERATING, late, life.attempt.id, AttemptState.ACCEPTED)
    )


async def _is_cancelled_in_time(life: Life, people: JobMovesStore) -> None:
    await people.cancel(life.claim.job.id)


async def _is_being_stopped(life: Life, people: JobMovesStore) -> None:
    await run_to(life, "begin", "accept")
    await people.cancel(life.claim.job.id)


async def _comes_late(life: Life, people: JobMovesStore) -> None:
    await _is_being_stopped(life, people)
    await life.apply(moves.collect_take(life.claim, life.attempt.id, result()))
    await life.apply(moves.keep_take(life.claim, life.attempt.id, stored(life.claim), 1))


async def _is_stopped_for_nothing(life: Life, people: JobMovesStore) -> None:
    await _is_being_stopped(life, people)
    await life.apply(moves.let_go(life.claim, life.attempt.id, FAILED, Decimal(0)))


async def _is_stopped_and_never_found(life: Life, people: JobMovesStore) -> None:
    await run_to(life, "begin", "lose_answer")
    await people.cancel(life.claim.job.id)
    await life.apply(moves.let_go(life.claim, life.attempt.id, SubmitUnknownError()))


async def _costs_more(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "accept")
    dear = Result({"uri": "https://provider.invalid/clip"}, actual_cost=Decimal("0.65"))
    assert await life.apply(moves.collect(life.claim, life.attempt.id, dear)) is Outcome.APPLIED
    await run_to(life, "complete")


async def _costs_more_than_there_is(life: Life, _: JobMovesStore) -> None:
    await run_to(life, "begin", "accept")
    dear = Result({"uri": "https://provider.invalid/clip"}, actual_cost=Decimal("1.2"))
    assert await life.apply(moves.collect(life.claim, life.attempt.id, dear)) is Outcome.APPLIED
    await run_to(life, "complete")


@pytest.mark.parametrize(
    ("ends", "left"),
    [
        (_completes, ("0.75", "0", "0.25", "0")),
        (_completes_unpriced, ("0.7", "0", "0.3", "0")),
        (_is_refused, ("1", "0", "0", "0")),
        (_is_unusable, ("1", "0", "0", "0")),
        (_is_blocked_and_charged, ("0.9", "0", "0.1", "0")),
        (_fails_for_nothing, ("1", "0", "0", "0")),
        (_is_tried_again, ("0.7", "0.3", "0", "0")),
        (_is_charged_and_tried_again, ("0.9", "0", "0.1", "0")),
        (_is_lost_after_it_was_made, ("0.75", "0", "0.25", "0")),
        (_stays_unknown, ("0.7", "0.3", "0", "0")),
        (_is_late, ("0.7", "0.3", "0", "0")),
        (_is_cancelled_in_time, ("1", "0", "0", "0")),
        (_is_being_stopped, ("0.7", "0.3", "0", "0")),
        (_comes_late, ("0.75", "0", "0.25", "0")),
        (_is_stopped_for_nothing, ("1", "0", "0", "0")),
        (_is_stopped_and_never_found, ("0.7", "0.3", "0", "0")),
        (_costs_more, ("0.35", "0", "0.65", "0")),
        (_costs_more_than_there_is, ("0", "0", "1", "0.2")),
    ],
)
async def test_every_end_settles(
    database: Database,
    queue: PostgresQueue,
    people: JobMovesStore,
    project: UUID,
    ends: Ending,
    left: tuple[str, ...],
) -> None:
    life = await claimed(database, queue, ME, project_id=project)
    assert await figures(database, project) == ("0.7", "0.3", "0", "0"), "held in its claim"
    await ends(life, people)
    assert await figures(database, project) == left


async def test_what_is_owed_is_paid_by_the_next_grant(
    database: Database, queue: PostgresQueue, people: JobMovesStore, project: UUID
) -> None:
    await _costs_more_than_there_is(await claimed(database, queue, ME, project_id=project), people)
    await grant(database, project, "0.15")
    assert await figures(database, project) == ("0", "0", "1.15", "0.05")
    await grant(database, project, "0.15")
    assert await figures(database, project) == ("0.1", "0", "1.2", "0")


async def test_a_flush_that_is_sent_again_settles_once(
    database: Database, queue: PostgresQueue, project: UUID
) -> None:
    life = await run_to(await claimed(database, queue, ME, project_id=project), "begin", "accept", "collect")
    for _ in range(2):
        await run_to(life, "complete")
    assert await figures(database, project) == ("0.75", "0", "0.25", "0")
    assert await kinds(database, project) == ["grant", "hold", "settle", "release"]


async def test_a_job_and_its_charge_are_one_transaction(
    database: Database, database_url: str, queue: PostgresQueue, project: UUID
) -> None:
    life = await run_to(await claimed(database, queue, ME, project_id=project), "begin", "accept", "collect")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        connection.execute("CREATE TRIGGER die AFTER INSERT ON credit_ledger EXECUTE FUNCTION die()")
        try:
            # The backend dies once the charge is written, and before the commit.
            with pytest.raises(DatabaseUnavailableError):
                await life.complete()
        finally:
            connection.execute("DROP FUNCTION die() CASCADE")
    assert (await job_row(database, life.claim.job.id))["status"] == "uploading"
    assert await figures(database, project) == ("0.7", "0.3", "0", "0")
    await run_to(life, "complete")
    assert await figures(database, project) == ("0.75", "0", "0.25", "0")


async def test_a_retry_keeps_what_is_in_doubt_and_holds_anew(
    database: Database, queue: PostgresQueue, people: JobMovesStore, project: UUID
) -> None:
    life = await claimed(database, queue, ME, project_id=project)
    job = life.claim.job.id
    await _stays_unknown(life, people)
    await people.retry(job, accept_possible_duplicate=True)
    assert await figures(database, project) == ("0.7", "0.3", "0", "0")
    (held,) = await queue.claim(ME, lane(), 1)
    assert await figures(database, project) == ("0.4", "0.6", "0", "0")
    second = await run_to(Life(queue, held), "begin", "accept", "collect", "complete")
    assert second.attempt.number == 2
    assert await figures(database, project) == ("0.45", "0.3", "0.25", "0")
    # The first one's answer arrives after all: nothing was accepted.
    await queue.record_answer(life.attempt.id, REFUSED)
    assert await figures(database, project) == ("0.75", "0", "0.25", "0")


async def test_a_person_gives_back_what_is_in_doubt_and_what_was_charged(
    database: Database, queue: PostgresQueue, people: JobMovesStore, project: UUID
) -> None:
    life = await claimed(database, queue, ME, project_id=project)
    await _stays_unknown(life, people)
    await refund(database, life, None)
    assert await figures(database, project) == ("1", "0", "0", "0")
    with pytest.raises(ConflictError, match=r"0\.00 USD were charged"):
        await refund(database, life, None)
    paid = await claimed(database, queue, ME, project_id=project)
    await _completes(paid, people)
    with pytest.raises(ConflictError, match=r"0\.25 USD were charged"):
        await refund(database, paid, "0.26")
    await refund(database, paid, "0.1")
    assert await figures(database, project) == ("0.85", "0", "0.15", "0")
    await refund(database, paid, None)
    assert await figures(database, project) == ("1", "0", "0", "0")


async def refund(database: Database, life: Life, amount: str | None) -> None:
    job = life.claim.job
    async with database.transaction() as connection:
        store = CreditStore(connection, CreditTerms())
        given = None if amount is None else Decimal(amount)
        await store.refund(job.project_id, job.id, given, key=str(uuid4()), note=None)


async def test_too_little_leaves_a_job_queued_and_out_of_the_way(
    database: Database, queue: PostgresQueue, project: UUID
) -> None:
    poor = uuid4()
    short = await insert_jobs(database, 5, project_id=poor)
    rich = await insert_job(database, project_id=project)
    (held,) = await queue.claim(ME, lane(), 3)
    assert held.job.id == rich, "nobody waits for those who cannot pay"
    for job in short:
        found = await job_row(database, job)
        assert (found["status"], found["attempt_count"], found["claim_count"]) == ("queued", 0, 0)
    told = await rows(database, "SELECT * FROM job_events WHERE type = 'credits.short'")
    assert {one["job_id"] for one in told} == set(short), "all at once, however few places there are"
    before = await rows(database, "SELECT xmin::text FROM video_generation_jobs")
    assert not await queue.claim(ME, lane(), 3)
    assert await rows(database, "SELECT xmin::text FROM video_generation_jobs") == before, (
        "nobody looks at them"
    )
    await grant(database, poor, "0.7")
    claims = await queue.claim(ME, lane(9), 9)
    assert len(claims) == 2
    assert {claim.job.id for claim in claims} < set(short)
    assert await figures(database, poor) == ("0.1", "0.6", "0", "0")


async def test_what_is_released_lets_the_next_one_go(
    database: Database, queue: PostgresQueue, people: JobMovesStore, project: UUID
) -> None:
    jobs = await insert_jobs(database, 4, project_id=project)
    claims = await queue.claim(ME, lane(9), 9)
    assert len(claims) == 3
    (waits,) = set(jobs) - {claim.job.id for claim in claims}
    await _fails_for_nothing(Life(queue, claims[0]), people)
    assert [claim.job.id for claim in await queue.claim(ME, lane(9), 9)] == [waits]
    assert not await rows(database, "SELECT * FROM credit_waits")


async def test_films_take_no_credits(database: Database, queue: PostgresQueue) -> None:
    film = await insert_job(database, kind="film", provider="rushes")
    films = lane(provider="rushes", kind=JobKind.FILM)
    (held,) = await queue.claim(ME, films, 1)
    assert held.job.id == film
    assert not await rows(database, "SELECT * FROM credit_ledger")


async def test_without_credits_nothing_is_written(database: Database, project: UUID) -> None:
    plain = PostgresQueue(database)
    life = await claimed(database, plain, ME, project_id=project)
    await _completes(life, JobMovesStore(database))
    assert await kinds(database, project) == ["grant"]


async def test_what_others_left_is_settled_later(
    database: Database, queue: PostgresQueue, project: UUID
) -> None:
    life = await run_to(await claimed(database, queue, ME, project_id=project), "begin", "accept", "collect")
    plain = Life(PostgresQueue(database), life.claim)
    plain.attempt = life.attempt
    await run_to(plain, "complete")
    dropped = await insert_job(database, project_id=project, scene_id=life.claim.job.scene_id)
    await hold(database, project, dropped)
    await execute(database, "DELETE FROM video_generation_jobs WHERE id = :id", id=dropped)
    assert await queue.settle_overdue() == 2
    assert await queue.settle_overdue() == 0
    assert await figures(database, project) == ("0.75", "0", "0.25", "0")


async def test_accounts_are_made_once_however_many_come_first(database: Database, database_url: str) -> None:
    projects = [uuid4() for _ in range(3)]
    for made in projects:
        await execute(database, "INSERT INTO projects (id) VALUES (:id)", id=made)
    pool = Database(parse_url(database_url), name="rushes-crowd", pool_size=8)

    async def open_all() -> None:
        async with pool.transaction() as connection:
            await open_accounts(connection, projects, CreditTerms(Decimal(2)))

    try:
        await asyncio.gather(*(open_all() for _ in range(8)))
    finally:
        await pool.close()
    for made in projects:
        assert await figures(database, made) == ("2", "0", "0", "0"), "welcomed once"
