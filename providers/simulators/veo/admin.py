"""What Google has not: a way to look into its books, and to break it."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from providers.simulators.account import Standing
from providers.simulators.veo.bills import Bills
from providers.simulators.veo.script import Script

if TYPE_CHECKING:
    from providers.simulators.veo.app import Simulator


class Admin:
    """Endpoints under ``/_simulator``; no token is asked for."""

    def __init__(self, simulator: "Simulator", bills: Bills) -> None:
        self._simulator = simulator
        self._bills = bills

    def routes(self) -> list[Route]:
        """List the endpoints."""
        return [
            Route("/_simulator/submissions", self._submissions),
            Route("/_simulator/faults", self._faults, methods=["PUT"]),
            Route("/_simulator/account", self._account, methods=["PUT"]),
            Route("/_simulator/clock", self._clock, methods=["POST"]),
        ]

    async def _submissions(self, _: Request) -> Response:
        return JSONResponse({"data": self._bills.rows(), "paid": str(self._bills.paid())})

    async def _faults(self, request: Request) -> Response:
        """Set the faults that every new request plays: ``{"faults": "rate_limited=2"}``."""
        faults = f"[sim:{(await request.json())['faults']}]"
        try:
            Script.read(faults)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        self._simulator.faults = faults
        return Response(status_code=204)

    async def _account(self, request: Request) -> Response:
        """Set how the account stands: ``{"standing": "revoked"}``."""
        self._simulator.stand(Standing((await request.json())["standing"]))
        return Response(status_code=204)

    async def _clock(self, request: Request) -> Response:
        """Put the clock of the token endpoint forward, so that ours is behind: ``{"seconds": 7200}``."""
        tokens = self._simulator.tokens
        tokens.ahead += float((await request.json())["seconds"])
        tokens.expire()
        return JSONResponse({"ahead": tokens.ahead})
