"""Requests and answers of ``generateContent`` for pictures."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.provider import Attempt
from domain.requests import GenerationRequest

PAYLOAD = "data"
"""The key of a picture's base64, in ``inlineData``."""
SIZE = "1K"
BLOCKED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "IMAGE_OTHER",
        "NO_IMAGE",
    }
)
"""Reasons to finish without a picture that mean: not with this prompt (google-genai ``types.py``)."""


def generate_body(request: GenerationRequest, attempt: Attempt) -> bytes:
    """Give the JSON that asks for one picture."""
    config = {"aspectRatio": request.aspect_ratio, "imageSize": SIZE}
    body: dict[str, Any] = {
        "contents": [{"role": "user", "parts": [{"text": request.prompt}]}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": config},
        "labels": {"job": str(attempt.job_id), "attempt": str(attempt.id)},
    }
    return json.dumps(body).encode()


class _Google(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Candidate(_Google):
    """One answer; of its picture the bytes are left out."""

    finish_reason: str = ""
    finish_message: str = ""


class PromptFeedback(_Google):
    """Why a prompt was not even tried."""

    block_reason: str = ""
    block_reason_message: str = ""


class Answer(_Google):
    """What came beside the picture."""

    candidates: list[Candidate] = Field(default_factory=list)
    prompt_feedback: PromptFeedback | None = None

    @property
    def reason(self) -> str:
        """Why there is no picture."""
        if self.prompt_feedback and self.prompt_feedback.block_reason:
            return self.prompt_feedback.block_reason
        return next((c.finish_reason for c in self.candidates if c.finish_reason), "")

    @property
    def is_blocked(self) -> bool:
        """Whether the prompt is what has to change."""
        blocked_prompt = self.prompt_feedback is not None and bool(self.prompt_feedback.block_reason)
        return blocked_prompt or self.reason in BLOCKED
