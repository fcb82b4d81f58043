"""Our request in xAI's words."""

import base64
from typing import Any

from domain.capabilities import Capability
from domain.failures import ErrorCode
from domain.frames import Frame
from domain.provider import SubmitRejectedError, frames_to_send
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.grok.store import storage_options

_FRAMES = {"start_frame_url": "image", "end_frame_url": "last_frame"}


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
    """Give the body for ``POST /v1/videos/generations``. Blocks: frames are encoded.

    Everything that has a default is said: left out, a clip is 480p and 8 s long, and billed as such (xAI's
    REST reference). Only the aspect ratio is left out where there is a start frame: the guide says that the
    clip follows the picture, and AI SDK's documentation that it is stretched to the ratio otherwise.
    """
    assert request.duration_seconds is not None, "the capability table was asked"
    frames = frames_to_send(request)
    body: dict[str, Any] = {
        "model": request.model,
        "prompt": request.prompt,
        "duration": int(request.duration_seconds),
        "resolution": request.resolution or able.resolutions[0],
        "generate_audio": request.generate_audio is not False,
        "storage_options": storage_options(name),
    }
    if "start_frame_url" not in frames:
        body["aspect_ratio"] = request.aspect_ratio or able.aspect_ratios[0]
    body |= {_FRAMES[name]: {"url": _data_uri(frame)} for name, frame in frames.items()}
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


def _data_uri(frame: Frame) -> str:
    return f"data:{frame.content_type};base64,{base64.b64encode(frame.content).decode()}"
