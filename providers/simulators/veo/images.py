"""Gemini's ``generateContent`` for images."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

from providers.simulators.veo import clips
from providers.simulators.veo.ledger import Ledger
from providers.simulators.veo.script import Fault, Script, without_tags

MODELS = (
    "gemini-nano-banana-2.1",
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite-image",
    "gemini-3-pro-image",
)
METHODS = ("generateContent", "countTokens")


def fault(body: Any) -> str | None:
    """Give what is wrong with a request's body, or ``None``."""
    contents = body.get("contents") if isinstance(body, dict) else None
    if not contents or not prompt(body):
        return "Unable to submit request because at least one contents field is required."
    if "IMAGE" not in (body.get("generationConfig") or {}).get("responseModalities", ()):
        return "This simulator makes images only; ask for the modality IMAGE."
    return None


def prompt(body: Mapping[str, Any]) -> str:
    """Give the words of a request."""
    parts = [part for content in body["contents"] for part in content.get("parts", ())]
    return " ".join(part["text"] for part in parts if "text" in part)


async def answer(body: Mapping[str, Any], script: Script, ledger: Ledger) -> dict[str, Any]:
    """Make an image, or say why there is none."""
    usage = {"promptTokenCount": 8, "candidatesTokenCount": 1120, "totalTokenCount": 1128}
    if Fault.BLOCKED_LATE in script:
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage}
    if Fault.NO_REASON in script:
        return {"candidates": [{"finishReason": "OTHER"}], "usageMetadata": usage}
    if Fault.FILTERED in script or Fault.NO_VIDEO in script:
        reason = "IMAGE_SAFETY" if Fault.FILTERED in script else "NO_IMAGE"
        said = {"role": "model", "parts": [{"text": "I can't make that."}]}
        return {"candidates": [{"content": said, "finishReason": reason}], "usageMetadata": usage}
    config = body["generationConfig"].get("imageConfig") or {}
    ratio = config.get("aspectRatio", "1:1")
    content = await asyncio.to_thread(clips.still, without_tags(prompt(body)), ratio)
    ledger.images += 1
    data = {"mimeType": "image/png", "data": base64.b64encode(content).decode()}
    made = {"role": "model", "parts": [{"text": "Here it is."}, {"inlineData": data}]}
    return {"candidates": [{"content": made, "finishReason": "STOP"}], "usageMetadata": usage}
