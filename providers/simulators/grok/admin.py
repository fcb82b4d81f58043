"""What xAI has not: a way to look into its books, to break it, and to put its clock forward."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from providers.simulators.account import Standing
from providers.simulators.grok import rules
from providers.simulators.grok.faults import FaultError, parse
from providers.simulators.grok.ledger import Accepted
from providers.simulators.grok.xai import Xai


class Admin:
    """Endpoints under ``/_simulator``; no key is asked for."""

    def __init__(self, xai: Xai) -> None:
        self._xai = xai

    def routes(self) -> list[Route]:
        """List the endpoints."""
        return [
            Route("/_simulator/submissions", self._submissions),
            Route("/_simulator/faults", self._faults, methods=["PUT"]),
            Route("/_simulator/account", self._account, methods=["PUT"]),
            Route("/_simulator/clock", self._clock, methods=["POST"]),
        ]

    async def _submissions(self, _: Request) -> Response:
        accepted = self._xai.ledger.all()
        paid = rules.dollars(sum(row.ticks for row in accepted))
        return JSONResponse({"data": [_described(row) for row in accepted], "paid": str(paid)})

    async def _faults(self, request: Request) -> Response:
        """Set the faults that every new request plays: ``{"faults": "rate_limited=2"}``."""
        try:
            self._xai.intake.faults = parse(str((await request.json())["faults"]))
        except FaultError as error:
            return JSONResponse({"error": error.message}, 400)
        return Response(status_code=204)

    async def _account(self, request: Request) -> Response:
        """Set how the account stands: ``{"standing": "revoked"}``."""
        self._xai.intake.standing = Standing((await request.json())["standing"])
        return Response(status_code=204)

    async def _clock(self, request: Request) -> Response:
        """Put the clock forward: ``{"seconds": 86400}``."""
        self._xai.ahead += float((await request.json())["seconds"])
        return JSONResponse({"now": self._xai.now()})


def _described(row: Accepted) -> dict[str, object]:
    return {
        "id": row.id,
        "work": row.work,
        "model": row.model,
        "prompt": row.prompt,
        "filename": row.filename,
        "cost": str(rules.dollars(row.ticks)),
        "cost_in_usd_ticks": row.ticks,
        "accepted_at": row.accepted_at,
    }
