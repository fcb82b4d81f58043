"""What a person may do to a job: cancel, retry, fetch again. Each is one transaction."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Transactions
from db.parameters import as_json
from db.rollup import lock_for_roll_up, roll_up
from db.settlement import open_accounts, settle
from db.statements import statement
from db.tables import scenes as _scenes
from domain.credits import CreditTerms
from domain.errors import ConflictError, NotFoundError
from domain.failures import ErrorCode
from domain.pipeline import BatchOutcome, JobOutcome
from domain.statuses import CancelOutcome, JobKind, JobStatus

_Place = tuple[list[UUID], list[UUID]]
"""The project and the scene, if any."""


class JobMovesStore:
    """Moves by a person, on PostgreSQL."""

    def __init__(self, database: Transactions, *, terms: CreditTerms | None = None) -> None:
        self._database = database
        self._terms = terms

    async def cancel(self, job: UUID) -> CancelOutcome:
        """Cancel a job, with what waits for it, and say which of the three things happened.

        Raises:
            NotFoundError: there is no such job.
        """
        async with self._locked(job) as (connection, before):
            found = (await connection.execute(statement("cancel"), {"job": job})).mappings().one()
            outcome = CancelOutcome(found["outcome"])
            if outcome is not CancelOutcome.ALREADY_FINAL:
                others = await connection.execute(statement("cancel_waiting"), {"jobs": [job]})
                await self._settle(connection, before["project_id"], [job, *others.scalars()])
            return outcome

    async def cancel_unstarted(self, project: UUID, scenes: Collection[UUID] | None) -> Sequence[JobOutcome]:
        """See the port."""
        return await self._batch("cancel_unstarted", project, scenes, {})

    async def retry_failed(
        self, project: UUID, scenes: Collection[UUID] | None, *, accept_possible_duplicate: bool
    ) -> Sequence[JobOutcome]:
        """See the port."""
        values = {"accept_possible_duplicate": accept_possible_duplicate}
        return await self._batch("retry_failed", project, scenes, values)

    async def _batch(
        self, name: str, project: UUID, scenes: Collection[UUID] | None, values: dict[str, Any]
    ) -> Sequence[JobOutcome]:
        """Move many jobs of a project, whose locks are taken here; no gate is concerned."""
        async with self._database.transaction() as connection:
            within = None if scenes is None else list(scenes)
            touched = within
            if touched is None:
                every = await connection.execute(select(_scenes.c.id).where(_scenes.c.project_id == project))
                touched = list(every.scalars())
            await self._lock_account(connection, project)
            await lock_for_roll_up(connection, [project], touched)
            found = await connection.execute(
                statement(name), {"project": project, "scenes": within, **values}
            )
            outcomes = [_outcome(row) for row in found.mappings()]
            await self._settle(connection, project, [one.job_id for one in outcomes])
            await roll_up(connection, [project], touched)
            return outcomes

    async def retry(self, job: UUID, *, accept_possible_duplicate: bool = False) -> None:
        """Queue a failed job again.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it is not failed (``not_failed``), or its outcome is unknown and the possible
                second bill was not accepted (``possible_duplicate``).
        """
        values = {"accept_possible_duplicate": accept_possible_duplicate}
        async with self._locked(job) as (connection, before):
            if await self._write(connection, "retry", job, values):
                await self._settle(connection, before["project_id"], [job])
                return
        if before["status"] == JobStatus.FAILED:
            raise ConflictError(
                "the provider may have made and billed this shot; "
                'retry with {"accept_possible_duplicate": true} to risk paying twice',
                "possible_duplicate",
            )
        raise ConflictError(f"only a failed job can be retried; this one is {before['status']}", "not_failed")

    async def retry_download(self, job: UUID) -> None:
        """Fetch a failed job's paid result from the provider again; nothing is generated.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it is not failed (``not_failed``), or has no result (``no_result``).
        """
        async with self._locked(job) as (connection, before):
            if await self._write(connection, "retry_download", job, {}):
                return
        if before["status"] == JobStatus.FAILED:
            raise ConflictError("the provider has no result for this job; retry it instead", "no_result")
        raise ConflictError(
            f"only a failed job can be fetched again; this one is {before['status']}", "not_failed"
        )

    @asynccontextmanager
    async def _locked(self, job: UUID) -> AsyncIterator[tuple[AsyncConnection, RowMapping]]:
        """Lock what comes before the job, and roll up at the end."""
        async with self._database.transaction() as connection:
            place, before = await self._lock(connection, job)
            yield connection, before
            await roll_up(connection, *place)

    async def _write(self, connection: AsyncConnection, name: str, job: UUID, values: dict[str, Any]) -> bool:
        found = await connection.execute(statement(name), {"job": job, **values})
        return found.first() is not None

    async def _lock_account(self, connection: AsyncConnection, project: UUID) -> None:
        if self._terms is not None:
            await open_accounts(connection, [project], self._terms)

    async def _settle(self, connection: AsyncConnection, project: UUID, jobs: Collection[UUID]) -> None:
        if self._terms is not None:
            await settle(connection, [project], jobs)

    async def _lock(self, connection: AsyncConnection, job: UUID) -> tuple[_Place, RowMapping]:
        """Lock a job after its gate, project and scene.

        Raises:
            NotFoundError: there is no such job.
        """
        while True:
            found = (await connection.execute(statement("whereabouts"), {"job": job})).one_or_none()
            if found is None:
                raise NotFoundError("there is no such job")
            place = [found.project_id], [found.scene_id] if found.scene_id else []
            gates = as_json([{"provider": found.provider, "kind": found.kind}])
            if (await connection.execute(statement("lock_gates"), {"gates": gates})).first():
                return place, await self._lock_inner(connection, place, job)
            # No gate yet: while we wait for the job, a claim may name its provider or make its gate.
            async with connection.begin_nested() as savepoint:
                before = await self._lock_inner(connection, place, job)
                if not before["slot_held"]:
                    return place, before
                # One came first, and its gate would now be locked after the job: begin again.
                await savepoint.rollback()

    async def _lock_inner(self, connection: AsyncConnection, place: _Place, job: UUID) -> RowMapping:
        await self._lock_account(connection, place[0][0])
        await lock_for_roll_up(connection, *place)
        return (await connection.execute(statement("lock_job"), {"job": job})).mappings().one()


def _outcome(row: RowMapping) -> JobOutcome:
    code = row.get("error_code")
    return JobOutcome(
        job_id=row["job_id"],
        scene_id=row["scene_id"],
        shot_id=row["shot_id"],
        label=row["label"],
        kind=JobKind(row["kind"]),
        status=JobStatus(row["status"]),
        outcome=BatchOutcome(row["outcome"]),
        error_code=ErrorCode(code) if code else None,
    )
