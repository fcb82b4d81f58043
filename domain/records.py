"""The ports of the API: records read and written in transactions that its edge owns.

Nothing below the edge commits. Whoever locks does so in one order everywhere: the idempotency key, gates,
accounts, projects, scenes, jobs, each by id. Numbering events is locked last, by a transaction that does
nothing else.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from domain.access import ApiKey, Scope
from domain.credits import CreditRecords
from domain.events import EventRecords
from domain.films import Cut, Film, NewProject, Project, Scene, SceneTally, Standing
from domain.job import AttemptRecord, Job
from domain.operations import (
    ExecutorState,
    Failures,
    GateState,
    Happening,
    Pace,
    QueueDepth,
    QueueTurn,
    Remaining,
)
from domain.paging import Page, Position
from domain.pipeline import JobOutcome, ShotState
from domain.rates import Booking
from domain.requests import GenerationRequest
from domain.review import ReviewRecords
from domain.script import ScriptRecords
from domain.statuses import CancelOutcome, JobKind, JobStatus
from domain.takes import TakeRecords
from domain.videos import VideoRecords
from domain.webhooks import Delivery, Webhook

Projects = Collection[UUID] | None
"""The only projects that exist for a caller; ``None`` for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs to list; what is left out does not restrict."""

    project_id: UUID | None = None
    scene_id: UUID | None = None
    shot_id: UUID | None = None
    statuses: Collection[JobStatus] = ()
    kind: JobKind | None = None
    within: Projects = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to admit. ``provider`` is ``None`` where the claiming executor is to choose."""

    request: GenerationRequest
    provider: str | None
    model: str | None
    estimated_cost: Decimal
    status: JobStatus = JobStatus.QUEUED
    """Or waiting, for what its kind waits for."""
    start_image_job_id: UUID | None = None
    """The image job whose result a video starts from, or waits for."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a request under this idempotency key was answered."""

    status: int
    body: Mapping[str, Any]


class ProjectRecords(Protocol):
    """Projects with their scenes and shots."""

    async def create(self, new: NewProject) -> Film:
        """Write a project with all of its scenes and shots; give them as written."""
        ...

    async def page(self, *, within: Projects, after: Position | None, limit: int) -> Page[Project]:
        """List projects, newest first."""
        ...

    async def counts(self, projects: Collection[UUID]) -> Mapping[UUID, Mapping[JobStatus, int]]:
        """Count the video jobs of some projects by status; a status or project without any is missing."""
        ...

    async def find(self, project: UUID | str) -> Project | None:
        """Give a project by its id or its receipt."""
        ...

    async def film(self, project: UUID) -> Film | None:
        """Give a project with all of its scenes and shots."""
        ...

    async def scene(self, project: UUID, scene: UUID) -> Scene | None:
        """Give one scene of a project with its shots."""
        ...

    async def shot_states(self, project: UUID, scene: UUID | None = None) -> Mapping[UUID, ShotState]:
        """Tell how every shot of a project (or of a scene) stands."""
        ...

    async def lock(self, project: UUID, scenes: Collection[UUID]) -> None:
        """Hold the project and then these scenes until the end of the transaction."""
        ...

    async def roll_up(self, project: UUID, scenes: Collection[UUID]) -> None:
        """Decide the status of these scenes and of the project from their jobs. They are locked."""
        ...

    async def cut(self, project: UUID, scene: UUID | None = None) -> Cut:
        """Give what the film of a project, or of one of its scenes, would be made of now."""
        ...

    async def standing(self, project: UUID) -> Standing:
        """Tell how far a project that exists is."""
        ...

    async def tallies(self, project: UUID, scene: UUID | None = None) -> Sequence[SceneTally]:
        """Tally the deciding video jobs of every scene (or of one), in film order."""
        ...


class JobRecords(Protocol):
    """Jobs and their attempts."""

    async def admit(self, new: Sequence[NewJob]) -> Sequence[Job]:
        """Write jobs, however many in one statement; give them in the order asked.

        Whoever admits jobs that cost money does so through ``services.admission``. The project is locked.
        """
        ...

    async def named(self, jobs: Sequence[UUID]) -> Sequence[Job]:
        """Give these jobs, in this order; none that does not exist."""
        ...

    async def get(self, job: UUID) -> Job | None:
        """Give one job."""
        ...

    async def attempts(self, job: UUID) -> Sequence[AttemptRecord]:
        """Give a job's attempts, the first one first."""
        ...

    async def page(self, which: JobFilter, *, after: Position | None, limit: int) -> Page[Job]:
        """List jobs, newest first."""
        ...

    async def current(self, project: UUID) -> Sequence[Job]:
        """List what a page shows of a project, oldest first.

        That is the newest job of each shot and kind that is not cancelled (or the newest of all, where all
        are), the one that stands for the shot, and the newest 1,000 of those without a shot.
        """
        ...

    async def remaining(self, project: UUID, scene: UUID | None = None) -> Sequence[Remaining]:
        """Count the live deciding video jobs of every scene (or of one) by sort."""
        ...

    async def films(self, project: UUID, scene: UUID | None) -> Sequence[Job]:
        """Give the newest film of a project (or scene) that is not cancelled, and the newest that is stored.

        The newest first; they may be the same, and there may be none.
        """
        ...

    async def newest_films(self, project: UUID) -> Sequence[Job]:
        """Give the newest live and the newest stored film of every scene, and of the project itself."""
        ...

    async def needed_by(self, job: Job) -> Job | None:
        """Give the job that a waiting job waits for, as far as one can be told."""
        ...


class JobMoves(Protocol):
    """What a person may do to a job. Each move rolls up what hangs on it."""

    async def cancel(self, job: UUID) -> CancelOutcome:
        """Cancel a job and say which of the three things happened."""
        ...

    async def cancel_unstarted(self, project: UUID, scenes: Collection[UUID] | None) -> Sequence[JobOutcome]:
        """Cancel what nobody has begun, in a project or some of its scenes; tell of each live job."""
        ...

    async def retry_failed(
        self, project: UUID, scenes: Collection[UUID] | None, *, accept_possible_duplicate: bool
    ) -> Sequence[JobOutcome]:
        """Queue the images and clips again that failed and stand so; tell of each."""
        ...

    async def retry(self, job: UUID, *, accept_possible_duplicate: bool = False) -> None:
        """Queue a failed job again.

        Raises:
            ConflictError: ``not_failed``, or ``possible_duplicate`` when its outcome is unknown and the
                possible second bill was not accepted.
        """
        ...

    async def retry_download(self, job: UUID) -> None:
        """Fetch a failed job's paid result from the provider again; nothing is generated.

        Raises:
            ConflictError: ``not_failed`` or ``no_result``.
        """
        ...


class KeyRecords(Protocol):
    """API keys, known by the SHA-256 of their secret."""

    async def any(self) -> bool:
        """Tell whether a key was ever made, revoked ones included: revoking the last opens nothing."""
        ...

    async def find(self, digest: str) -> ApiKey | None:
        """Give the key with this digest unless it is revoked, and note that it was used."""
        ...

    async def create(
        self, *, name: str, digest: str, scopes: Collection[Scope], project_ids: Projects
    ) -> ApiKey:
        """Write a new key."""
        ...

    async def every(self) -> Sequence[ApiKey]:
        """List all keys, the oldest first."""
        ...

    async def revoke(self, key: UUID) -> bool:
        """Make a key worthless, and its sessions; false when there is none such or it is already."""
        ...

    async def open_session(self, key: UUID, digest: str, lifetime: timedelta) -> None:
        """Write a session of a key, and forget those that are over."""
        ...

    async def of_session(self, digest: str) -> ApiKey | None:
        """Give the key of the session with this digest unless either is over, and note that it was used."""
        ...

    async def end_session(self, digest: str) -> None:
        """Forget a session."""
        ...


class IdempotencyRecords(Protocol):
    """Answers by idempotency key."""

    async def begin(self, caller: str, key: str, request_hash: str) -> Replay | None:
        """Take a key for this transaction, or give what its first use was answered.

        A second caller waits here until the first one's transaction is over.

        Raises:
            ConflictError: ``idempotency_key_reused``: the key was used for another request.
        """
        ...

    async def first(self, caller: str, key: str, request_hash: str) -> Replay | None:
        """Give what the first use of a key was answered, ``None`` before that; raises as ``begin`` does."""
        ...

    async def finish(self, caller: str, key: str, answer: Replay) -> None:
        """Keep the answer for replays."""
        ...


class OperationRecords(Protocol):
    """The running system."""

    async def executors(self) -> Sequence[ExecutorState]:
        """List executors that have not signed off."""
        ...

    async def gates(self) -> Sequence[GateState]:
        """List the gates."""
        ...

    async def bookings(self) -> Sequence[Booking]:
        """List how far the submits of each model that has a rate are booked."""
        ...

    async def depths(self) -> Sequence[QueueDepth]:
        """Count live jobs by status, kind and provider; cheap however many are finished."""
        ...

    async def failures(self, within: timedelta) -> Sequence[Failures]:
        """Count the jobs that failed within a time and still are, by what went wrong."""
        ...

    async def happenings(self, limit: int) -> Sequence[Happening]:
        """Give the latest events of all projects, newest first."""
        ...

    async def turn(self, job: Job, *, default_provider: str) -> QueueTurn:
        """Count what is likely to be taken before a due queued job.

        Jobs that name no provider queue up for ``default_provider``.
        """
        ...

    async def paces(self, kind: JobKind) -> Sequence[Pace]:
        """Measure the latest completed jobs by sort; sorts with fewer than three are left out."""
        ...

    async def now(self) -> datetime:
        """Give the database's time."""
        ...

    async def schema_revision(self) -> str | None:
        """Give the revision that the database is at; ``None`` for an empty one."""
        ...


class WebhookRecords(Protocol):
    """Webhooks and their deliveries, in the transaction of whoever asks."""

    async def create(self, *, project: UUID | None, url: str, types: Sequence[str], secret: str) -> Webhook:
        """Write a webhook."""
        ...

    async def every(self, within: Projects) -> Sequence[Webhook]:
        """List webhooks, the oldest first; with ``within`` those of these projects alone."""
        ...

    async def get(self, webhook: UUID) -> Webhook | None:
        """Give one."""
        ...

    async def delete(self, webhook: UUID) -> None:
        """Forget a webhook and everything that was to be delivered to it."""
        ...

    async def enable(self, webhook: UUID) -> None:
        """Send again what was not sent since it was disabled, and what comes."""
        ...

    async def ping(self, webhook: UUID) -> Delivery:
        """Queue a message that says nothing but that it arrives."""
        ...

    async def deliveries(self, webhook: UUID, *, after: Position | None, limit: int) -> Page[Delivery]:
        """List deliveries, newest first."""
        ...

    async def replay(self, webhook: UUID, delivery: UUID) -> Delivery | None:
        """Queue a delivery once more from the first attempt, under its id; ``None`` where there is none."""
        ...


class Transaction(Protocol):
    """Everything readable and writable, in one transaction."""

    projects: ProjectRecords
    jobs: JobRecords
    moves: JobMoves
    keys: KeyRecords
    idempotency: IdempotencyRecords
    operations: OperationRecords
    events: EventRecords
    script: ScriptRecords
    takes: TakeRecords
    videos: VideoRecords
    webhooks: WebhookRecords
    reviews: ReviewRecords
    credits: CreditRecords


class Records(Protocol):
    """Where transactions come from."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction, committed at the end unless an exception leaves the block.

        Raises:
            DatabaseUnavailableError: it cannot be reached or did not answer in time.
        """
        ...

    def snapshot(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that sees one moment throughout, and can only read; raises as the other one."""
        ...
