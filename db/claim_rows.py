"""Rows of ``claim.sql`` and ``adopt.sql`` as the domain's records."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.job import AttemptRecord, Claim, Job
from domain.statuses import AttemptState, JobKind, JobStatus, RenderStatus, Step

_SHOWN = {
    JobKind.IMAGE: frozenset({Step.IMAGES}),
    JobKind.FILM: frozenset({Step.IMAGES, Step.VIDEOS, Step.STITCHING}),
}
"""Steps of a project in which work of a kind changes none: earlier ones come first."""
JOB_COLUMNS = tuple(field.name for field in fields(Job))
_ATTEMPT_COLUMNS = tuple(field.name for field in fields(AttemptRecord))


def job_of(row: Mapping[Any, Any]) -> Job:
    """Give the job of a row that has at least its columns."""
    values = {name: row[name] for name in JOB_COLUMNS}
    values["kind"] = JobKind(values["kind"])
    values["status"] = JobStatus(values["status"])
    return Job(**values)


def claim_of(row: Mapping[Any, Any], token: UUID) -> Claim:
    """Give the claim of a row of ``claim.sql`` or ``adopt.sql``."""
    adopted = "attempt" in row
    attempt = row["attempt"] if adopted else None
    return Claim(
        job=job_of(row),
        token=token,
        attempt=_attempt_of(attempt) if attempt else None,
        attempts=row["attempts"],
        project_title=row["project_title"],
        scene_title=row["scene_title"],
        shot_label=row["shot_label"],
        age=row["age"],
        adopted=adopted,
        announces=_announces(row),
    )


def _announces(row: Mapping[Any, Any]) -> bool:
    """Tell whether nobody was told yet that jobs of this kind are worked on."""
    if row["kind"] == JobKind.VIDEO:
        return row["render_status"] not in {None, RenderStatus.RENDERING}
    return row["current_step"] not in _SHOWN[JobKind(row["kind"])]


def _attempt_of(data: dict[str, Any]) -> AttemptRecord:
    """Read an attempt that came as JSON, whose ids, moments and amounts are text or numbers."""
    values: dict[str, Any] = {name: data.get(name) for name in _ATTEMPT_COLUMNS}
    for name in ("id", "job_id", "executor_id"):
        values[name] = UUID(values[name]) if values[name] else None
    for name in ("created_at", "submitted_at", "finished_at"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    for name in ("estimated_cost", "actual_cost"):
        values[name] = Decimal(str(values[name])) if values[name] is not None else None
    values["state"] = AttemptState(values["state"])
    return AttemptRecord(**values)
