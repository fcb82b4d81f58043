"""The hosts that results are fetched from: another address, no key, and URLs that expire."""

import re

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from providers.simulators.grok.faults import Fault
from providers.simulators.grok.ledger import Work
from providers.simulators.grok.xai import Xai

_NAME = re.compile(r"xai-(?:video|tmp-imgen)-([0-9a-f-]{36})\.(?:mp4|jpeg)")


class Media:
    """Serves results."""

    def __init__(self, xai: Xai) -> None:
        self._xai = xai

    def routes(self) -> list[Route]:
        """List the endpoints."""
        return [Route("/{folder}/{name}", self._serve)]

    async def _serve(self, request: Request) -> Response:
        if "authorization" in request.headers:
            return Response("a key was sent to a host that has no business with it", 400)
        named = _NAME.fullmatch(request.path_params["name"])
        row = self._xai.ledger.find(named[1]) if named else None
        if row is None or self._xai.plays(Fault.GONE, row):
            return Response(status_code=404)
        expired = self._xai.now() >= row.ready_at + self._xai.knobs.url_lifetime
        if expired or self._xai.plays(Fault.URL_EXPIRED, row):
            return Response(status_code=403)
        if self._xai.plays(Fault.DOWNLOAD_ERROR, row):
            return Response(status_code=500)
        path = await self._xai.studio.file(row)
        kind = "image/jpeg" if row.work is Work.IMAGE else "video/mp4"
        if self._xai.plays(Fault.DOWNLOAD_DROP, row):
            content = path.read_bytes()
            # Less than the length that was announced: the server hangs up when there is no more.
            return Response(content[: len(content) // 2], headers={"content-length": str(len(content))})
        return FileResponse(path, media_type=kind)
