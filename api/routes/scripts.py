"""Scripts: say what was understood, before anything is made of it."""

from http import HTTPStatus

from api.call import Answer, Call
from api.endpoints import Endpoint
from api.schemas.scripts import ScriptIn, ScriptOut
from api.scripts import understand
from api.showing import shown_estimate
from domain.access import Scope
from services import pipeline


async def read_script(call: Call) -> Answer:
    """Read a script, say what it would cost, and leave nothing."""
    found = understand(call.read(ScriptIn).script)
    new, parts = found.project.to_domain(), call.parts
    estimate = await pipeline.estimate_new(parts.records, call.caller, parts.catalogue, new)
    shown = None if estimate is None else shown_estimate(estimate)
    return Answer(HTTPStatus.OK, found.model_copy(update={"estimate": shown}))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/scripts/read",
        handler=read_script,
        summary="Say what is understood of a script, and what it would cost",
        description="Takes plain text in the manner of Fountain, or JSON. Nothing is kept: send the "
        "project that is answered to POST /projects to make it.",
        tag="Projects",
        scope=Scope.RENDER,
        body=ScriptIn,
        answers={HTTPStatus.OK: ScriptOut},
    ),
)
