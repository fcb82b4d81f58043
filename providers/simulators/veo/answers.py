"""Bodies of errors, as Google writes them, and the Responsible-AI sentences.

Shapes: google-genai ``errors.py``; support codes: "Responsible AI for Veo" on docs.cloud.google.com.
"""

from typing import Any

from starlette.responses import JSONResponse, Response

BLOCKED = (
    "The prompt could not be submitted. This prompt contains sensitive words that violate Google's "
    "Responsible AI practices. Try rephrasing the prompt. If you think this was an error, send feedback. "
    "Support codes: 58061214"
)
BLOCKED_LATE = (
    "Veo could not generate videos because the input violates Google's usage guidelines. Support codes: "
    "61493863, 56562880"
)
FILTERED = (
    "Veo found a potential issue with the audio of 1 video and it was filtered out. Support codes: 64151117"
)
_REASON_TYPE = "type.googleapis.com/google.rpc.ErrorInfo"


def error(
    http: int,
    status: str,
    message: str,
    *,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
    array: bool = False,
    headers: dict[str, str] | None = None,
) -> Response:
    """Give an error in Google's JSON; ``array`` wraps it as some of its front ends do."""
    inner: dict[str, Any] = {"code": http, "message": message, "status": status}
    if reason:
        domain = "googleapis.com"
        inner["details"] = [
            {"@type": _REASON_TYPE, "reason": reason, "domain": domain, "metadata": metadata or {}}
        ]
    body: Any = {"error": inner}
    return JSONResponse([body] if array else body, http, headers)


def unauthenticated(*, array: bool = False) -> Response:
    """Refuse a missing or expired token."""
    return error(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
        "other valid authentication credential.",
        reason="ACCESS_TOKEN_EXPIRED",
        array=array,
    )


def unknown_model(project: str, location: str, model: str) -> Response:
    """Say what Vertex says of a model that is retired or never was."""
    name = f"projects/{project}/locations/{location}/publishers/google/models/{model}"
    return error(
        404,
        "NOT_FOUND",
        f"Publisher Model `{name}` was not found or your project does not have access to it. "
        "Please ensure you are using a valid model version.",
    )


def rate_limited(model: str, *, limit: str, array: bool) -> Response:
    """Refuse for the quota per model; a new project's limit may be zero."""
    message = (
        "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model with base "
        f"model: {model}. Please submit a quota increase request."
    )
    return error(
        429,
        "RESOURCE_EXHAUSTED",
        message,
        reason="RATE_LIMIT_EXCEEDED",
        metadata={"quota_limit_value": limit, "service": "aiplatform.googleapis.com"},
        array=array,
    )
