"""Jobs: look at them, explain them, fetch their results."""

from http import HTTPStatus
from uuid import UUID

from pydantic import Field
from starlette.responses import RedirectResponse

from api import cursors
from api.call import Answer, Call
from api.endpoints import Endpoint
from api.schemas.base import Queried
from api.schemas.jobs import JobDetail, JobList, JobOut, WhyOut
from api.schemas.paging import Limit
from api.showing import shown_job, shown_jobs
from domain.access import Scope
from domain.records import JobFilter, Transaction
from domain.statuses import JobKind, JobStatus
from services import jobs, why


class JobsQuery(Queried):
    """Which jobs, and which page of them."""

    project_id: UUID | None = None
    scene_id: UUID | None = None
    shot_id: UUID | None = None
    status: list[JobStatus] = Field(
        default=[], description="May be repeated: jobs with any of these statuses."
    )
    kind: JobKind | None = None
    after: str | None = Field(default=None, description="The next of an earlier page.")
    limit: Limit = 50


async def list_jobs(call: Call) -> Answer:
    """List the caller's jobs."""
    query = call.query(JobsQuery)
    which = JobFilter(
        project_id=query.project_id,
        scene_id=query.scene_id,
        shot_id=query.shot_id,
        statuses=query.status,
        kind=query.kind,
        within=call.caller.project_ids,
    )
    after = cursors.decode(query.after)
    async with call.transaction() as tx:
        page = await jobs.page(tx, call.caller, which, after, query.limit)
        data = await shown_jobs(call, tx, page.data)
    return Answer(HTTPStatus.OK, JobList(data=data, next=cursors.encode(page.next)))


async def get_job(call: Call) -> Answer:
    """Give a job with its attempts."""
    async with call.transaction() as tx:
        job, attempts = await jobs.get_with_attempts(tx, call.caller, call.id("job_id"))
        take = (await tx.takes.of_jobs([job])).get(job.id)
    links = await call.links(job)
    return Answer(HTTPStatus.OK, JobDetail.with_attempts(job, list(attempts), links, take))


async def get_content(call: Call) -> Answer:
    """Lead to where the result plays."""
    async with call.transaction() as tx:
        key = await jobs.stored_key(tx, call.caller, call.id("job_id"))
    return await _leading_to(call, key)


async def get_poster(call: Call) -> Answer:
    """Lead to a clip's poster."""
    async with call.transaction() as tx:
        key = await jobs.poster_key(tx, call.caller, call.id("job_id"))
    return await _leading_to(call, key)


async def get_sprite(call: Call) -> Answer:
    """Lead to a clip's sheet of small pictures."""
    async with call.transaction() as tx:
        key = await jobs.sprite_key(tx, call.caller, call.id("job_id"))
    return await _leading_to(call, key)


async def _leading_to(call: Call, key: str) -> Answer:
    link = await call.link(key)
    assert link is not None, "a stored object has a link"
    return Answer(HTTPStatus.FOUND, RedirectResponse(link, HTTPStatus.FOUND))


async def explain_job(call: Call) -> Answer:
    """Say what a job waits for."""
    async with call.transaction() as tx:
        job, reason = await why.why(tx, call.caller, call.id("job_id"))
    return Answer(HTTPStatus.OK, WhyOut.of(job, reason))


async def retry_download(call: Call) -> Answer:
    """Fetch a paid result again."""
    job_id = call.id("job_id")

    async def change(tx: Transaction) -> Answer:
        job = await jobs.retry_download(tx, call.caller, job_id)
        return Answer(HTTPStatus.ACCEPTED, await shown_job(call, tx, job))

    return await call.once(change)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/jobs",
        handler=list_jobs,
        summary="List jobs, newest first",
        tag="Jobs",
        scope=Scope.READ,
        query=JobsQuery,
        answers={HTTPStatus.OK: JobList},
    ),
    Endpoint(
        method="GET",
        path="/jobs/{job_id}",
        handler=get_job,
        summary="Show a job with its attempts",
        tag="Jobs",
        scope=Scope.READ,
        answers={HTTPStatus.OK: JobDetail},
    ),
    Endpoint(
        method="GET",
        path="/jobs/{job_id}/content",
        handler=get_content,
        summary="Go to a job's stored result",
        description="Redirects to a signed link that plays without headers and expires. "
        "The take of a cancelled job counts, where one was stored.",
        tag="Jobs",
        scope=Scope.READ,
        answers={HTTPStatus.FOUND: ""},
        codes=("not_stored_yet",),
    ),
    Endpoint(
        method="GET",
        path="/jobs/{job_id}/poster",
        handler=get_poster,
        summary="Go to a clip's poster",
        description="A JPEG. Redirects to a signed link that needs no headers and expires.",
        tag="Jobs",
        scope=Scope.READ,
        answers={HTTPStatus.FOUND: ""},
        codes=("not_stored_yet",),
    ),
    Endpoint(
        method="GET",
        path="/jobs/{job_id}/sprite",
        handler=get_sprite,
        summary="Go to a clip's sheet of small pictures",
        description="A JPEG; the job's sprite tells how it is laid out. Redirects as the poster does.",
        tag="Jobs",
        scope=Scope.READ,
        answers={HTTPStatus.FOUND: ""},
        codes=("not_stored_yet",),
    ),
    Endpoint(
        method="GET",
        path="/jobs/{job_id}/why",
        handler=explain_job,
        summary="Explain what a job waits for",
        tag="Jobs",
        scope=Scope.READ,
        answers={HTTPStatus.OK: WhyOut},
    ),
    Endpoint(
        method="POST",
        path="/jobs/{job_id}/retry-download",
        handler=retry_download,
        summary="Fetch a paid result again",
        description="For a failed job whose result the provider still has. Nothing is generated.",
        tag="Jobs",
        scope=Scope.RENDER,
        answers={HTTPStatus.ACCEPTED: JobOut},
        codes=("not_failed", "no_result"),
    ),
)
