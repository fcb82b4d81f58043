"""Everybody locks in one order: whatever runs at once, nobody is chosen as a deadlock's victim."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from db.credits import CreditStore
from db.engine import Database, parse_url
from db.job_moves import JobMovesStore
from db.projects import ProjectStore
from db.queue import PostgresQueue
from db.reviews import ReviewStore
from domain.credits import CreditTerms, Paying
from domain.errors import ConflictError
from domain.job import Claim
from domain.moves import Outcome
from domain.review import Stage
from domain.statuses import JobKind, ReviewStatus
from tests.factories import Life, card, insert_jobs, lane, row, rows, set_gate
from tests.integration.db.books import assert_books_add_up
from tests.integration.db.consistency import assert_consistent
from tests.integration.db.workers import NEXT, last_move

LANES = [lane(30), lane(30, kind=JobKind.IMAGE), lane(30, provider="grok", is_default=False)]


class Worker:
    """An executor without a provider: it decides by lot what became of each of its jobs."""

    def __init__(self, queue: PostgresQueue, rng: random.Random) -> None:
        self.queue = queue
        self.rng = rng
        self.card = card()
        self.hands: dict[UUID, tuple[Life, str]] = {}
        """What it holds, and the last move that it made with it."""
        self.made: set[str] = set()
        """The moves that came off."""

    def take(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            self.hands[claim.job.id] = Life(self.queue, claim), last_move(claim)

    async def step(self) -> None:
        choice = self.rng.random()
        if choice < 0.35:
            self.take(await self.queue.claim(self.card.id, self.rng.choice(LANES), self.rng.randint(1, 8)))
        elif choice < 0.40:
            await self.queue.hand_over(self.card.id)
            self.hands.clear()
        elif choice < 0.50:
            self.take(await self.queue.adopt(self.card.id, ["mock", "grok"], dead_too=True, limit=5))
        else:
            await self.flush()

    async def flush(self) -> None:
        some = self.rng.sample(list(self.hands.values()), min(len(self.hands), 12))
        batch = [(life, self.rng.choice(NEXT[last])(life)) for life, last in some]
        outcomes = await self.queue.apply([move for _, move in batch])
        for (life, move), outcome in zip(batch, outcomes, strict=True):
            job = life.claim.job.id
            del self.hands[job]
            if outcome is Outcome.APPLIED:
                self.made.add(move.name)
            if outcome is Outcome.CANCELLED:
                self.hands[job] = life, "cancelled"
            elif outcome is Outcome.APPLIED and move.name in NEXT:
                self.hands[job] = life, move.name


async def _repeat(times: int, act: Callable[[], Awaitable[object]]) -> None:
    for _ in range(times):
        await act()


def _paying(terms: CreditTerms | None) -> Paying | None:
    return None if terms is None else Paying(lambda _: Decimal("0.3"), terms)


async def _pay(bank: CreditStore, rng: random.Random, project: UUID) -> None:
    """Put a little in, and change the budget."""
    if bank.on:
        await bank.grant(project, Decimal("0.4"), key=str(uuid4()), note=None)
        await bank.set_cap(project, rng.choice([None, Decimal(12)]))


async def _review(reviews: ReviewStore, rng: random.Random, scene: UUID) -> None:
    """Send a scene back, or bring it back and accept what stands."""
    if rng.random() < 0.5:
        await reviews.send_back(scene, list(JobKind), None)
        await reviews.judge(scene, ReviewStatus.RETURNED, Stage.FRAMES)
    else:
        await reviews.accept(scene)
        await reviews.judge(scene, ReviewStatus.PENDING, Stage.REVIEW)


class Crowd:
    """Everybody but the executors, who all do something to the same three films."""

    def __init__(self, pool: Database, rng: random.Random, terms: CreditTerms | None) -> None:
        self.pool, self.rng, self.terms = pool, rng, terms
        self.people = JobMovesStore(pool, terms=terms)
        self.films = {uuid4(): [uuid4() for _ in range(2)] for _ in range(3)}
        """Their scenes."""

    def film(self) -> UUID:
        return self.rng.choice(list(self.films))

    def queue(self) -> PostgresQueue:
        return PostgresQueue(self.pool, paying=_paying(self.terms))

    async def insert(self) -> None:
        film, rng = self.film(), self.rng
        scene, kind = rng.choice(self.films[film]), rng.choice(["video", "image"])
        provider = rng.choice([None, "mock", "grok"])
        await insert_jobs(self.pool, 3, project_id=film, scene_id=scene, kind=kind, provider=provider)

    async def person(self) -> None:
        """Do something to any job, as a person may."""
        known = await rows(self.pool, "SELECT id FROM video_generation_jobs")
        people = self.people
        acts: list[Callable[[UUID], Awaitable[object]]] = [people.cancel, people.retry, people.retry_download]
        if known:
            with suppress(ConflictError):
                await self.rng.choice(acts)(self.rng.choice(known)["id"])

    async def director(self) -> None:
        """Judge a scene."""
        film = self.film()
        scenes = self.films[film]
        async with self.pool.transaction() as connection:
            store = ProjectStore(connection, terms=self.terms)
            await store.lock(film, scenes)
            await _review(ReviewStore(connection), self.rng, self.rng.choice(scenes))
            await store.roll_up(film, scenes)

    async def producer(self) -> None:
        """Do something to a whole film."""
        film = self.film()
        choice, within = self.rng.random(), self.rng.choice([None, self.films[film][:1]])
        if choice < 0.1:
            # Seldom: it leaves the workers nothing to do.
            await self.people.cancel_unstarted(film, within)
        elif choice < 0.7:
            await self.people.retry_failed(film, within, accept_possible_duplicate=choice < 0.5)
        else:
            await self.queue().promote_overdue()
            await self.queue().settle_overdue()

    async def banker(self) -> None:
        async with self.pool.transaction() as connection:
            await _pay(CreditStore(connection, self.terms), self.rng, self.film())

    async def work(self, workers: Sequence[Worker]) -> None:
        """Let all of them work at once. A deadlock comes back as an error."""
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(_repeat(40, worker.step))
            for act in self.person, self.person:
                group.create_task(_repeat(25, act))
            for act in self.insert, self.director, self.producer, self.banker:
                group.create_task(_repeat(15, act))


@pytest.mark.parametrize(("seed", "terms"), [(1, None), (2, CreditTerms(Decimal(9)))])
async def test_everything_at_once_deadlocks_nobody(
    database: Database, database_url: str, seed: int, terms: CreditTerms | None
) -> None:
    pool = Database(parse_url(database_url), name="rushes-crowd", pool_size=16)
    crowd = Crowd(pool, random.Random(seed), terms)
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    before = (await row(database, deadlocks))["deadlocks"]
    for _ in range(40):
        await crowd.insert()
    workers = [Worker(crowd.queue(), random.Random(seed * 100 + n)) for n in range(4)]
    for worker in workers:
        await worker.queue.beat(worker.card)
    try:
        await crowd.work(workers)
    finally:
        await pool.close()
    await set_gate(database, paused_until=None)
    assert (await row(database, deadlocks))["deadlocks"] == before
    made = set[str]().union(*(worker.made for worker in workers))
    assert len(made) >= 6, "moves of many kinds were made at once"
    await assert_consistent(database)
    await assert_books_add_up(database)
