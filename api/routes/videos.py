"""Videos as OpenAI's clients ask for them: ``/v1/videos``, over the same jobs as everything else."""

import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from api import reading
from api.call import Answer, Call
from api.endpoints import NOT_COVERED, Endpoint
from api.forms import is_form, read_form
from api.playing import play
from api.refusing import PREFIX
from api.schemas.videos import (
    ContentQuery,
    OpenAIError,
    OpenAIVideo,
    OpenAIVideoDeleted,
    OpenAIVideoList,
    RemixIn,
    Variant,
    VideoForm,
    VideoIn,
    VideosQuery,
    job_of,
    video_id,
)
from domain.access import Scope
from domain.errors import ConflictError, InvalidRequestError, NotFoundError, Problem
from domain.job import Job
from domain.records import Transaction
from domain.statuses import FINAL, JobKind
from domain.videos import Video
from services import jobs, videos
from services.videos import Picture, VideoOrder

_REFERENCE = "input_reference"
_KEYS = {
    Variant.VIDEO: jobs.stored_key,
    Variant.THUMBNAIL: jobs.poster_key,
    Variant.SPRITESHEET: jobs.sprite_key,
}
_SOONEST, _LATEST = 1_000, 10_000
"""Milliseconds until a client asks again; in between a twentieth of the model's usual time."""


async def create_video(call: Call) -> Answer:
    """Queue a video."""
    wanted, upload = await _read(call)
    order = VideoOrder(
        prompt=wanted.prompt,
        model=wanted.model,
        seconds=None if wanted.seconds is None else float(wanted.seconds),
        size=wanted.size,
        start=_start(call, wanted, upload),
    )
    _check_first_try(call)
    new = videos.plan(call.caller, call.parts.catalogue, order)
    if isinstance(order.start, Picture):
        await videos.keep(call.parts.storage, order.start)
    async with call.parts.records.transaction() as tx:
        await videos.open_home(tx, call.caller)
    asked = wanted.model_dump(mode="json") | {"upload": upload and hashlib.sha256(upload).hexdigest()}

    async def change(tx: Transaction) -> Answer:
        return _shown(call, await videos.admit(tx, new))

    return await call.once(change, asked)


async def remix_video(call: Call) -> Answer:
    """Make a video once more from another prompt."""
    wanted, job = call.read(RemixIn), _job(call)
    _check_first_try(call)

    async def change(tx: Transaction) -> Answer:
        made = await videos.remix(tx, call.caller, call.parts.catalogue, job, wanted.prompt)
        return _shown(call, made)

    return await call.once(change)


async def list_videos(call: Call) -> Answer:
    """List the caller's videos."""
    query = call.query(VideosQuery)
    after = None if query.after is None else job_of(query.after)
    if query.after is not None and after is None:
        raise InvalidRequestError([Problem("after", query.after, "allowed: the last_id of an earlier page")])
    oldest_first = query.order == "asc"
    async with call.transaction() as tx:
        page = await videos.page(tx, call.caller, after=after, limit=query.limit, oldest_first=oldest_first)
    data = [OpenAIVideo.of(video) for video in page.data]
    first, last = (data[0].id, data[-1].id) if data else (None, None)
    listed = OpenAIVideoList(data=data, first_id=first, last_id=last, has_more=page.has_more)
    return Answer(HTTPStatus.OK, listed)


async def show_video(call: Call) -> Answer:
    """Give a video."""
    async with call.transaction() as tx:
        found = await videos.find(tx, call.caller, _job(call))
    return _shown(call, found)


async def fetch_video(call: Call) -> Answer:
    """Stream what is stored of a video."""
    query, job = call.query(ContentQuery), _job(call)
    async with call.transaction() as tx:
        await videos.find(tx, call.caller, job)
        key = await _KEYS[query.variant](tx, call.caller, job)
    return await play(call, key, {})


async def delete_video(call: Call) -> Answer:
    """Hide a video."""
    job = _job(call)
    async with call.parts.records.transaction() as tx:
        await videos.delete(tx, call.caller, job)
    call.parts.feed.wrote()
    return Answer(HTTPStatus.OK, OpenAIVideoDeleted(id=video_id(job)))


async def _read(call: Call) -> tuple[VideoIn, bytes | None]:
    """Give what is asked for, as JSON or as a form, and the picture that came with it."""
    content_type = call.request.headers.get("content-type", "")
    if not is_form(content_type):
        return call.read(VideoIn), None
    form = await read_form(content_type, call.body)
    said: dict[str, Any] = dict(form.fields)
    # The way in which OpenAI's clients write an object into a form.
    nested = {name: f"{_REFERENCE}[{name}]" for name in ("image_url", "file_id")}
    if reference := {name: said.pop(sent) for name, sent in nested.items() if sent in said}:
        said[_REFERENCE] = reference
    upload = form.files.get(_REFERENCE)
    said |= {name: "a file" for name in form.files if name != _REFERENCE}
    return reading.parse_body(VideoIn, json.dumps(said).encode()), upload


def _start(call: Call, wanted: VideoIn, upload: bytes | None) -> Picture | str | None:
    """Give the picture that a video starts from, which may be sent in one way."""
    named = wanted.input_reference
    if named is not None and named.file_id is not None:
        allowed = "there is no store of files; send the picture itself, or image_url"
        raise InvalidRequestError([Problem(f"{_REFERENCE}.file_id", named.file_id, allowed)])
    if named is not None and upload is not None:
        raise InvalidRequestError([Problem(_REFERENCE, None, "send the picture or its address, not both")])
    if upload is not None:
        return videos.picture(call.caller, upload)
    if named is None:
        return None
    if named.image_url is None:
        raise InvalidRequestError([Problem(f"{_REFERENCE}.image_url", None, "is required")])
    return videos.start_at(call.caller, named.image_url)


def _check_first_try(call: Call) -> None:
    """Refuse what a client sends again by itself: where an answer was lost, that would pay twice."""
    headers: Mapping[str, str] = call.request.headers
    if headers.get("x-stainless-retry-count", "0") != "0" and "idempotency-key" not in headers:
        raise ConflictError(
            "this was sent again without an Idempotency-Key, and the first one may have been taken: look at "
            "the list, send an Idempotency-Key with each video, or let the client not retry (max_retries=0)",
            "possible_duplicate",
        )


def _job(call: Call) -> UUID:
    job = job_of(call.word("video_id"))
    if job is None:
        raise NotFoundError("there is no such video")
    return job


def _shown(call: Call, video: Video) -> Answer:
    headers = {} if video.job.status in FINAL else {"openai-poll-after-ms": str(_patience(call, video.job))}
    return Answer(HTTPStatus.OK, OpenAIVideo.of(video), headers)


def _patience(call: Call, job: Job) -> int:
    """Give the milliseconds after which it makes sense to ask again."""
    try:
        able = call.parts.catalogue.choose(JobKind.VIDEO, job.provider, job.model).capability
    except InvalidRequestError:
        # Its provider is not configured any more.
        return _LATEST
    return round(min(max(able.typical_seconds * 1_000 / 20, _SOONEST), _LATEST))


def _endpoint(method: str, path: str, **rest: Any) -> Endpoint:
    return Endpoint(
        method=method,
        path=f"{PREFIX}/videos{path}",
        tag="Videos (OpenAI)",
        at_root=True,
        failure=OpenAIError,
        any_secret=True,
        **rest,
    )


ENDPOINTS = (
    _endpoint(
        "POST",
        "",
        handler=create_video,
        summary="Make a video",
        description="JSON, or a form with the picture that it starts from as a file. It is a job like any "
        "other, in a project of the caller's own. A client's own retries are refused without an "
        "Idempotency-Key: they may pay twice.",
        scope=Scope.RENDER,
        body=VideoIn,
        form=VideoForm,
        answers={HTTPStatus.OK: OpenAIVideo},
        codes=("malformed_form", "possible_duplicate", *NOT_COVERED),
    ),
    _endpoint(
        "GET",
        "",
        handler=list_videos,
        summary="List the caller's videos",
        scope=Scope.READ,
        query=VideosQuery,
        answers={HTTPStatus.OK: OpenAIVideoList},
    ),
    _endpoint(
        "GET",
        "/{video_id}",
        handler=show_video,
        summary="Show a video",
        description="While it is not over, openai-poll-after-ms says when to ask again.",
        scope=Scope.READ,
        answers={HTTPStatus.OK: OpenAIVideo},
    ),
    _endpoint(
        "GET",
        "/{video_id}/content",
        handler=fetch_video,
        summary="Fetch a video, or a picture of it",
        description="Ranges are served.",
        scope=Scope.READ,
        query=ContentQuery,
        answers={
            HTTPStatus.OK: "application/octet-stream",
            HTTPStatus.PARTIAL_CONTENT: "application/octet-stream",
        },
        codes=("not_stored_yet", "range_not_satisfiable"),
    ),
    _endpoint(
        "POST",
        "/{video_id}/remix",
        handler=remix_video,
        summary="Make a video once more from another prompt",
        description="A new video of the same model, length, size and start picture. The clip itself is not "
        "looked at: no model here edits one.",
        scope=Scope.RENDER,
        body=RemixIn,
        answers={HTTPStatus.OK: OpenAIVideo},
        codes=("possible_duplicate", *NOT_COVERED),
    ),
    _endpoint(
        "DELETE",
        "/{video_id}",
        handler=delete_video,
        summary="Hide a video",
        description="What nobody has begun is cancelled; what runs, and is being paid for, runs on. "
        "A stored clip stays in the storage.",
        scope=Scope.RENDER,
        answers={HTTPStatus.OK: OpenAIVideoDeleted},
    ),
)
