"""Errors as problem documents (RFC 9457): one table from error to status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from domain.errors import (
    ConflictError,
    InsufficientCreditsError,
    InvalidRequestError,
    NotAllowedError,
    NotAuthenticatedError,
    NotFoundError,
    PoisonedError,
    Problem,
    RushesError,
    UnavailableError,
)

CONTENT_TYPE = "application/problem+json"
_LONGEST_VALUE = 200
_RETRY_SECONDS = 2

CODES: dict[str, str] = {
    "invalid_request": "The request cannot be served as it stands; problems names every field.",
    "malformed_json": "The body is not JSON.",
    "malformed_form": "The body is not a form with at most one file.",
    "unsupported_media_type": "The body must be sent as application/json.",
    "body_too_large": "The body is larger than API_MAX_BODY_BYTES.",
    "body_too_slow": "The body did not arrive in time.",
    "not_authenticated": "An API key is missing or not valid.",
    "not_allowed": "The API key does not allow this.",
    "host_refused": "The API is not to be called under this name; see API_ALLOWED_HOSTS.",
    "origin_refused": "A page of another origin may change nothing and follow nothing here.",
    "rate_limited": "This key made too many requests; wait as long as Retry-After says.",
    "not_found": "There is no such thing, or it is not yours.",
    "method_not_allowed": "The address exists, but not for this method.",
    "conflict": "Something else changed this at the same moment; look again.",
    "shot_busy": "A shot, or a film, has a job of its kind on its way already.",
    "clips_missing": "A film needs the clips of all of its shots.",
    "nothing_to_render": "No shot lacks a clip.",
    "nothing_failed": "Nothing has failed that could be made again.",
    "nothing_to_resume": "Everything is there, or comes by itself.",
    "not_review_ready": "The scene cannot be approved yet; problems names what is between.",
    "not_failed": "Only a failed job can be retried.",
    "possible_duplicate": "The job's outcome is unknown; retrying it may pay twice.",
    "no_result": "The provider has no result for this job that could be fetched again.",
    "not_stored_yet": "The job's result is not stored yet.",
    "insufficient_credits": "The project's credits do not go for this order; detail names both figures.",
    "budget_exceeded": "This order would go beyond the project's budget; detail names the figures.",
    "credits_off": "Credits are off here, so there is nothing to grant, refund or limit.",
    "grant_key_reused": "The idempotency key was used for another grant.",
    "nothing_to_refund": "The job was charged nothing, or less than that.",
    "idempotency_key_reused": "The idempotency key was used for another request.",
    "too_many_webhooks": "There are as many webhooks as there may be.",
    "range_not_satisfiable": "The object does not have these bytes.",
    "unavailable": "The database or the storage cannot be reached; try again.",
    "internal": "A mistake of ours; it is in the log.",
}
"""Every code that a problem document may have, and what it means."""

_TABLE: tuple[tuple[type[RushesError], HTTPStatus, str], ...] = (
    (InvalidRequestError, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request"),
    (PoisonedError, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request"),
    (NotAuthenticatedError, HTTPStatus.UNAUTHORIZED, "not_authenticated"),
    (NotAllowedError, HTTPStatus.FORBIDDEN, "not_allowed"),
    (NotFoundError, HTTPStatus.NOT_FOUND, "not_found"),
    (ConflictError, HTTPStatus.CONFLICT, "conflict"),
    (InsufficientCreditsError, HTTPStatus.PAYMENT_REQUIRED, "insufficient_credits"),
    (UnavailableError, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
)


_WITH_PROBLEMS = InvalidRequestError | ConflictError | InsufficientCreditsError


class RefusedError(RushesError):
    """HTTP itself does not allow this request."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        *,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.problems = tuple(problems)
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as HTTP tells it, in whatever shape it is answered."""

    status: HTTPStatus
    code: str
    detail: str
    problems: Sequence[Problem] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_document(
    status: HTTPStatus, code: str, detail: str, problems: Sequence[Problem] = ()
) -> dict[str, Any]:
    """Build the body of an error answer."""
    return {
        "type": f"/docs#code-{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        "problems": [problem_entry(problem) for problem in problems],
    }


def problem_entry(problem: Problem) -> dict[str, Any]:
    """Give one problem as JSON: which field, which value, what is allowed, and of which shot."""
    return {
        "field": problem.field,
        "value": _shown(problem.value),
        # The key says that already.
        "allowed": problem.allowed.removeprefix("allowed: "),
        "shot": problem.where or None,
    }


def _shown(value: object) -> object:
    """Echo a value, but not all of a long one."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def refusal_of(error: RushesError) -> Refusal:
    """Say over HTTP what a domain error means."""
    if isinstance(error, RefusedError):
        return Refusal(error.status, error.code, error.message, error.problems, error.headers)
    status, code = next(
        ((status, code) for kind, status, code in _TABLE if isinstance(error, kind)),
        (HTTPStatus.INTERNAL_SERVER_ERROR, "internal"),
    )
    detail, headers = error.message, {}
    if isinstance(error, ConflictError):
        # Uniqueness as the database words it names our constraints, which nobody can act on.
        detail = CODES["conflict"] if error.code == "duplicate" else detail
        code = error.code if error.code in CODES else "conflict"
    if isinstance(error, InsufficientCreditsError):
        code = error.code
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        detail = CODES["internal"]
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(_RETRY_SECONDS)
    problems = error.problems if isinstance(error, _WITH_PROBLEMS) else ()
    return Refusal(status, code, detail, problems, headers)


def problem_response(refusal: Refusal) -> Response:
    """Answer with a problem document."""
    body = problem_document(refusal.status, refusal.code, refusal.detail, refusal.problems)
    return JSONResponse(body, refusal.status, refusal.headers, CONTENT_TYPE)
