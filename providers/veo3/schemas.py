"""Requests and answers of Veo, in Google's words.

Submit body: google-genai 2.34.0's own, captured; answers: ``GenerateVideoResponse`` of the discovery
document, with the older ``generatedSamples`` that it still lists.
"""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.provider import Attempt, frames_to_send
from domain.requests import GenerationRequest
from providers.veo3.frames import frame_json

PAYLOADS = ("bytesBase64Encoded", "encodedVideo")
"""Where a clip stands inline."""
_FRAMES = {"start_frame_url": "image", "end_frame_url": "lastFrame"}


def submit_body(request: GenerationRequest, attempt: Attempt, storage_uri: str | None) -> bytes:
    """Give the JSON of a submit. Blocks: frames are encoded.

    Raises:
        SubmitRejectedError: a frame was not read before.
    """
    instance: dict[str, Any] = {"prompt": request.prompt}
    instance |= {_FRAMES[name]: frame_json(frame) for name, frame in frames_to_send(request).items()}
    parameters: dict[str, Any] = {
        "sampleCount": 1,
        # An integer here, a string at the other Google API.
        "durationSeconds": int(request.duration_seconds or 0),
        "aspectRatio": request.aspect_ratio,
        "resolution": request.resolution,
        # Its default differs between models and pages of the documentation.
        "generateAudio": request.generate_audio is not False,
    }
    optional = {
        "seed": request.seed,
        "negativePrompt": request.negative_prompt,
        "storageUri": storage_uri,
    }
    parameters |= {name: value for name, value in optional.items() if value is not None}
    # Labels reach the billing export, where a doubt about an attempt can be settled.
    labels = {"job": str(attempt.job_id), "attempt": str(attempt.id)}
    return json.dumps({"instances": [instance], "parameters": parameters, "labels": labels}).encode()


class _Google(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class OperationFault(_Google):
    """How an operation failed; ``code`` is gRPC's."""

    code: int = 2
    message: str = ""


class Clip(_Google):
    """One clip; of an inline one the bytes are left out."""

    gcs_uri: str | None = None
    uri: str | None = None

    @property
    def address(self) -> str | None:
        """Where it is, unless it is inline."""
        return self.gcs_uri or self.uri


class Sample(_Google):
    """A clip in the older schema."""

    video: Clip = Field(default_factory=Clip)


class Generated(_Google):
    """What an operation made."""

    videos: list[Clip] = Field(default_factory=list)
    generated_samples: list[Sample] = Field(default_factory=list)
    rai_media_filtered_count: int = 0
    rai_media_filtered_reasons: list[str] = Field(default_factory=list)

    @property
    def address(self) -> str | None:
        """The first clip's address."""
        clips = [*self.videos, *(sample.video for sample in self.generated_samples)]
        return next((clip.address for clip in clips if clip.address), None)


class Operation(_Google):
    """An operation as polled. ``done`` may be absent while it runs."""

    done: bool = False
    error: OperationFault | None = None
    response: Generated | None = None
