"""``rushes jobs``: look at jobs and move them, as a person may."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from cli.output import say
from cli.records import opened_records
from cli.tables import print_table
from domain.access import LOCAL
from domain.errors import ConflictError
from domain.job import AttemptRecord, Job
from domain.records import JobFilter
from domain.statuses import CancelOutcome, JobKind, JobStatus
from services import jobs, projects
from services.why import why

_COLUMNS = ("id", "status", "kind", "provider", "seconds", "tries", "cost", "created", "prompt or error")
_LONGEST_TEXT = 60
_OUTCOMES = {
    CancelOutcome.CANCELLED: "cancelled; nothing had been submitted, it costs nothing",
    CancelOutcome.STOPPING: "cancelled; the provider may still finish and bill it, and then its clip is kept",
    CancelOutcome.ALREADY_FINAL: "nothing to cancel: it was over already",
}


def list_jobs(
    *, project: str | None, statuses: Collection[JobStatus], kind: JobKind | None, limit: int
) -> None:
    """Print jobs, newest first."""

    async def find() -> list[Job]:
        async with opened_records() as records, records.transaction() as tx:
            within = (await projects.find(tx, LOCAL, project)).id if project else None
            which = JobFilter(project_id=within, statuses=statuses, kind=kind)
            return list((await jobs.page(tx, LOCAL, which, None, limit)).data)

    print_table(_COLUMNS, [_row(job) for job in asyncio.run(find())])


def _row(job: Job) -> tuple[object, ...]:
    text = job.error_message or job.prompt
    return (
        job.id,
        job.status,
        job.kind,
        job.provider,
        None if job.duration_seconds is None else f"{job.duration_seconds:g}",
        job.attempt_count,
        None if job.actual_cost is None else f"${job.actual_cost:.2f}",
        _time(job.created_at),
        text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…",
    )


def show_job(job: UUID) -> None:
    """Print everything that is known of a job."""
    asyncio.run(_show(job))


async def _show(job_id: UUID) -> None:
    async with opened_records() as records, records.transaction() as tx:
        job, attempts = await jobs.get_with_attempts(tx, LOCAL, job_id)
        _, reason = await why(tx, LOCAL, job_id)
        project = await projects.find(tx, LOCAL, str(job.project_id))
    say(f"{job.kind} job {job.id} of {project.title!r} ({project.receipt}) is {job.status}")
    say(reason.sentence + ("" if reason.eta_seconds is None else f" About {reason.eta_seconds:.0f} s to go."))
    facts = {
        "prompt": job.prompt,
        "asked for": f"{job.duration_seconds or 0:g} s, by {job.provider or 'the default provider'}, "
        f"{job.model or 'its default model'}",
        "tries": _tries(job),
        "stored": job.storage_path,
        "sha256": job.sha256,
        "size": None if job.size_bytes is None else f"{job.size_bytes:,} bytes, {job.width}x{job.height}",
        "cost": None if job.actual_cost is None else f"${job.actual_cost}",
        "estimate": None if job.estimated_cost is None else f"${job.estimated_cost}",
        "error": None if job.error_code is None else f"{job.error_code}: {job.error_message or '-'}",
        "created": _time(job.created_at),
        "started": _time(job.processing_started_at),
        "finished": _time(job.finished_at),
    }
    for name, value in facts.items():
        if value is not None:
            say(f"  {name:<10} {value}")
    if attempts:
        say()
        columns = ("attempt", "state", "provider", "its job", "estimate", "cost", "submitted", "error")
        print_table(columns, [_attempt(attempt) for attempt in attempts])


def _tries(job: Job) -> str | None:
    """Say how often it was generated and stored, once anything was tried."""
    tries = {"generating": job.attempt_count, "storing": job.upload_count}
    return ", ".join(f"{what} {count}" for what, count in tries.items() if count) or None


def _attempt(attempt: AttemptRecord) -> tuple[object, ...]:
    return (
        attempt.number,
        attempt.state,
        f"{attempt.provider} {attempt.model}",
        attempt.provider_job_id,
        attempt.estimated_cost,
        attempt.actual_cost,
        _time(attempt.submitted_at),
        attempt.raw_error or attempt.error_message,
    )


def retry_job(job: UUID, *, accept_possible_duplicate: bool) -> None:
    """Queue a failed job again.

    Raises:
        ConflictError: it has not failed, or retrying it may pay twice and that was not accepted.
    """

    async def act() -> None:
        async with opened_records() as records, records.transaction() as tx:
            found = await jobs.get(tx, LOCAL, job)
            await jobs.retry(tx, LOCAL, found, accept_possible_duplicate=accept_possible_duplicate)

    try:
        asyncio.run(act())
    except ConflictError as error:
        if error.code != "possible_duplicate":
            raise
        mend = "to retry all the same: --accept-possible-duplicate"
        raise ConflictError(f"{error.message}; {mend}", error.code) from error
    say(f"{job} is queued again")


def cancel_job(job: UUID) -> None:
    """Cancel a job and say what that did."""

    async def act() -> CancelOutcome:
        async with opened_records() as records, records.transaction() as tx:
            return await jobs.cancel(tx, await jobs.get(tx, LOCAL, job))

    say(_OUTCOMES[asyncio.run(act())])


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
