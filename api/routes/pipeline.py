"""A whole film as one order, and what may be done to all of it at once."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from api.call import Answer, Call
from api.endpoints import NOT_COVERED, Endpoint
from api.ordering import place
from api.schemas.pipeline import (
    AgainOut,
    BatchIn,
    CancelledOut,
    FilmEstimateOut,
    GenerateIn,
    ResumeIn,
    RetryFailedIn,
)
from api.schemas.rendering import AdmissionOut
from api.showing import shown_estimate, shown_jobs
from domain.access import Scope
from domain.records import Transaction
from services import batches, pipeline
from services.admission import Admission
from services.batches import Again
from services.pipeline import FilmOrder
from services.prompting import Prompts


async def generate_scenes(call: Call) -> Answer:
    """Queue everything that a film lacks, or tell what that would come to."""
    wanted = call.read(GenerateIn)
    order = FilmOrder(
        project=call.word("project_id"), scope=wanted.scope, provider=wanted.provider, model=wanted.model
    )
    if wanted.dry_run:
        return await _estimate(call, order)

    async def generate(tx: Transaction, written: Mapping[UUID, str]) -> Admission:
        return await pipeline.generate(tx, call.caller, call.parts.catalogue, order, written)

    return await place(call, order, generate)


async def _estimate(call: Call, order: FilmOrder) -> Answer:
    async with call.transaction() as tx:
        found = await pipeline.estimate(tx, call.caller, call.parts.catalogue, order)
    return Answer(HTTPStatus.OK, shown_estimate(found))


async def cancel_scenes(call: Call) -> Answer:
    """Cancel what has not started."""
    wanted = call.read(BatchIn)

    async def change(tx: Transaction) -> Answer:
        outcomes = await batches.cancel(tx, call.caller, call.word("project_id"), wanted.scenes)
        return Answer(HTTPStatus.ACCEPTED, CancelledOut.of(outcomes))

    return await call.once(change)


async def retry_failed_scenes(call: Call) -> Answer:
    """Queue again what failed."""
    wanted = call.read(RetryFailedIn)

    async def change(tx: Transaction) -> Answer:
        done = await batches.retry_failed(
            tx,
            call.caller,
            call.parts.catalogue,
            call.word("project_id"),
            wanted.scenes,
            accept_possible_duplicate=wanted.accept_possible_duplicate,
        )
        return await _again(call, tx, done, Prompts())

    return await call.once(change)


async def resume_film(call: Call) -> Answer:
    """Go on from the step that a project reached."""
    wanted, project = call.read(ResumeIn), call.word("project_id")

    async def resume(tx: Transaction, written: Mapping[UUID, str]) -> Again:
        return await batches.resume(
            tx,
            call.caller,
            call.parts.catalogue,
            project,
            written,
            accept_possible_duplicate=wanted.accept_possible_duplicate,
        )

    async def prepare() -> Prompts:
        return await call.parts.desk.for_order(call.caller, project, resume)

    async def change(tx: Transaction, prompts: Prompts) -> Answer:
        return await _again(call, tx, await resume(tx, prompts.texts), prompts)

    return await call.once_prepared(prepare, change)


async def _again(call: Call, tx: Transaction, done: Again, prompts: Prompts) -> Answer:
    answer = AgainOut.with_jobs(
        done.requeued.outcomes,
        await shown_jobs(call, tx, done.jobs),
        quote=float(done.quote),
        receipt_id=done.receipt_id,
        prompts=prompts,
    )
    return Answer(HTTPStatus.ACCEPTED, answer)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/projects/{project_id}/generate-scenes",
        handler=generate_scenes,
        summary="Generate a whole film",
        description="Queues images for the shots that lack one, clips that start from them, and the films of "
        "the scenes and of the project, or nothing at all: every problem of every shot is reported before "
        "anything is written. What needs another job's result waits for it. With dry_run it only tells the "
        "quote, the counts, what is in the way and what to consider.",
        tag="Films",
        scope=Scope.RENDER,
        body=GenerateIn,
        body_needed=False,
        answers={HTTPStatus.ACCEPTED: AdmissionOut, HTTPStatus.OK: FilmEstimateOut},
        codes=("shot_busy", "nothing_to_render", *NOT_COVERED),
    ),
    Endpoint(
        method="POST",
        path="/projects/{project_id}/cancel-scenes",
        handler=cancel_scenes,
        summary="Cancel all that has not started",
        description="What nobody has begun is cancelled, and free. What has started goes on, since it may be "
        "billed in any case; each job is listed with what became of it.",
        tag="Films",
        scope=Scope.RENDER,
        body=BatchIn,
        body_needed=False,
        answers={HTTPStatus.ACCEPTED: CancelledOut},
    ),
    Endpoint(
        method="POST",
        path="/projects/{project_id}/retry-failed-scenes",
        handler=retry_failed_scenes,
        summary="Retry all that failed",
        description="Queues the failed images and clips again, and nothing else; a failed film is made anew. "
        "What may have been billed already is listed and stays failed, unless that risk is accepted.",
        tag="Films",
        scope=Scope.RENDER,
        body=RetryFailedIn,
        body_needed=False,
        answers={HTTPStatus.ACCEPTED: AgainOut},
        codes=("nothing_failed", *NOT_COVERED),
    ),
    Endpoint(
        method="POST",
        path="/video/{project_id}/resume",
        handler=resume_film,
        summary="Go on with a film that stopped",
        description="Retries what failed and makes what was never made, from the step that the film reached. "
        "Nothing that exists is made again.",
        tag="Films",
        scope=Scope.RENDER,
        body=ResumeIn,
        body_needed=False,
        answers={HTTPStatus.ACCEPTED: AgainOut},
        codes=("nothing_to_resume", *NOT_COVERED),
    ),
)
