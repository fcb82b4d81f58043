"""The endpoints of the simulated ``api.x.ai``."""

import asyncio
import base64
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from providers.simulators.account import Standing
from providers.simulators.grok import rules
from providers.simulators.grok.chat import Chat
from providers.simulators.grok.faults import Fault
from providers.simulators.grok.intake import late_refusal
from providers.simulators.grok.ledger import Accepted, Work
from providers.simulators.grok.refusals import RefusedError, pair
from providers.simulators.grok.states import file_id
from providers.simulators.grok.wires import hung_up
from providers.simulators.grok.xai import Xai
from providers.simulators.watching import note

_PAGE = 100
_NOT_FOUND = RefusedError(
    404, pair("Some requested entity was not found", "The requested resource was not found.")
)
_AFTER = (
    Fault.DROP_AFTER_ACCEPT,
    Fault.ERROR_AFTER_ACCEPT,
    Fault.GARBAGE_AFTER_ACCEPT,
    Fault.NO_ID_AFTER_ACCEPT,
    Fault.HANG_AFTER_ACCEPT,
)
_POLL_FAULTS = (
    Fault.POLL_DROP,
    Fault.POLL_ERROR,
    Fault.POLL_LIMITED,
    Fault.POLL_GARBAGE,
    Fault.POLL_REFUSED,
    Fault.POLL_WRONG_KEY,
    Fault.NOT_FOUND,
    Fault.ODD_STATUS,
)


class Api:
    """Answers requests as xAI does."""

    def __init__(self, xai: Xai) -> None:
        self._xai = xai
        self._polls: Counter[str] = Counter()
        self._uploads: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        """List the endpoints."""
        videos = [
            Route(f"/v1/videos/{work}", self._guarded(self._submitting(work)), methods=["POST"])
            for work in (Work.VIDEO, Work.EDIT, Work.EXTENSION)
        ]
        return [
            *videos,
            Route("/v1/videos/{id}", self._guarded(self._poll)),
            Route("/v1/images/generations", self._guarded(self._images), methods=["POST"]),
            Route("/v1/images/edits", self._guarded(self._images), methods=["POST"]),
            Route("/v1/chat/completions", self._guarded(Chat(self._xai).complete), methods=["POST"]),
            Route("/v1/files", self._guarded(self._files)),
            Route("/v1/files/{id}", self._guarded(self._file)),
            Route("/v1/files/{id}/content", self._guarded(self._content)),
            Route("/v1/api-key", self._guarded(self._key)),
            Route("/v1/models", self._guarded(self._models)),
        ]

    def _guarded(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            try:
                self._xai.intake.let_in(request)
                return await answer(request)
            except RefusedError as refused:
                note(request, str(refused.body.get("error", refused.body)))
                return JSONResponse(refused.body, refused.status)

        return guarded

    def _submitting(self, work: Work) -> Callable[[Request], Awaitable[Response]]:
        async def submit(request: Request) -> Response:
            row = await self._accept(request, work)
            lost = await self._lost(request, row)
            return lost or JSONResponse({"request_id": row.id})

        return submit

    async def _accept(self, request: Request, work: Work) -> Accepted:
        body = await self._xai.intake.body(request)
        faults, scope = self._xai.intake.faults_of(body), str(body.get("prompt"))
        if self._xai.intake.plays(Fault.DROP_BEFORE_ACCEPT, faults, scope):
            await self._xai.wires.cut(request)
            raise RefusedError(500, {})
        row = self._xai.intake.accept(work, body)
        note(request, f"accepted for {rules.dollars(row.ticks):.3f} USD: {row.model}, {row.prompt[:60]!r}")
        upload = (body.get("output") or {}).get("upload_url")
        if upload and not self._xai.states.ends_badly(row):
            task = asyncio.create_task(self._upload(row, str(upload)))
            self._uploads.add(task)
            task.add_done_callback(self._uploads.discard)
        return row

    async def _lost(self, request: Request, row: Accepted) -> Response | None:
        """Answer an accepted submission in a way that tells its client nothing."""
        due = next((fault for fault in _AFTER if self._xai.plays(fault, row, scope=row.prompt)), None)
        if due is Fault.DROP_AFTER_ACCEPT:
            await self._xai.wires.cut(request)
        if due is Fault.HANG_AFTER_ACCEPT:
            await hung_up(request)
        if due is Fault.GARBAGE_AFTER_ACCEPT:
            return Response(b"<html>accepted", media_type="text/html")
        if due is Fault.NO_ID_AFTER_ACCEPT:
            return JSONResponse({"status": "pending"})
        return None if due is None else JSONResponse(pair("internal_error", "Internal error."), 500)

    async def _upload(self, row: Accepted, url: str) -> None:
        await asyncio.sleep(max(0.0, row.ready_at - self._xai.now()))
        path = await self._xai.studio.file(row)
        content = await asyncio.to_thread(path.read_bytes)
        async with httpx.AsyncClient() as client:
            await client.put(url, content=content, headers={"content-type": "video/mp4"})

    async def _poll(self, request: Request) -> Response:
        row = self._xai.ledger.find(request.path_params["id"])
        if row is None or row.work in {Work.IMAGE, Work.CHAT}:
            raise _NOT_FOUND
        due = next((fault for fault in _POLL_FAULTS if self._xai.plays(fault, row)), None)
        if due is not None:
            return await self._poll_fault(request, due)
        now = self._xai.now()
        if not self._xai.states.is_pending(row, now):
            return JSONResponse(self._xai.states.final(row))
        self._polls[row.id] += 1
        if self._polls[row.id] % 2:
            return Response(status_code=202)
        return JSONResponse({"status": "pending", "progress": self._xai.states.progress(row, now)}, 202)

    async def _poll_fault(self, request: Request, fault: Fault) -> Response:
        if fault is Fault.POLL_DROP:
            await self._xai.wires.cut(request)
        if fault in {Fault.POLL_REFUSED, Fault.POLL_WRONG_KEY}:
            raise late_refusal(fault)
        if fault is Fault.NOT_FOUND:
            raise _NOT_FOUND
        if fault is Fault.POLL_LIMITED:
            return JSONResponse(pair("Some resource has been exhausted", "Too many requests."), 429)
        if fault is Fault.POLL_GARBAGE:
            return Response(b"<html>", media_type="text/html")
        if fault is Fault.ODD_STATUS:
            return JSONResponse({"status": "hibernating"})
        return JSONResponse(pair("service_unavailable", "Overloaded."), 503)

    async def _images(self, request: Request) -> Response:
        row = await self._accept(request, Work.IMAGE)
        lost = await self._lost(request, row)
        if lost is not None:
            return lost
        images = [await self._image(row)] * int(row.body.get("n", 1))
        cost = {} if Fault.NO_COST in row.faults else {"usage": {"cost_in_usd_ticks": row.ticks}}
        return JSONResponse({"data": images, **cost})

    async def _image(self, row: Accepted) -> dict[str, Any]:
        if Fault.MODERATED in row.faults:
            return {"url": "", "revised_prompt": row.prompt, "respect_moderation": False}
        if Fault.NO_URL in row.faults:
            return {"url": ""}
        said = {"revised_prompt": row.prompt, "respect_moderation": True, **self._xai.states.stored(row)}
        if row.body.get("response_format") == "b64_json":
            path = await self._xai.studio.file(row)
            content = await asyncio.to_thread(path.read_bytes)
            return {"b64_json": base64.b64encode(content).decode(), **said}
        return {"url": self._xai.states.result_url(row), **said}

    async def _files(self, request: Request) -> Response:
        now, query = self._xai.now(), request.query_params
        rows = [row for row in self._xai.ledger.all() if self._xai.states.is_stored(row, now)]
        rows.sort(key=lambda row: row.ready_at, reverse=query.get("order", "desc") == "desc")
        start, limit = int(query.get("pagination_token", 0)), min(int(query.get("limit", _PAGE)), _PAGE)
        page = [self._xai.states.file(row, self._xai.studio.size(row)) for row in rows[start : start + limit]]
        more = str(start + limit) if len(rows) > start + limit else None
        return JSONResponse({"data": page, "pagination_token": more})

    def _stored(self, request: Request) -> Accepted:
        wanted = request.path_params["id"]
        row = self._xai.ledger.find(wanted.removeprefix("file_"))
        if row is None or file_id(row) != wanted or not self._xai.states.is_stored(row, self._xai.now()):
            raise _NOT_FOUND
        return row

    async def _file(self, request: Request) -> Response:
        row = self._stored(request)
        return JSONResponse(self._xai.states.file(row, self._xai.studio.size(row)))

    async def _content(self, request: Request) -> Response:
        row = self._stored(request)
        return FileResponse(await self._xai.studio.file(row), media_type="application/octet-stream")

    async def _key(self, _: Request) -> Response:
        # Of credits this key learns nothing: balances are a matter of xAI's management keys.
        blocked = self._xai.intake.standing is Standing.FORBIDDEN
        said = {
            "redacted_api_key": "xai-...b14o",
            "name": "simulated",
            "team_id": "5ea6f6bd-7815-4b8a-9135-28b2d7ba6722",
            "acls": ["api-key:model:*", "api-key:endpoint:*"],
            "team_blocked": blocked,
            "api_key_blocked": False,
            "api_key_disabled": False,
        }
        return JSONResponse(said)

    async def _models(self, _: Request) -> Response:
        names = [*rules.VIDEO_MODELS, *rules.IMAGE_MODELS, *rules.CHAT_MODELS]
        return JSONResponse({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
