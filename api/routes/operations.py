"""The machine room: health, numbers, and the running system."""

from datetime import timedelta
from http import HTTPStatus

from starlette.responses import Response

from api.auth import may_know
from api.call import Answer, Call
from api.endpoints import Endpoint
from api.metrics import CONTENT_TYPE, Metrics
from api.probing import Prober
from api.schemas.operations import (
    Alive,
    DepthOut,
    ExecutorOut,
    FailuresOut,
    GateOut,
    HappeningOut,
    MachineRoom,
    Readiness,
)
from domain.access import Scope
from domain.errors import NotAllowedError

_LATELY = timedelta(days=1)
_HAPPENINGS = 50


async def healthz(_call: Call) -> Answer:
    """Say that the process answers."""
    return Answer(HTTPStatus.OK, Alive())


def _see_everything(call: Call) -> None:
    if call.caller.project_ids is not None:
        raise NotAllowedError("this key is for certain projects, and this is about all of them")


async def machine_room(call: Call) -> Answer:
    """Show the running system."""
    _see_everything(call)
    async with call.transaction() as tx:
        executors = await tx.operations.executors()
        gates = await tx.operations.gates()
        depths = await tx.operations.depths()
        failures = await tx.operations.failures(_LATELY)
        happenings = await tx.operations.happenings(_HAPPENINGS)
    return Answer(
        HTTPStatus.OK,
        MachineRoom(
            executors=[ExecutorOut.model_validate(each) for each in executors],
            gates=[GateOut.model_validate(each) for each in gates],
            depths=[DepthOut.model_validate(each) for each in depths],
            failures=[FailuresOut.model_validate(each) for each in failures],
            happenings=[HappeningOut.model_validate(each) for each in happenings],
        ),
    )


class Operations:
    """Handlers that need what the process keeps."""

    def __init__(self, metrics: Metrics, prober: Prober) -> None:
        self._metrics = metrics
        self._prober = prober

    async def readyz(self, call: Call) -> Answer:
        """Say whether requests can be served; what exactly is wrong is for those who may know it."""
        found = await self._prober.probe()
        if not await may_know(call.request, call.parts.records):
            found = found.without_reasons()
        status = HTTPStatus.OK if found.status == "ready" else HTTPStatus.SERVICE_UNAVAILABLE
        return Answer(status, found)

    async def metrics(self, call: Call) -> Answer:
        """Give numbers about everything; a key for certain projects does not show the rest."""
        _see_everything(call)
        async with call.transaction() as tx:
            depths = await tx.operations.depths()
            gates = await tx.operations.gates()
            executors = await tx.operations.executors()
            bookings = await tx.operations.bookings()
        text = self._metrics.exposition(depths, gates, executors, bookings)
        return Answer(HTTPStatus.OK, Response(text, media_type=CONTENT_TYPE))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """List the operations."""
        return (
            Endpoint(
                method="GET",
                path="/healthz",
                handler=healthz,
                summary="Tell whether the process is alive",
                tag="Operations",
                answers={HTTPStatus.OK: Alive},
                at_root=True,
            ),
            Endpoint(
                method="GET",
                path="/readyz",
                handler=self.readyz,
                summary="Tell whether requests can be served; why not, only to this machine and to keys",
                tag="Operations",
                answers={HTTPStatus.OK: Readiness, HTTPStatus.SERVICE_UNAVAILABLE: Readiness},
                at_root=True,
            ),
            Endpoint(
                method="GET",
                path="/operations",
                handler=machine_room,
                summary="Show executors, providers, queues, failures and the latest events",
                tag="Operations",
                scope=Scope.READ,
                answers={HTTPStatus.OK: MachineRoom},
            ),
            Endpoint(
                method="GET",
                path="/metrics",
                handler=self.metrics,
                summary="Give numbers in Prometheus' text format",
                tag="Operations",
                scope=Scope.READ,
                answers={HTTPStatus.OK: "text/plain"},
                at_root=True,
            ),
        )
