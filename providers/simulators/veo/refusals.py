"""Submits that are refused, or not answered, before anything is accepted."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from providers.simulators.account import Standing
from providers.simulators.veo.answers import BLOCKED, error, rate_limited, unauthenticated, unknown_model
from providers.simulators.veo.connections import drop
from providers.simulators.veo.ledger import Submit
from providers.simulators.veo.script import Fault, Plays, Script

_BILLING = "This API method requires billing to be enabled. Please enable billing on the project."
_DENIED = "Permission 'aiplatform.endpoints.predict' denied on resource (or it may not exist)."
_AGENTS = "Service agents are being provisioned. Please try again in a few minutes."
_ERRORS: dict[Fault, tuple[int, str, str, str | None]] = {
    Fault.INVALID: (400, "INVALID_ARGUMENT", "Request contains an invalid argument.", None),
    Fault.BLOCKED: (400, "INVALID_ARGUMENT", BLOCKED, None),
    Fault.PRECONDITION: (400, "FAILED_PRECONDITION", _AGENTS, None),
    Fault.WRONG_PROJECT: (400, "INVALID_ARGUMENT", "Invalid resource project.", "RESOURCE_PROJECT_INVALID"),
    Fault.PERMISSION: (403, "PERMISSION_DENIED", _DENIED, "IAM_PERMISSION_DENIED"),
    Fault.BILLING: (403, "PERMISSION_DENIED", _BILLING, "BILLING_DISABLED"),
    Fault.UNAVAILABLE: (503, "UNAVAILABLE", "The service is currently unavailable.", None),
}

SPOILT: Mapping[Standing, Fault] = {
    Standing.NO_CREDITS: Fault.BILLING,
    Standing.FORBIDDEN: Fault.PERMISSION,
}
"""How an account stands that Google knows and refuses, whatever is asked for."""

_REFUSALS = _ERRORS.keys() | {
    Fault.UNAUTHORIZED,
    Fault.MODEL_GONE,
    Fault.RATE_LIMITED,
    Fault.NO_QUOTA,
    Fault.PROXY_503,
    Fault.STATUS,
    Fault.DROP,
}


def spoilt(standing: Standing) -> Response:
    """Refuse for the account's sake."""
    http, status_name, message, reason = _ERRORS[SPOILT[standing]]
    return error(http, status_name, message, reason=reason)


async def refusal(
    request: Request, submit: Submit, script: Script, plays: Plays, key: str
) -> Response | None:
    """Give what refuses this submit, or ``None``. Counted per job."""
    for fault in Fault:
        if fault in _REFUSALS and plays.due(script, fault, key):
            return await drop(request) if fault is Fault.DROP else _answer(fault, submit, script)
    return None


def _answer(fault: Fault, submit: Submit, script: Script) -> Response:
    array = Fault.ARRAY in script
    match fault:
        case Fault.UNAUTHORIZED:
            return unauthenticated(array=array)
        case Fault.MODEL_GONE:
            return unknown_model("p", "us-central1", submit.model)
        case Fault.RATE_LIMITED | Fault.NO_QUOTA:
            limit = "0" if fault is Fault.NO_QUOTA else "50"
            return rate_limited(submit.model, limit=limit, array=array)
        case Fault.PROXY_503 | Fault.STATUS:
            status = 503 if fault is Fault.PROXY_503 else int(script.number(fault, 500))
            return HTMLResponse("<html><title>Service Temporarily Unavailable</title></html>", status)
    http, status_name, message, reason = _ERRORS[fault]
    return error(http, status_name, message, reason=reason, array=array)
