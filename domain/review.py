"""Review: what a person finds wrong with a scene, and where that sends the scene back to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from domain.paging import Page, Position
from domain.statuses import JobKind, ReviewStatus

LONGEST_DESCRIPTION = 2_000
"""Characters of an issue's description."""


class Stage(IntEnum):
    """Where a scene is worked on. Those before 7 are not ours."""

    SCRIPT = 7
    """Script and timing."""
    FRAMES = 8
    SOUND = 9
    """Dialogue and audio."""
    ASSEMBLY = 10
    CONFIRMATION = 11
    """Quote and confirmation."""
    REVIEW = 12
    """Video review."""


FEEDS: Mapping[Stage, frozenset[JobKind]] = MappingProxyType(
    {
        Stage.SCRIPT: frozenset({JobKind.IMAGE, JobKind.VIDEO}),
        Stage.FRAMES: frozenset({JobKind.IMAGE, JobKind.VIDEO}),
        Stage.SOUND: frozenset({JobKind.VIDEO}),
    }
)
"""What turns stale when a scene goes back to a stage. Films follow their clips."""


class IssueType(StrEnum):
    """What is wrong; each type has the stage where it is mended."""

    VISUAL_CONTINUITY = "visual_continuity"
    """Something looks other than in the shots around it."""
    TIMING = "timing"
    """Too long, too short, or not when it should be."""
    DIALOGUE_AUDIO = "dialogue_audio"
    """What is heard."""
    NARRATIVE_STRUCTURE = "narrative_structure"
    """What is told, and in which order."""

    @property
    def stage(self) -> Stage:
        """Where the scene goes back to."""
        return _STAGES[self]


_STAGES = {
    IssueType.VISUAL_CONTINUITY: Stage.FRAMES,
    IssueType.TIMING: Stage.SCRIPT,
    IssueType.DIALOGUE_AUDIO: Stage.SOUND,
    IssueType.NARRATIVE_STRUCTURE: Stage.SCRIPT,
}


class IssueStatus(StrEnum):
    """Whether an issue still keeps its scene from being approved."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """An issue to file."""

    type: IssueType
    description: str
    shot_id: UUID | None = None
    """The shot that it is about; ``None`` for all of the scene."""
    at_seconds: float | None = None
    """From the beginning of the scene."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One row of ``review_issues``."""

    id: UUID
    project_id: UUID
    scene_id: UUID
    shot_id: UUID | None
    type: IssueType
    description: str
    at_seconds: float | None
    created_at: datetime
    resolved_at: datetime | None

    @property
    def stage(self) -> Stage:
        """Where it sent the scene back to."""
        return self.type.stage

    @property
    def status(self) -> IssueStatus:
        """Whether it still stands."""
        return IssueStatus.OPEN if self.resolved_at is None else IssueStatus.RESOLVED


class ReviewRecords(Protocol):
    """Issues and verdicts. Whoever writes has locked the project and the scene."""

    async def file(self, project: UUID, scene: UUID, new: NewIssue) -> Issue:
        """Write an issue."""
        ...

    async def get(self, scene: UUID, issue: UUID) -> Issue | None:
        """Give an issue of a scene."""
        ...

    async def page(
        self, scene: UUID, status: IssueStatus | None, *, after: Position | None, limit: int
    ) -> Page[Issue]:
        """List the issues of a scene, newest first."""
        ...

    async def open_types(self, scene: UUID) -> Collection[IssueType]:
        """Give the types of the scene's open issues."""
        ...

    async def resolve(self, issue: UUID) -> None:
        """Close an issue."""
        ...

    async def judge(self, scene: UUID, status: ReviewStatus, stage: Stage) -> None:
        """Set what a person decided about a scene."""
        ...

    async def send_back(self, scene: UUID, kinds: Collection[JobKind], shot: UUID | None) -> None:
        """Let everything there is of these kinds, of the scene or of one shot, be stale."""
        ...

    async def accept(self, scene: UUID) -> None:
        """Let what stands for the scene's shots no longer count as sent back."""
        ...

    async def reopen(self, scene: UUID) -> None:
        """Forget that a scene was approved: it has another clip now."""
        ...
