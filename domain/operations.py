"""What is to be known of the running system: executors, gates, queues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ports import Lane
from domain.statuses import JobKind, JobStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorState:
    """One row of ``executors`` that has not signed off."""

    id: UUID
    name: str
    lanes: Sequence[Lane]
    alive: bool
    """Whether it beat within the expiry, by the database's clock."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What it says of itself beside its lanes: limits and addresses that executors should agree on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """What a provider's gate lets through."""

    provider: str
    kind: JobKind
    in_flight: int
    faults: int
    """Faults of the provider in a row; while there are any, one job at a time probes it."""
    paused_until: datetime | None
    """Set while the pause lasts."""
    paused_reason: str | None


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How many live jobs of one sort there are."""

    status: JobStatus
    kind: JobKind
    provider: str | None
    jobs: int


@dataclass(frozen=True, slots=True)
class Failures:
    """How many jobs failed for one reason."""

    error_code: str
    kind: JobKind
    provider: str | None
    jobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event of some project, for whoever watches all of them."""

    type: str
    project_id: UUID
    job_id: UUID | None
    data: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class QueueTurn:
    """Where a queued job stands in its lane's fair turns between projects."""

    ahead: int
    """Jobs that are likely to be taken before it."""
    exact: bool
    """False when the lane is so long that counting stopped."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast jobs of one sort were lately."""

    provider: str
    model: str
    duration_seconds: float | None
    seconds: float
    """Median time from claim to completion."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """Live deciding video jobs of one sort in a scene."""

    scene_id: UUID
    provider: str | None
    model: str | None
    duration_seconds: float | None
    jobs: int
