"""Scripts: say what was understood, before anything is made of it."""

from http import HTTPStatus

from api.call import Answer, Call
from api.endpoints import Endpoint
from api.schemas.scripts import ScriptIn, ScriptOut
from api.scripts import understand
from domain.access import Scope


async def read_script(call: Call) -> Answer:
    """Read a script and write nothing."""
    return Answer(HTTPStatus.OK, understand(call.read(ScriptIn).script))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/scripts/read",
        handler=read_script,
        summary="Say what is understood of a script",
        description="Takes plain text in the manner of Fountain, or JSON. Nothing is written: send the "
        "project that is answered to POST /projects to make it.",
        tag="Projects",
        scope=Scope.RENDER,
        body=ScriptIn,
        answers={HTTPStatus.OK: ScriptOut},
    ),
)
