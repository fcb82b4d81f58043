"""Random lives of jobs that are paid for: whatever happens, the books add up after every step."""

from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from db.job_moves import JobMovesStore
from db.queue import PostgresQueue
from db.records import PostgresRecords
from domain.access import LOCAL
from domain.credits import CreditTerms, Paying
from domain.errors import ConflictError, InsufficientCreditsError
from domain.job import Job
from domain.records import NewJob
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from services import accounts, admission, jobs
from tests.integration.db.books import assert_books_add_up
from tests.integration.db.test_random_lives import ANY, PROJECTS, SCENES, Lives
from tests.properties import STEADY

CENTS = st.integers(1, 120)


def price(job: Job) -> Decimal:
    """Give a price that differs from what attempts are quoted at, and is nothing for some."""
    return Decimal(job.priority) / 10


class Payments(Lives):
    """The same lives, with little money."""

    async def _open(self) -> None:
        await super()._open()
        self.queue = PostgresQueue(self.database, paying=Paying(price))
        self.people = JobMovesStore(self.database, terms=CreditTerms())
        self.records = PostgresRecords(self.database, terms=CreditTerms())
        self.grants = 0
        for project in PROJECTS:
            await self._grant(project, Decimal("0.5"))

    async def _grant(self, project: UUID, amount: Decimal) -> None:
        self.grants += 1
        async with self.records.transaction() as tx:
            await accounts.grant(tx, LOCAL, str(project), amount, key=f"grant {self.grants}")

    @rule(which=ANY, cents=CENTS)
    def grant(self, which: int, cents: int) -> None:
        self.run(self._grant(PROJECTS[which % 2], Decimal(cents) / 100))

    @rule(which=ANY, cents=st.none() | CENTS)
    def limit(self, which: int, cents: int | None) -> None:
        self.run(self._limit(PROJECTS[which % 2], None if cents is None else Decimal(cents) / 50))

    async def _limit(self, project: UUID, cap: Decimal | None) -> None:
        async with self.records.transaction() as tx:
            await accounts.set_budget(tx, LOCAL, str(project), cap)

    @rule(which=ANY, costs=st.lists(CENTS, min_size=1, max_size=3))
    def order(self, which: int, costs: list[int]) -> None:
        project = PROJECTS[which % 2]
        scene = SCENES[project][which // 2 % 2]
        new = [self._new(project, scene, number, cents) for number, cents in enumerate(costs, 1)]
        with suppress(InsufficientCreditsError):
            self.run(self._order(project, scene, new))
            self.jobs += [job.request.job_id for job in new]

    def _new(self, project: UUID, scene: UUID, number: int, cents: int) -> NewJob:
        request = GenerationRequest(
            job_id=UUID(int=len(self.jobs) + number),
            project_id=project,
            scene_id=scene,
            shot_id=None,
            kind=JobKind.IMAGE if cents % 4 == 0 else JobKind.VIDEO,
            model="mock-1",
            prompt="a fox",
        )
        return NewJob(request=request, provider=None, model=None, estimated_cost=Decimal(cents) / 100)

    async def _order(self, project: UUID, scene: UUID, new: list[NewJob]) -> None:
        async with self.records.transaction() as tx:
            await tx.projects.lock(project, [scene])
            await admission.admit(tx, project, new)

    @rule(which=ANY, consent=st.booleans())
    def retry(self, which: int, consent: bool) -> None:
        with suppress(ConflictError, InsufficientCreditsError):
            self.run(self._retry(self._job(which), consent=consent))

    async def _retry(self, job: UUID, *, consent: bool) -> None:
        async with self.records.transaction() as tx:
            found = await jobs.get(tx, LOCAL, job)
            await jobs.retry(tx, LOCAL, found, accept_possible_duplicate=consent)

    @rule(which=ANY, consent=st.booleans())
    def retry_all(self, which: int, consent: bool) -> None:
        with suppress(ConflictError, InsufficientCreditsError):
            self.run(self._retry_all(PROJECTS[which % 2], consent=consent))

    async def _retry_all(self, project: UUID, *, consent: bool) -> None:
        async with self.records.transaction() as tx:
            await tx.projects.lock(project, SCENES[project])
            done = await admission.requeue(tx, project, None, accept_possible_duplicate=consent)
            await admission.hold_again(tx, project, done)

    @rule(which=ANY)
    def cancel_all(self, which: int) -> None:
        self.run(self.people.cancel_unstarted(PROJECTS[which % 2], None))

    @rule(which=ANY, cents=st.none() | CENTS)
    def refund(self, which: int, cents: int | None) -> None:
        with suppress(ConflictError):
            self.run(self._refund(self._job(which), None if cents is None else Decimal(cents) / 100))

    async def _refund(self, job: UUID, amount: Decimal | None) -> None:
        self.grants += 1
        async with self.records.transaction() as tx:
            found = await tx.jobs.get(job)
            assert found is not None
            where: dict[str, Any] = {"project": str(found.project_id), "job": job, "amount": amount}
            await accounts.refund(tx, LOCAL, **where, key=f"refund {self.grants}")

    @rule()
    def tidy(self) -> None:
        assert self.run(self.queue.settle_overdue()) == 0, "every move settles what it ends"

    @invariant()
    def the_books_add_up(self) -> None:
        self.run(assert_books_add_up(self.database))

    async def _finish(self) -> None:
        for project in PROJECTS:
            await self._limit(project, None)
            await self._grant(project, Decimal(1_000))
        await super()._finish()
        await assert_books_add_up(self.database)


def test_random_payments(shared_url: str) -> None:
    machine = type("PaymentsHere", (Payments,), {"url": shared_url})
    examples = 6 if settings.get_current_profile_name() == STEADY else 400
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=25))
