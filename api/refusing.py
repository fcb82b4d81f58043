"""In which shape an error is answered: OpenAI's under ``/v1``, a problem document everywhere else."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.errors import CODES, Refusal, problem_response, refusal_of
from api.schemas.videos import OpenAIError, OpenAIErrorBody
from domain.errors import RushesError

PREFIX = "/v1"
"""Where things are as OpenAI's clients know them."""
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed"}
_TYPES = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}


def refuse(path: str, refusal: Refusal) -> Response:
    """Answer an error to a request for this path."""
    return _openai_response(refusal) if path.startswith(f"{PREFIX}/") else problem_response(refusal)


def _openai_response(refusal: Refusal) -> Response:
    status, headers = refusal.status, dict(refusal.headers)
    if status is HTTPStatus.UNPROCESSABLE_ENTITY:
        # Their clients know no other status for what is wrong with a request.
        status = HTTPStatus.BAD_REQUEST
    if status is HTTPStatus.CONFLICT and refusal.code != "conflict":
        # Their clients take every conflict for a lock that will be free, and would ask again.
        headers["x-should-retry"] = "false"
    usual = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    body = OpenAIErrorBody(
        message=refusal.detail,
        type=_TYPES.get(status, usual),
        param=refusal.problems[0].field if refusal.problems else None,
        code=refusal.code,
    )
    return JSONResponse(OpenAIError(error=body).model_dump(), status, headers)


async def on_rushes_error(request: Request, error: Exception) -> Response:
    """Answer a domain error that left a handler."""
    assert isinstance(error, RushesError)
    return refuse(request.url.path, refusal_of(error))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such address, or not for this method."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    code = _HTTP_CODES.get(status.value, "invalid_request")
    return refuse(request.url.path, Refusal(status, code, CODES[code], headers=error.headers or {}))
