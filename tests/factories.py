"""Small builders: rows by plain SQL, as an application would write them, and the words of the domain."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from db.engine import Transactions
from domain import moves
from domain.job import Claim, Job
from domain.moves import Move, Outcome
from domain.ports import ExecutorCard, JobQueue, Lane
from domain.provider import Attempt, Handle, Result, SubmitUnknownError
from domain.statuses import AttemptState, JobKind, JobStatus

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
Row = dict[str, Any]


def card(name: str = "executor") -> ExecutorCard:
    return ExecutorCard(uuid4(), name, "host", 1)


def lane(
    limit: int = 3, *, provider: str = "mock", kind: JobKind = JobKind.VIDEO, is_default: bool = True
) -> Lane:
    return Lane(kind, provider, "mock-1", limit, is_default)


def claim(**job: Any) -> Claim:
    """Give a claim of a job that is in no database."""
    values: Row = dict.fromkeys(field.name for field in fields(Job))
    counts = ("priority", "attempt_count", "claim_count", "upload_count", "progress")
    values |= dict.fromkeys(counts, 0)
    values |= {"id": uuid4(), "project_id": uuid4(), "scene_id": uuid4(), "kind": JobKind.VIDEO}
    values |= {"status": JobStatus.PROCESSING, "provider": "mock", "model": "mock-1", "prompt": "a fox"}
    values |= {"duration_seconds": 6.0, "run_after": MOMENT, "created_at": MOMENT, "provider_metadata": {}}
    values |= {"in_hand": True, "slot_held": True, "claimed_by": uuid4(), "claim_token": uuid4(), **job}
    made = Job(**values)
    return Claim(made, made.claim_token or uuid4(), None, 0, "Film", "Scene", "1A")


def attempt(held: Claim | None = None, **changes: Any) -> Attempt:
    """Give the next attempt of a claimed job."""
    held = held or claim()
    own = uuid4()
    made = Attempt(
        id=own,
        job_id=held.job.id,
        number=held.attempts + 1,
        provider=held.job.provider or "mock",
        model=held.job.model or "mock-1",
        request=held.request(held.job.model or "mock-1"),
        landing=f"{held.job.id}/{own}",
        estimated_cost=Decimal("0.3"),
    )
    return replace(made, **changes)


def handle(name: str | None = None) -> Handle:
    return Handle(name or f"operations/{uuid4()}", {"region": "somewhere"})


def result(cost: str | None = "0.25") -> Result:
    return Result(
        {"uri": "https://provider.invalid/clip"}, actual_cost=None if cost is None else Decimal(cost)
    )


def stored(held: Claim, **changes: Any) -> Row:
    """Give the columns that a stored clip, or image, sets."""
    job = held.job
    ending = "png" if job.kind is JobKind.IMAGE else "mp4"
    return {
        "video_url": f"/api/v1/jobs/{job.id}/content",
        "storage_path": f"{job.project_id}/{job.scene_id}/{job.id}.{ending}",
        "sha256": "0" * 64,
        "size_bytes": 1000,
        "width": 1280,
        "height": 720,
        "actual_duration_seconds": 6.0,
        "actual_cost": Decimal("0.25"),
        **changes,
    }


async def execute(database: Transactions, statement: str, **values: Any) -> None:
    """Run one statement in a transaction of its own."""
    async with database.transaction() as connection:
        await connection.execute(text(statement), values)


async def rows(database: Transactions, query: str, **values: Any) -> list[Row]:
    """Read rows in a transaction of its own."""
    async with database.transaction() as connection:
        found = await connection.execute(text(query), values)
        return [dict(row) for row in found.mappings()]


async def row(database: Transactions, query: str, **values: Any) -> Row:
    (found,) = await rows(database, query, **values)
    return found


async def insert_jobs(database: Transactions, count: int = 1, **columns: Any) -> list[UUID]:
    """Insert jobs that share ``columns``, in one statement; the least that a valid row needs is filled in."""
    values: Row = {"project_id": uuid4(), "scene_id": uuid4(), "prompt": "a fox", "duration_seconds": 6.0}
    values |= columns
    names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    # Names come from the tests, values are bound.
    insert = f"INSERT INTO video_generation_jobs (id, {names}) SELECT gen_random_uuid(), {places} "
    found = await rows(database, f"{insert} FROM generate_series(1, {count}) RETURNING id", **values)
    return [one["id"] for one in found]


async def insert_job(database: Transactions, **columns: Any) -> UUID:
    (job,) = await insert_jobs(database, **columns)
    return job


async def insert_shot(database: Transactions, project: UUID, scene: UUID, label: str = "1A") -> UUID:
    """Insert a shot, with its project and scene where they are missing."""
    shot = uuid4()
    await execute(
        database, "INSERT INTO projects (id) VALUES (:project) ON CONFLICT DO NOTHING", project=project
    )
    await execute(
        database,
        "INSERT INTO scenes (id, project_id, position) VALUES (:scene, :project, 1) ON CONFLICT DO NOTHING",
        scene=scene,
        project=project,
    )
    await execute(
        database,
        "INSERT INTO shots (id, project_id, scene_id, position, label) "
        "VALUES (:shot, :project, :scene, 1, :label)",
        shot=shot,
        project=project,
        scene=scene,
        label=label,
    )
    return shot


async def job_row(database: Transactions, job: UUID) -> Row:
    return await row(database, "SELECT * FROM video_generation_jobs WHERE id = :job", job=job)


async def attempt_rows(database: Transactions, job: UUID) -> list[Row]:
    return await rows(database, "SELECT * FROM job_attempts WHERE job_id = :job ORDER BY number", job=job)


async def event_types(database: Transactions, job: UUID) -> list[str]:
    found = await rows(database, "SELECT type FROM job_events WHERE job_id = :job ORDER BY id", job=job)
    return [one["type"] for one in found]


async def claim_all(queue: JobQueue, executor: UUID, of: Lane, room: int = 500) -> Sequence[Claim]:
    """Claim again and again, as an executor does, until there is nothing or no room."""
    found: list[Claim] = []
    while more := await queue.claim(executor, of, room):
        found += more
    return found


async def set_gate(database: Transactions, **columns: Any) -> None:
    """Change the mock's video gate."""
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    await execute(
        database, f"UPDATE gates SET {changes} WHERE provider = 'mock' AND kind = 'video'", **columns
    )


async def silence(database: Transactions, executor: UUID, seconds: float = 3600) -> None:
    """Let an executor's last beat lie that far back by the database's clock."""
    await execute(
        database,
        "UPDATE executors SET heartbeat_at = now() - make_interval(secs => :seconds) WHERE id = :executor",
        executor=executor,
        seconds=seconds,
    )


async def complete_all(queue: JobQueue, executor: UUID, *, provider: str = "mock") -> None:
    """Make everything that is queued, and what it lets go on: images, then clips."""
    for kind in (JobKind.IMAGE, JobKind.VIDEO):
        for held in await claim_all(queue, executor, lane(500, provider=provider, kind=kind)):
            await Life(queue, held).to(JobStatus.COMPLETED)


def resumes(held: Claim) -> bool:
    """Tell whether the latest attempt is what a taken-over job is at, and not an older one that is over."""
    over = {AttemptState.REJECTED, AttemptState.FAILED, AttemptState.SUCCEEDED, AttemptState.ABANDONED}
    if held.attempt is None:
        return False
    return held.job.status is not JobStatus.PROCESSING or held.attempt.state not in over


class Life:
    """One job in one executor's hands, moved step by step; a taken-over one goes on with its attempt."""

    def __init__(self, queue: JobQueue, held: Claim) -> None:
        self.queue = queue
        self.claim = held
        self.attempt = attempt(held)
        if resumes(held) and held.attempt is not None:
            self.attempt = replace(self.attempt, id=held.attempt.id, number=held.attempt.number)
        self.handle = handle()

    async def to(self, status: JobStatus) -> "Life":
        """Go on, the straight way, until the job has this status."""
        steps = {
            JobStatus.PROCESSING: [],
            JobStatus.GENERATING: [self.begin, self.accept],
            JobStatus.UPLOADING: [self.begin, self.accept, self.collect],
            JobStatus.COMPLETED: [self.begin, self.accept, self.collect, self.complete],
        }[status]
        for step in steps:
            assert await step() is Outcome.APPLIED
        return self

    async def apply(self, move: Move) -> Outcome:
        (outcome,) = await self.queue.apply([move])
        return outcome

    async def begin(self) -> Outcome:
        return await self.apply(moves.begin(self.claim, self.attempt))

    async def accept(self) -> Outcome:
        return await self.apply(moves.accept(self.claim, self.attempt, self.handle))

    async def collect(self) -> Outcome:
        return await self.apply(moves.collect(self.claim, self.attempt.id, result()))

    async def complete(self) -> Outcome:
        return await self.apply(moves.complete(self.claim, self.attempt.id, stored(self.claim), 1))

    async def lose_answer(self) -> Outcome:
        return await self.apply(moves.lose_answer(self.claim, self.attempt, SubmitUnknownError()))

    async def give_up(self) -> Outcome:
        """Fail as ``submit_unknown``, as when the search for the answer is over."""
        move = moves.fail(
            self.claim,
            JobStatus.PROCESSING,
            SubmitUnknownError(),
            self.attempt.id,
            AttemptState.UNKNOWN,
        )
        return await self.apply(move)


async def claimed(database: Transactions, queue: JobQueue, executor: UUID, **columns: Any) -> Life:
    """Insert a job and claim it; there must be nothing else to claim."""
    job = await insert_job(database, **columns)
    kind = JobKind(columns.get("kind", JobKind.VIDEO))
    (held,) = await queue.claim(executor, lane(1000, kind=kind), 1)
    assert held.job.id == job
    return Life(queue, held)
