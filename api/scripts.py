"""Scripts of either form, as the project that they ask for."""

import json
from dataclasses import asdict

from api.reading import parse_body
from api.schemas.projects import ProjectIn
from api.schemas.scripts import ScriptOut
from services import screenplay


def understand(script: str) -> ScriptOut:
    """Read the JSON of a project, or a script in plain text.

    Raises:
        RefusedError: it begins like JSON and is none.
        InvalidRequestError: it asks for something that no project can have; all of that is listed.
    """
    if script.lstrip().startswith("{"):
        return ScriptOut(project=parse_body(ProjectIn, script.encode()), notes=[])
    found = screenplay.read(script)
    project = parse_body(ProjectIn, json.dumps(asdict(found.project)).encode())
    return ScriptOut(project=project, notes=list(found.notes))
