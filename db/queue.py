"""The executor's side of the jobs table, on PostgreSQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.claim_rows import claim_of
from db.engine import Database, Step
from db.events import number
from db.holding import hold_or_wait
from db.listener import Wakes, listen
from db.move_rows import move_row
from db.parameters import as_json, as_text
from db.rates import Openings, book, openings
from db.rollup import lock_for_roll_up, lock_steps, roll_up, roll_up_steps
from db.settlement import lock_account_steps, lock_accounts, settle, settle_steps
from db.statements import statement
from db.stranding import end_stranded
from db.tables import jobs
from domain.clock import boot_time
from domain.credits import Paying
from domain.errors import ConflictError
from domain.failures import ErrorCode
from domain.job import Claim
from domain.moves import Move, Outcome
from domain.ports import ExecutorCard, Lane, LaneKey, Pulse, StoredResult
from domain.provider import Handle, ProviderError, SubmitRejectedError
from domain.rates import SETTLE_SECONDS, Member, Rate, Reading, Slot
from domain.statuses import FINAL, AttemptState, JobKind, JobStatus

_REST_SECONDS, _LOOK_SECONDS = 0.5, 1.0
"""Once a model is booked as far ahead as is allowed, how long to leave a lane alone: until there is more than
a single slot to book, and no longer than other models' jobs may wait behind it."""
_ROLLED_UP = frozenset({JobStatus.COMPLETED, JobStatus.FAILED})


class PostgresQueue:
    """``domain.ports.JobQueue`` on PostgreSQL; borrows the database, which its owner closes.

    With ``paying``, credits are held for what is claimed, and settled with what is moved.
    """

    def __init__(
        self, database: Database, *, expiry: timedelta = timedelta(seconds=10), paying: Paying | None = None
    ) -> None:
        self._database = database
        self._paying = paying
        self._expiry = expiry.total_seconds()
        self._held_back: dict[LaneKey, float] = {}

    async def claim(self, executor: UUID, lane: Lane, room: int) -> Sequence[Claim]:
        """See the port: gate first, then at most as many jobs as it and the rates have room for."""
        while True:
            claims, unheld = await self._claim(executor, lane, room)
            # What was just held for is claimed at once, and what cannot be is out of the way by now.
            again = unheld and self._paying and await hold_or_wait(self._database, lane, unheld, self._paying)
            if claims or not again:
                return claims

    async def _claim(self, executor: UUID, lane: Lane, room: int) -> tuple[Sequence[Claim], Sequence[UUID]]:
        """Claim once; give as well the jobs whose turn it is and that credits have to be held for first."""
        values: dict[str, Any] = {"provider": lane.provider, "kind": lane.kind, "limit": lane.limit}
        values |= {"is_default": lane.is_default, "model": lane.model, "room": room, "booked": []}
        values |= {"executor": executor, "token": uuid4(), "holds": self._holds(lane.kind)}
        if lane.rates:
            return await self._claim_within_rates(lane, values)
        steps: list[Step] = [(name, values) for name in ("open_gate", "lock_gate", "claim")]
        *_, found = await self._database.together(*steps)
        return _taken([row._asdict() for row in found], values["token"])

    async def _claim_within_rates(
        self, lane: Lane, values: dict[str, Any]
    ) -> tuple[Sequence[Claim], Sequence[UUID]]:
        """Claim as far as slots can be booked, which is decided between the gate and the jobs."""
        async with self._database.transaction() as connection:
            await connection.execute(statement("open_gate"), values)
            await connection.execute(statement("lock_gate"), values)
            free = await openings(connection, lane)
            values["booked"] = list(free.booked)
            values["room"] = values["room"] if free.room is None else min(values["room"], free.room)
            claims: Sequence[Claim] = []
            unheld: Sequence[UUID] = []
            if set(free.booked) != lane.rates.keys():
                found = await connection.execute(statement("claim"), values)
                claims, unheld = _taken(found.mappings().all(), values["token"])
                claims = await _with_slots(connection, lane, claims)
        self._hold_back(lane, free, [*claims, *unheld])
        return claims, unheld

    def _holds(self, kind: JobKind) -> bool:
        """Tell whether work of a kind takes credits; films are made of what is paid for."""
        return self._paying is not None and kind is not JobKind.FILM

    def _hold_back(self, lane: Lane, free: Openings, taken: Sequence[object]) -> None:
        if free.booked and not taken:
            rest = min(max(free.wait, _REST_SECONDS), _LOOK_SECONDS)
            self._held_back[lane.key] = boot_time() + rest

    def held_back(self, lane: Lane) -> float:
        """See the port."""
        return max(0.0, self._held_back.get(lane.key, 0.0) - boot_time())

    async def book(self, lane: LaneKey, rate: Rate, slots: int) -> Sequence[Slot]:
        """See the port."""
        async with self._database.transaction() as connection:
            return await book(connection, lane, rate, slots)

    async def adopt(
        self,
        executor: UUID,
        providers: Sequence[str],
        *,
        dead_too: bool,
        limit: int,
        kind: JobKind = JobKind.VIDEO,
    ) -> Sequence[Claim]:
        """See the port."""
        token = uuid4()
        values = {
            "executor": executor,
            "token": token,
            "providers": list(providers),
            "kind": kind,
            "dead_too": dead_too,
            "expiry": self._expiry,
            "limit": limit,
        }
        (found,) = await self._database.together(("adopt", values))
        return [claim_of(row._asdict(), token) for row in found]

    async def apply(self, moves: Sequence[Move]) -> Sequence[Outcome]:
        """See the port: gates, accounts, projects, scenes, jobs, in this order, then the roll-up."""
        rows = as_json([move_row(number, move) for number, move in enumerate(moves)])
        rolled = [move for move in moves if move.target in _ROLLED_UP or _announces(move)]
        gates = _gates_of(moves)
        ended = [m.claim.job for m in moves if self._holds(m.claim.job.kind) and _may_settle(m)]
        paying = sorted({job.project_id for job in ended})
        before: list[Step] = [("lock_gates", {"gates": as_json(gates)})] if gates else []
        before += lock_account_steps(paying) if ended else []
        after: list[Step] = []
        if rolled:
            projects, scenes = _places(rolled)
            before += lock_steps(projects, scenes)
            after += [("promote_videos", {"scenes": scenes})] if any(map(_starts_videos, rolled)) else []
            after += roll_up_steps(projects, scenes)
        after += settle_steps(paying, [job.id for job in ended]) if ended else []
        answers = await self._database.together(*before, ("apply_moves", {"moves": rows}), *after)
        found = answers[len(before)]
        for attempt in _given_up(moves):
            await self._reopen(attempt)
        unshown = [m for m, row in zip(moves, found, strict=True) if row.unshown and not _announces(m)]
        if unshown:
            await self._show(unshown)
        return [Outcome(row.outcome) for row in found]

    async def _show(self, begun: Sequence[Move]) -> None:
        """Roll up scenes that were completed between the claim of one more job and its begin."""
        projects, scenes = _places(begun)
        await self._database.together(*lock_steps(projects, scenes), *roll_up_steps(projects, scenes))

    async def record_answer(self, attempt: UUID, answer: Handle | ProviderError) -> None:
        """See the port: first the answer, committed by itself, and then the job, if it was given up."""
        handle = answer if isinstance(answer, Handle) else None
        error = answer if isinstance(answer, ProviderError) else None
        values = {
            "attempt": attempt,
            "accepted": handle is not None,
            "handle_id": as_text(handle.id) if handle else None,
            "handle": as_json(dict(handle.data)) if handle else None,
            "error_code": error.code if error else None,
            "error_message": as_text(error.message) if error else None,
            "raw_error": as_text(error.raw) if error else None,
        }
        async with self._database.transaction() as connection:
            await connection.execute(statement("record_answer"), values)
        await self._reopen(attempt)
        if error is not None and self._paying is not None:
            await self._settle_late(attempt)

    async def _settle_late(self, attempt: UUID) -> None:
        """Give back what was held in doubt, now that nothing was accepted."""
        async with self._database.transaction() as connection:
            job = (await connection.execute(statement("job_of_attempt"), {"attempt": attempt})).one_or_none()
            if job is not None:
                await lock_accounts(connection, [job.project_id])
                await settle(connection, [job.project_id], [job.id])

    async def _reopen(self, attempt: UUID) -> None:
        # A new job for the shot, committed in this very moment, is found by its index alone: as with any
        # other of the shot's jobs, the handle then stays with its attempt.
        with suppress(ConflictError):
            await self._reopen_now(attempt)

    async def _reopen_now(self, attempt: UUID) -> None:
        """Put a job given up as ``submit_unknown`` into nobody's hands if it was answered after all.

        Whoever answers and whoever gives up both look here after their own commit, so the later of the two
        sees the other.
        """
        async with self._database.transaction() as connection:
            home = (await connection.execute(statement("attempt_home"), {"attempt": attempt})).one_or_none()
            if home is None:
                return
            scenes = [home.scene_id] if home.scene_id else []
            gates = as_json([{"provider": home.provider, "kind": home.kind}])
            await connection.execute(statement("lock_gates"), {"gates": gates})
            await lock_for_roll_up(connection, [home.project_id], scenes)
            await connection.execute(statement("reopen"), {"attempt": attempt})
            await roll_up(connection, [home.project_id], scenes)

    async def answer_of(self, attempt: UUID) -> Handle | SubmitRejectedError | None:
        """See the port."""
        async with self._database.transaction() as connection:
            found = (await connection.execute(statement("answer_of"), {"attempt": attempt})).one_or_none()
        if found is None:
            return None
        if found.provider_job_id is not None:
            return Handle(found.provider_job_id, found.handle or {})
        return SubmitRejectedError(ErrorCode(found.error_code), found.error_message, raw=found.raw_error)

    async def stored(self, job: UUID, project: UUID) -> StoredResult | None:
        """See the port."""
        table = jobs
        wanted = select(table.c.status, table.c.storage_path).where(
            table.c.id == job, table.c.project_id == project
        )
        async with self._database.transaction() as connection:
            found = (await connection.execute(wanted)).one_or_none()
        return None if found is None else StoredResult(JobStatus(found.status), found.storage_path)

    async def beat(self, card: ExecutorCard) -> Pulse:
        """See the port."""
        values: dict[str, Any] = {"id": card.id, "name": card.name, "host": card.host, "pid": card.pid}
        values |= {"settings": as_json(card.settings), "expiry": self._expiry, "settle": SETTLE_SECONDS}
        sent = boot_time()
        ((found,),) = await self._database.together(("beat", values))
        reading = Reading(found.clock, sent, boot_time())
        members = _members(found.serving or ())
        return Pulse(found.cancelled, found.orphans, found.roll_ups, members, reading)

    async def promote_overdue(self) -> None:
        """See the port."""
        async with self._database.transaction() as connection:
            found = (await connection.execute(statement("overdue"))).all()
            if not found:
                return
            projects = {row.project_id for row in found}
            scenes = [row.scene_id for row in found if row.scene_id]
            await lock_for_roll_up(connection, projects, scenes)
            await connection.execute(statement("promote_videos"), {"scenes": scenes})
            await roll_up(connection, projects, scenes)

    async def forget_executors(self) -> None:
        """Remove the rows of executors that are long gone."""
        async with self._database.transaction() as connection:
            await connection.execute(statement("forget_executors"))

    async def roll_up_due(self) -> None:
        """See the port."""
        while True:
            async with self._database.transaction() as connection:
                due = (await connection.execute(statement("take_roll_ups"))).all()
                if not due:
                    return
                projects = sorted({one.project_id for one in due})
                scenes = sorted({one.scene_id for one in due if one.scene_id})
                await lock_for_roll_up(connection, projects, scenes)
                await roll_up(connection, projects, scenes)

    async def end_stranded(self) -> int:
        """See the port."""
        return len(await end_stranded(self._database, self._expiry))

    async def settle_overdue(self) -> int:
        """See the port."""
        if self._paying is None:
            return 0
        async with self._database.transaction() as connection:
            found = (await connection.execute(statement("unsettled"))).all()
            projects = sorted({one.project_id for one in found})
            if found:
                await lock_accounts(connection, projects)
                await settle(connection, projects, [one.job_id for one in found])
        return len(found)

    async def hand_over(self, executor: UUID) -> int:
        """See the port."""
        async with self._database.transaction() as connection:
            found = await connection.execute(statement("hand_over"), {"executor": executor})
            return int(found.one().left_behind)

    async def number_events(self) -> int | None:
        """See the port."""
        return await number(self._database)

    def listen(self) -> AbstractAsyncContextManager[Wakes]:
        """See the port."""
        return listen(self._database)


def _taken(rows: Sequence[Mapping[Any, Any]], token: UUID) -> tuple[Sequence[Claim], Sequence[UUID]]:
    claims = [claim_of(row, token) for row in rows if row["id"] is not None]
    return claims, [row["picked"] for row in rows if not row["may_run"]]


async def _with_slots(connection: AsyncConnection, lane: Lane, claims: Sequence[Claim]) -> Sequence[Claim]:
    """Book a slot for each claimed job whose model has a rate, in the order in which they were taken."""
    rated: dict[Rate, list[int]] = defaultdict(list)
    for place, claim in enumerate(claims):
        rate = lane.rates.get(claim.job.model or "")
        if rate is not None and rate.submits is not None:
            rated[rate].append(place)
    found = list(claims)
    # In one order everywhere, so that two lanes never wait for each other.
    for rate, places in sorted(rated.items(), key=lambda item: item[0].model):
        slots = await book(connection, lane.key, rate, len(places))
        for place, slot in zip(places, slots, strict=True):
            found[place] = replace(found[place], slot=slot)
    return found


def _members(serving: Sequence[Any]) -> dict[LaneKey, Sequence[Member]]:
    """Read who serves which lane; kinds that this release does not know are of no interest to it."""
    return {
        (JobKind(kind), str(provider)): [
            Member(UUID(executor), float(since), float(until)) for executor, since, until in members
        ]
        for kind, provider, members in serving
        if kind in JobKind.__members__.values()
    }


def _announces(move: Move) -> bool:
    """Tell whether this is the first work on something that is not shown as being worked on yet.

    An insert by SQL cannot say so itself: it would lock the scene for as long as its caller's transaction.
    """
    return move.name == "begin" and move.claim.announces


def _may_settle(move: Move) -> bool:
    """Tell whether a generation may be over with this, or known to be charged."""
    charged = move.attempt is not None and move.attempt.actual_cost is not None
    return move.target in FINAL or (move.target is JobStatus.QUEUED and charged)


def _starts_videos(move: Move) -> bool:
    return move.target is JobStatus.COMPLETED and move.claim.job.kind is JobKind.IMAGE


def _places(moves: Sequence[Move]) -> tuple[list[UUID], list[UUID]]:
    jobs = [move.claim.job for move in moves]
    return sorted({job.project_id for job in jobs}), sorted({job.scene_id for job in jobs if job.scene_id})


def _given_up(moves: Sequence[Move]) -> list[UUID]:
    """List the attempts whose search is over with these moves."""
    ended = [move.attempt for move in moves if move.target is JobStatus.FAILED and move.attempt]
    return [attempt.id for attempt in ended if attempt.state is AttemptState.UNKNOWN]


def _gates_of(moves: Sequence[Move]) -> list[dict[str, Any]]:
    """List the gates that these moves may write to."""
    heard = [m.claim.job for m in moves if m.frees_slot or m.pause or m.settles_provider]
    return [{"provider": provider, "kind": kind} for provider, kind in {(j.provider, j.kind) for j in heard}]
