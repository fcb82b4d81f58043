"""Move a job as a person may: named by its id, or by where its clip stands in a film."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus

from api.call import Answer, Call
from api.endpoints import NOT_COVERED, Endpoint
from api.schemas.jobs import CancelOut, JobOut, RetryIn
from api.showing import shown_job
from domain.access import Scope
from domain.job import Job
from domain.records import Transaction
from services import jobs
from services.jobs import VideoPath

_Find = Callable[[Transaction], Awaitable[Job]]


async def retry_job(call: Call) -> Answer:
    """Queue a failed job again."""
    return await _retry(call, _by_id(call))


async def retry_video(call: Call) -> Answer:
    """Queue a failed clip again."""
    return await _retry(call, _by_place(call))


async def cancel_job(call: Call) -> Answer:
    """Cancel a job."""
    return await _cancel(call, _by_id(call))


async def cancel_video(call: Call) -> Answer:
    """Cancel a clip's job."""
    return await _cancel(call, _by_place(call))


async def _retry(call: Call, find: _Find) -> Answer:
    accepted = call.read(RetryIn).accept_possible_duplicate

    async def change(tx: Transaction) -> Answer:
        job = await jobs.retry(tx, call.caller, await find(tx), accept_possible_duplicate=accepted)
        return Answer(HTTPStatus.ACCEPTED, await shown_job(call, tx, job))

    return await call.once(change)


async def _cancel(call: Call, find: _Find) -> Answer:
    async def change(tx: Transaction) -> Answer:
        return Answer(HTTPStatus.OK, CancelOut(outcome=await jobs.cancel(tx, await find(tx))))

    return await call.once(change)


def _by_id(call: Call) -> _Find:
    job_id = call.id("job_id")
    return lambda tx: jobs.get(tx, call.caller, job_id)


def _by_place(call: Call) -> _Find:
    where = VideoPath(call.word("project_id"), call.id("scene_id"), call.id("job_id"))
    return lambda tx: jobs.get_video(tx, call.caller, where)


_RETRY = Endpoint(
    method="POST",
    path="/jobs/{job_id}/retry",
    handler=retry_job,
    summary="Retry a failed job of any kind",
    tag="Jobs",
    scope=Scope.RENDER,
    body=RetryIn,
    body_needed=False,
    answers={HTTPStatus.ACCEPTED: JobOut},
    codes=("not_failed", "possible_duplicate", "shot_busy", *NOT_COVERED),
)
_CANCEL = Endpoint(
    method="POST",
    path="/jobs/{job_id}/cancel",
    handler=cancel_job,
    summary="Cancel a job of any kind",
    description="The outcome is cancelled (nothing was submitted, free), stopping (Rushes stopped "
    "waiting, the provider may still finish and bill) or already_final.",
    tag="Jobs",
    scope=Scope.RENDER,
    answers={HTTPStatus.OK: CancelOut},
)

ENDPOINTS = (
    _RETRY,
    _CANCEL,
    replace(
        _RETRY,
        path="/projects/{project_id}/scenes/{scene_id}/video/{job_id}/retry",
        handler=retry_video,
        summary="Retry a failed video job",
        tag="Rendering",
    ),
    replace(
        _CANCEL,
        path="/projects/{project_id}/scenes/{scene_id}/video/{job_id}/cancel",
        handler=cancel_video,
        summary="Cancel a video job",
        tag="Rendering",
    ),
)
