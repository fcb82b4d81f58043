"""Health, and the running system, on the wire."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import Answered
from domain.statuses import JobKind, JobStatus


class Alive(Answered):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Check(Answered):
    """One thing that the API depends on."""

    name: str
    ok: bool
    reason: str | None = Field(description="Null where it is ok, or where the caller may not know.")


class Readiness(Answered):
    """Whether requests can be served, and if not, why."""

    status: Literal["ready", "unready"]
    checks: list[Check]

    def without_reasons(self) -> Self:
        """Give the same without what went wrong."""
        return self.model_copy(
            update={"checks": [check.model_copy(update={"reason": None}) for check in self.checks]}
        )


class LaneOut(Answered):
    """What an executor takes jobs for."""

    kind: JobKind
    provider: str
    model: str = Field(description="Used where a job names none.")
    limit: int = Field(
        description="Generations in flight at most, over all executors; of films, in this one alone."
    )
    is_default: bool = Field(description="Whether jobs that name no provider are made here.")


class ExecutorOut(Answered):
    """An executor that has not signed off."""

    id: UUID
    name: str
    alive: bool = Field(description="Whether it beat within the last ten seconds.")
    lanes: list[LaneOut]


class GateOut(Answered):
    """What is let through to a provider."""

    provider: str
    kind: JobKind
    in_flight: int
    faults: int = Field(description="Faults in a row; while there are any, one job at a time is tried.")
    paused_until: datetime | None
    paused_reason: str | None


class DepthOut(Answered):
    """Live jobs of one sort."""

    status: JobStatus
    kind: JobKind
    provider: str | None
    jobs: int


class FailuresOut(Answered):
    """Jobs that failed for one reason."""

    error_code: str
    kind: JobKind
    provider: str | None
    jobs: int


class HappeningOut(Answered):
    """An event of some project."""

    type: str
    project_id: UUID
    job_id: UUID | None
    data: dict[str, Any]
    created_at: datetime


class MachineRoom(Answered):
    """The running system."""

    executors: list[ExecutorOut]
    gates: list[GateOut]
    depths: list[DepthOut]
    failures: list[FailuresOut] = Field(description="Of the last day, the most frequent first.")
    happenings: list[HappeningOut] = Field(description="The latest events, newest first.")
