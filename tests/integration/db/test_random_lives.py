"""Random lives of jobs: executors, zombies and people in any order, and everything true after every step."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from db.engine import Database, parse_url
from db.job_moves import JobMovesStore
from db.queue import PostgresQueue
from domain.errors import ConflictError
from domain.job import Claim
from domain.moves import Outcome
from domain.ports import ExecutorCard
from domain.provider import Handle
from domain.statuses import FINAL, JobKind, JobStatus
from tests.factories import (
    Life,
    attempt_rows,
    card,
    claim_all,
    execute,
    insert_shot,
    job_row,
    lane,
    rows,
    silence,
)
from tests.integration.db.conftest import EMPTY
from tests.integration.db.consistency import assert_consistent
from tests.integration.db.workers import NEXT, REFUSED, last_move
from tests.properties import STEADY

T = TypeVar("T")
PROJECTS = [UUID(int=n << 96) for n in (1, 2)]
SCENES = {project: [UUID(int=project.int + n) for n in (1, 2)] for project in PROJECTS}
LANES = [
    lane(4),
    lane(4, kind=JobKind.IMAGE),
    lane(2, provider="grok", is_default=False),
    lane(4, kind=JobKind.FILM),
]
PROVIDERS = ["mock", "grok"]
KINDS = (JobKind.VIDEO, JobKind.IMAGE, JobKind.FILM)
ANY = st.integers(0, 1_000)
WHO = st.integers(0, 2)


class Worker:
    def __init__(self) -> None:
        self.card: ExecutorCard = card()
        self.hands: dict[UUID, tuple[Life, str]] = {}
        """What it believes that it holds, and the last move that it made with it."""


class Lives(RuleBasedStateMachine):
    """Three executors at a time; whoever crashes or leaves haunts the jobs that it held."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(EMPTY)
        self.runner = asyncio.Runner()
        self.run(self._open())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def _open(self) -> None:
        self.database = Database(parse_url(self.url), name="rushes-lives", pool_size=2)
        self.queue = PostgresQueue(self.database)
        self.people = JobMovesStore(self.database)
        self.shots = [
            (project, SCENES[project][0], await insert_shot(self.database, project, SCENES[project][0]))
            for project in PROJECTS
        ]
        self.jobs: list[UUID] = []
        self.workers = [Worker() for _ in range(3)]
        self.ghosts: list[tuple[Life, str]] = []
        for worker in self.workers:
            await self.queue.beat(worker.card)

    @initialize(lots=st.lists(ANY, min_size=3, max_size=6))
    def begin_with_some(self, lots: list[int]) -> None:
        for lot in lots:
            self.insert(lot, lot // 3, named=lot % 5 == 0)
        self.claim(0, 0, room=3)

    @rule(place=ANY, what=ANY, named=st.booleans())
    def insert(self, place: int, what: int, *, named: bool) -> None:
        project = PROJECTS[place % 2]
        columns: dict[str, Any] = {"project_id": project, "scene_id": SCENES[project][what % 2]}
        columns |= {"kind": ["video", "video", "image"][what % 3], "priority": what % 4}
        columns |= {"provider": PROVIDERS[place % 3 % 2] if named else None}
        self.run(self._insert(columns))

    @rule(which=ANY)
    def insert_for_a_shot(self, which: int) -> None:
        project, scene, shot = self.shots[which % 2]
        where = {"project_id": project, "scene_id": scene, "shot_id": shot, "kind": "video"}
        with suppress(ConflictError):
            self.run(self._insert({**where, "priority": 0, "provider": None}))

    @rule(which=ANY, whole=st.booleans())
    def order_a_shot(self, which: int, *, whole: bool) -> None:
        """An image, a video that waits for it, and perhaps the films that wait for that."""
        project, scene, shot = self.shots[which % 2]
        where = {"project_id": project, "scene_id": scene, "priority": 0, "provider": None}
        with suppress(ConflictError):
            self.run(self._insert({**where, "shot_id": shot, "kind": "image"}))
            self.run(self._insert({**where, "shot_id": shot, "kind": "video", "status": "waiting"}))
        if whole:
            with suppress(ConflictError):
                self.run(self._insert({**where, "kind": "film", "status": "waiting"}))
                self.run(self._insert({**where, "scene_id": None, "kind": "film", "status": "waiting"}))
        self.run(self.queue.promote_overdue())

    async def _insert(self, columns: dict[str, Any]) -> None:
        # Ids in order: an example that is run again must come out the same.
        job = UUID(int=len(self.jobs) + 1)
        names = ", ".join(columns)
        places = ", ".join(f":{name}" for name in columns)
        insert = f"INSERT INTO video_generation_jobs (id, {names}) VALUES (:id, {places})"
        await execute(self.database, insert, id=job, **columns)
        self.jobs.append(job)

    def _job(self, which: int) -> UUID:
        return self.jobs[which % len(self.jobs)]

    @rule(who=WHO, which=ANY, room=st.integers(1, 3))
    def claim(self, who: int, which: int, *, room: int) -> None:
        worker, of = self.workers[who], LANES[which % 5 % 4]
        claims = self.run(self.queue.claim(worker.card.id, of, room))
        assert len(claims) <= room
        self._take(worker, claims)

    @rule(who=WHO, dead_too=st.booleans())
    def adopt(self, who: int, *, dead_too: bool) -> None:
        worker = self.workers[who]
        for kind in KINDS:
            self._take(worker, self.run(self._adopted(worker.card.id, kind, dead_too=dead_too, limit=2)))

    def _take(self, worker: Worker, claims: Any) -> None:
        for claim in claims:
            assert isinstance(claim, Claim)
            assert not any(claim.job.id in living.hands for living in self.workers), "two living owners"
            worker.hands[claim.job.id] = Life(self.queue, claim), last_move(claim)

    @rule(lots=st.lists(st.tuples(ANY, ANY), min_size=4, max_size=12), twice=st.booleans())
    def work(self, lots: list[tuple[int, int]], *, twice: bool) -> None:
        for which, lot in lots:
            held = [(worker, job) for worker in self.workers for job in sorted(worker.hands)]
            if held:
                self._work_on(*held[which % len(held)], lot, twice=twice)

    def _work_on(self, worker: Worker, job: UUID, lot: int, *, twice: bool) -> None:
        life, last = worker.hands.pop(job)
        name, outcome = self.run(self._step(life, last, lot, twice=twice))
        if outcome is Outcome.CANCELLED:
            worker.hands[job] = life, "cancelled"
        elif outcome is Outcome.APPLIED and name in NEXT:
            worker.hands[job] = life, name
        elif outcome is Outcome.LOST:
            self.ghosts.append((life, last))

    async def _step(self, life: Life, last: str, lot: int, *, twice: bool) -> tuple[str, Outcome]:
        steps = NEXT[last]
        if last in {"lose_answer", "free_slot"}:
            # As the executor does: an answer that somebody recorded late settles the search.
            answer = await self.queue.answer_of(life.attempt.id)
            if answer is not None:
                life.handle = answer if isinstance(answer, Handle) else life.handle
                steps = NEXT["lose_answer"][:1] if isinstance(answer, Handle) else NEXT["lose_answer"][1:2]
        # Every other time the straight way, so that some jobs get far.
        move = steps[lot // 2 % len(steps) if lot % 2 else 0](life)
        before = await self._seen(life)
        outcome = await life.apply(move)
        after = await self._seen(life)
        if outcome is not Outcome.APPLIED:
            assert after == before, "whoever does not hold the job writes nothing about it"
        elif twice and not move.pause:
            assert await life.apply(move) is Outcome.APPLIED
            assert await self._seen(life) == after, "a move that is sent again holds once"
        return move.name, outcome

    async def _seen(self, life: Life) -> list[Any]:
        job = life.claim.job.id
        told = "SELECT id, type, data FROM job_events WHERE job_id = :job ORDER BY id"
        return [
            await job_row(self.database, job),
            await attempt_rows(self.database, job),
            await rows(self.database, told, job=job),
        ]

    @rule(which=ANY, lot=ANY)
    def haunt(self, which: int, lot: int) -> None:
        """One that was given up for dead writes with what it remembers."""
        if not self.ghosts:
            return
        place = which % len(self.ghosts)
        life, last = self.ghosts[place]
        row = self.run(job_row(self.database, life.claim.job.id))
        name, outcome = self.run(self._step(life, last, lot, twice=False))
        if row["claim_token"] != life.claim.token:
            assert outcome is Outcome.LOST, "its token is no longer the job's"
        elif outcome is Outcome.CANCELLED:
            self.ghosts[place] = life, "cancelled"
        elif outcome is Outcome.APPLIED:
            # Nobody has taken the job over yet: a frozen executor that wakes up in time goes on.
            if name in NEXT:
                self.ghosts[place] = life, name
            else:
                del self.ghosts[place]

    @rule(which=ANY, accepted=st.booleans())
    def answer_late(self, which: int, accepted: bool) -> None:
        life, last = self.ghosts[which % len(self.ghosts)] if self.ghosts else (None, "")
        if life is not None and last == "begin":
            self.run(self.queue.record_answer(life.attempt.id, life.handle if accepted else REFUSED))

    @rule(who=WHO)
    def crash(self, who: int) -> None:
        worker = self.workers[who]
        self.run(silence(self.database, worker.card.id))
        self._replace(worker)

    @rule(who=WHO, which=ANY)
    def crash_and_be_rescued(self, who: int, which: int) -> None:
        self.crash(who)
        self.adopt(which % 3, dead_too=True)

    @rule(who=WHO)
    def leave(self, who: int) -> None:
        worker = self.workers[who]
        self.run(self.queue.hand_over(worker.card.id))
        self._replace(worker)

    def _replace(self, worker: Worker) -> None:
        self.ghosts += worker.hands.values()
        successor = Worker()
        self.workers[self.workers.index(worker)] = successor
        self.run(self.queue.beat(successor.card))

    @rule(who=WHO)
    def beat(self, who: int) -> None:
        worker = self.workers[who]
        for job in self.run(self.queue.beat(worker.card)).cancelled:
            life, _ = worker.hands[job]
            worker.hands[job] = life, "cancelled"

    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        self.run(self.people.cancel(self._job(which)))

    @rule(which=ANY, consent=st.booleans())
    def retry(self, which: int, consent: bool) -> None:
        job = self._job(which)
        with suppress(ConflictError):
            self.run(self.people.retry(job, accept_possible_duplicate=consent))

    @rule(which=ANY)
    def fetch_again(self, which: int) -> None:
        with suppress(ConflictError):
            self.run(self.people.retry_download(self._job(which)))

    @invariant()
    def everything_is_true(self) -> None:
        self.run(assert_consistent(self.database))

    def teardown(self) -> None:
        try:
            self.run(self._finish())
        finally:
            self.run(self.database.close())
            self.runner.close()

    async def _adopted(self, executor: UUID, kind: JobKind, *, dead_too: bool, limit: int) -> Sequence[Claim]:
        return await self.queue.adopt(executor, PROVIDERS, kind=kind, dead_too=dead_too, limit=limit)

    async def _finish(self) -> None:
        """Whatever happened, one more executor brings every job to its end, and every place is free."""
        for worker in self.workers:
            await silence(self.database, worker.card.id)
        await execute(self.database, "UPDATE gates SET faults = 0, paused_until = NULL, probed_until = NULL")
        last = card()
        await self.queue.beat(last)
        held = [
            claim for kind in KINDS for claim in await self._adopted(last.id, kind, dead_too=True, limit=1000)
        ]
        held += [c for of in LANES for c in await claim_all(self.queue, last.id, replace(of, limit=1000))]
        while held:
            await self._bring_to_their_ends(held)
            held = [
                claim
                for of in LANES
                for claim in await claim_all(self.queue, last.id, replace(of, limit=1000))
            ]
        for kind in KINDS:
            assert not await self._adopted(last.id, kind, dead_too=True, limit=1000)
        left = await rows(self.database, "SELECT * FROM video_generation_jobs")
        unserved = [job for job in left if (job["provider"], job["kind"]) == ("grok", "image")]
        unserved += [job for job in left if job["status"] == JobStatus.WAITING]
        assert {JobStatus(job["status"]) for job in left if job not in unserved} <= FINAL
        assert not any(job["slot_held"] or job["in_hand"] for job in left)
        await assert_consistent(self.database)

    async def _bring_to_their_ends(self, held: Sequence[Claim]) -> None:
        for claim in held:
            life, step = Life(self.queue, claim), last_move(claim)
            while step in NEXT:
                move = NEXT[step][0](life)
                assert await life.apply(move) is Outcome.APPLIED
                step = move.name


def test_random_lives(shared_url: str) -> None:
    machine = type("LivesHere", (Lives,), {"url": shared_url})
    # Every step costs some queries: few examples where they are always the same, many when exploring.
    examples = 25 if settings.get_current_profile_name() == STEADY else 400
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=35))
