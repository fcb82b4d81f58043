"""Our request in xAI's words."""

from typing import Any

from domain.capabilities import Capability
from domain.failures import ErrorCode
from domain.provider import SubmitRejectedError
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.grok.store import storage_options

_FRAME_SCHEMES = ("https://", "data:image/")


def checked(request: GenerationRequest, kind: JobKind, able: Capability | None) -> Capability:
    """See that a model can make a request before it is sent.

    Raises:
        SubmitRejectedError: it cannot.
    """
    if able is None:
        raise SubmitRejectedError(ErrorCode.MODEL_UNAVAILABLE, f"grok has no model {request.model!r}")
    if request.kind is not kind:
        raise SubmitRejectedError(ErrorCode.INVALID_REQUEST, f"{request.model} makes no {request.kind}")
    problems = able.problems(request)
    if problems:
        raise SubmitRejectedError(ErrorCode.INVALID_REQUEST, "; ".join(map(str, problems)))
    return able


def video_body(request: GenerationRequest, able: Capability, name: str) -> dict[str, Any]:
    """Give the body for ``POST /v1/videos/generations``.

    Everything that has a default is said: left out, a clip is 480p and 8 s long, and billed as such (xAI's
    REST reference). Only the aspect ratio is left out where there is a start frame: the guide says that the
    clip follows the picture, and AI SDK's documentation that it is stretched to the ratio otherwise.
    """
    assert request.duration_seconds is not None, "the capability table was asked"
    body: dict[str, Any] = {
        "model": request.model,
        "prompt": request.prompt,
        "duration": int(request.duration_seconds),
        "resolution": request.resolution or able.resolutions[0],
        "generate_audio": request.generate_audio is not False,
        "storage_options": storage_options(name),
    }
    if request.start_frame_url:
        body["image"] = _frame("start_frame_url", request.start_frame_url)
    else:
        body["aspect_ratio"] = request.aspect_ratio or able.aspect_ratios[0]
    if request.end_frame_url:
        body["last_frame"] = _frame("end_frame_url", request.end_frame_url)
    return body


def image_body(request: GenerationRequest, able: Capability, name: str) -> dict[str, Any]:
    """Give the body for ``POST /v1/images/generations``: one image of 1k, enough for a frame at 720p."""
    return {
        "model": request.model,
        "prompt": request.prompt,
        "n": 1,
        "aspect_ratio": request.aspect_ratio or able.aspect_ratios[0],
        "resolution": "1k",
        # An address, not bytes in base64: what is not in the answer need not go into the database.
        "response_format": "url",
        "storage_options": storage_options(name),
    }


def _frame(name: str, url: str) -> dict[str, str]:
    if not url.startswith(_FRAME_SCHEMES):
        shown = url[:80]
        raise SubmitRejectedError(
            ErrorCode.INVALID_REQUEST,
            f"{name} is {shown!r}; allowed: an https address that xAI can reach, or a data: image",
        )
    return {"url": url}
