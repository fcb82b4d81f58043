"""Look at jobs, and move them as a person may."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.access import Caller
from domain.errors import ConflictError, NotFoundError
from domain.job import AttemptRecord, Job
from domain.paging import Page, Position
from domain.records import JobFilter, Transaction
from domain.statuses import FINAL, CancelOutcome, JobKind
from services import admission, projects


@dataclass(frozen=True, slots=True)
class VideoPath:
    """Where a video job is said to be."""

    project: str
    """Id or receipt."""
    scene: UUID
    job: UUID


async def get(tx: Transaction, caller: Caller, job: UUID) -> Job:
    """Give a job.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    found = await tx.jobs.get(job)
    if found is None or not caller.sees(found.project_id):
        raise NotFoundError("there is no such job")
    return found


async def get_video(tx: Transaction, caller: Caller, where: VideoPath) -> Job:
    """Give a video job by where it is said to be.

    Raises:
        NotFoundError: it is not there.
    """
    project = await projects.find(tx, caller, where.project)
    job = await get(tx, caller, where.job)
    if (job.project_id, job.scene_id, job.kind) != (project.id, where.scene, JobKind.VIDEO):
        raise NotFoundError("there is no such video job in this scene")
    return job


async def get_with_attempts(
    tx: Transaction, caller: Caller, job: UUID
) -> tuple[Job, Sequence[AttemptRecord]]:
    """Give a job with everything that was submitted for it."""
    return await get(tx, caller, job), await tx.jobs.attempts(job)


async def page(
    tx: Transaction, caller: Caller, which: JobFilter, after: Position | None, limit: int
) -> Page[Job]:
    """List jobs, newest first. ``which.within`` is the caller's own limit."""
    assert which.within == caller.project_ids, "a list never shows more than its caller may see"
    return await tx.jobs.page(which, after=after, limit=limit)


async def stored_key(tx: Transaction, caller: Caller, job: UUID) -> str:
    """Give the object key of a job's result; a cancelled job's take counts too.

    Raises:
        ConflictError: ``not_stored_yet``: it is on its way.
        NotFoundError: there is none and none is coming.
    """
    found = await get(tx, caller, job)
    return _stored(found, found.storage_path, "nothing stored")


async def poster_key(tx: Transaction, caller: Caller, job: UUID) -> str:
    """Give the object key of a clip's poster; raises as ``stored_key`` does."""
    found = await get(tx, caller, job)
    return _stored(found, found.poster_path, "no poster")


async def sprite_key(tx: Transaction, caller: Caller, job: UUID) -> str:
    """Give the object key of a clip's sheet of small pictures; raises as ``stored_key`` does."""
    found = await get(tx, caller, job)
    return _stored(found, found.sprite["path"] if found.sprite else None, "no small pictures")


def _stored(job: Job, key: str | None, missing: str) -> str:
    if key is not None:
        return key
    if job.status in FINAL:
        raise NotFoundError(f"this job is {job.status} and has {missing}")
    raise ConflictError(f"this job is {job.status}; nothing is stored yet", "not_stored_yet")


async def cancel(tx: Transaction, job: Job) -> CancelOutcome:
    """Cancel a job and say which of the three things happened."""
    return await tx.moves.cancel(job.id)


async def retry(tx: Transaction, caller: Caller, job: Job, *, accept_possible_duplicate: bool) -> Job:
    """Queue a failed job again.

    Raises:
        ConflictError: ``not_failed``, ``possible_duplicate``, or ``shot_busy`` when the shot, or the
            film, has another job of its kind on its way.
    """
    try:
        await admission.retry(tx, job, accept_possible_duplicate=accept_possible_duplicate)
    except ConflictError as error:
        raise _known(error, job) from error
    return await get(tx, caller, job.id)


async def retry_download(tx: Transaction, caller: Caller, job: UUID) -> Job:
    """Fetch a failed job's paid result again."""
    found = await get(tx, caller, job)
    try:
        await tx.moves.retry_download(found.id)
    except ConflictError as error:
        raise _known(error, found) from error
    return await get(tx, caller, job)


def _known(error: ConflictError, job: Job) -> ConflictError:
    """Say what a violated uniqueness means here: a shot has one live job of a kind, and so has a film."""
    if error.code != "duplicate":
        return error
    whose = "this shot"
    if job.kind is JobKind.FILM:
        whose = "the film of this project" if job.scene_id is None else "the film of this scene"
    return ConflictError(f"{whose} has another job on its way; cancel that first", "shot_busy")
