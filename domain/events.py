"""What happens to a project, in order: the records and ports of its feed.

Whoever changes something appends an event in the same transaction, without a number, and waits for nobody.
Once it is committed it gets the project's next sequence number: 1, 2, 3, with no gap, ever.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID


class EventType(StrEnum):
    """What an event tells. Further ones may come: whoever reads events passes over those it does not know."""

    JOB_WAITING = "job.waiting"
    """A job was admitted that needs another one first."""
    JOB_QUEUED = "job.queued"
    """A job was admitted, promoted, released, or is to be tried again."""
    JOB_PROCESSING = "job.processing"
    """An executor claimed it; from here on its provider and model are fixed."""
    JOB_GENERATING = "job.generating"
    """The provider accepted it."""
    JOB_UPLOADING = "job.uploading"
    """The provider has a result, which is being stored."""
    JOB_COMPLETED = "job.completed"
    """Its result is stored and verified."""
    JOB_FAILED = "job.failed"
    """It is over until a person retries."""
    JOB_CANCELLED = "job.cancelled"
    """A person cancelled it."""
    JOB_PROGRESS = "job.progress"
    """The provider is further by 10 points or more; the status stays."""
    JOB_SUBMIT_UNKNOWN = "job.submit_unknown"
    """The answer to its submission was lost and is being looked for; the status stays."""
    JOB_TAKE_KEPT = "job.take_kept"
    """The clip of a cancelled job arrived all the same and was kept."""
    JOB_STOPPED = "job.stopped"
    """A cancelled job's generation is over, without a clip."""
    SCENE_PENDING = "scene.pending"
    """No video job decides anything about the scene any more."""
    SCENE_RENDERING = "scene.rendering"
    """Some video job of the scene may still complete."""
    SCENE_COMPLETE = "scene.complete"
    """All videos of the scene are complete: it is ready for review."""
    SCENE_FAILED = "scene.failed"
    """Nothing of the scene is on its way any more, and some video failed."""
    PROJECT_PENDING = "project.pending"
    """The project's scenes are neither rendering nor over."""
    PROJECT_RENDERING = "project.rendering"
    """Some scene is rendering."""
    PROJECT_COMPLETE = "project.complete"
    """All scenes are complete."""
    PROJECT_FAILED = "project.failed"
    """No scene is rendering, and some scene failed."""
    PROJECT_STEP = "project.step"
    """The project came to another step; its status stays."""
    PROJECT_CHANGED = "project.changed"
    """A person changed the project's title."""
    SCENE_ADDED = "scene.added"
    """A person added a scene."""
    SCENE_CHANGED = "scene.changed"
    """A person changed a scene's title or narration."""
    SHOT_ADDED = "shot.added"
    """A person added a shot."""
    SHOT_CHANGED = "shot.changed"
    """A person changed a shot; what was made from something else is stale now."""
    SHOT_TAKE_CHOSEN = "shot.take_chosen"
    """A person chose the take that stands for a shot."""
    REVIEW_READY = "review.ready"
    """A scene became ready for review although its render status stayed."""
    REVIEW_ENDED = "review.ended"
    """A scene is no longer ready for review, or approved, although its render status stayed."""
    REVIEW_RETURNED = "review.returned"
    """A person filed an issue; the scene goes back to a stage, and what that stage feeds is stale now."""
    REVIEW_RESOLVED = "review.resolved"
    """A person resolved an issue; with the last one the scene comes back to stage 12."""
    REVIEW_APPROVED = "review.approved"
    """A person approved a scene with what stands for its shots."""
    CREDITS_CHANGED = "credits.changed"
    """Credits were granted, held, charged, released or refunded."""
    CREDITS_SHORT = "credits.short"
    """A queued job waits for credits."""
    CREDITS_BUDGET = "credits.budget"
    """A person set the project's budget, or lifted it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered event."""

    project_id: UUID
    sequence: int
    """The project's own count, from 1."""
    type: str
    """An ``EventType``, or one that a later release appended."""
    scene_id: UUID | None
    job_id: UUID | None
    data: Mapping[str, Any]
    """What changed; see ``docs/reference/events.md``."""
    created_at: datetime
    """When its transaction began; the job's columns that the same move set have the same moment."""


@dataclass(frozen=True, slots=True)
class Stirred:
    """Something was heard from the database."""

    numbered: Collection[UUID] | None = ()
    """Projects that have new numbered events; ``None`` for any."""
    written: bool = False
    """Whether there may be events that have no number yet."""


class EventRecords(Protocol):
    """A project's events, in the transaction of whoever asks."""

    async def append(
        self,
        project: UUID,
        kind: str,
        *,
        scene: UUID | None = None,
        job: UUID | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Tell that something happened; it is numbered once this transaction is committed.

        Keep ``data`` to what a page needs to draw: every byte is written twice and kept for ever.
        """
        ...

    async def last(self, project: UUID) -> int:
        """Give the sequence of the latest numbered event; 0 before the first."""
        ...

    async def unnumbered(self, project: UUID) -> bool:
        """Tell whether something that is committed has no number yet."""
        ...


class EventLog(Protocol):
    """All projects' events, as a process follows them. No call holds a connection after it returns.

    Every call has a deadline and raises ``DatabaseUnavailableError``; calling it again is safe.
    """

    async def number(self) -> int | None:
        """Number some committed events, the oldest first, and tell how many they were.

        0 means that there are no more, ``None`` that another process is numbering just now.
        """
        ...

    async def after(self, positions: Mapping[UUID, int], limit: int) -> Sequence[Event]:
        """Give what follows these positions, in order, at most ``limit`` events of each project."""
        ...

    def listen(self) -> AbstractAsyncContextManager[AsyncIterator[Stirred]]:
        """Yield whenever there may be something new; ends when the connection is lost or proves deaf."""
        ...
