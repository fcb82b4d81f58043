"""Gemini's ``generateContent`` for words."""

from collections.abc import Mapping
from typing import Any

from providers.simulators.chat import ChatFault, answer_to

MODELS = ("gemini-3.5-flash", "gemini-3.1-flash-lite")


def fault(body: Any) -> str | None:
    """Give what is wrong with a request's body, or ``None``."""
    contents = body.get("contents") if isinstance(body, dict) else None
    if not contents or not question(body).strip():
        return "Unable to submit request because at least one contents field is required."
    return None


def question(body: Mapping[str, Any]) -> str:
    """Give the words of the last turn."""
    return "\n".join(str(part.get("text", "")) for part in body["contents"][-1].get("parts", ()))


def answer(body: Mapping[str, Any], fault: ChatFault | None) -> dict[str, Any]:
    """Say something, or why nothing is said."""
    usage = {"promptTokenCount": 200, "candidatesTokenCount": 80, "totalTokenCount": 280}
    if fault is ChatFault.REFUSED:
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage}
    if fault is ChatFault.EMPTY:
        return {"candidates": [{"finishReason": "MAX_TOKENS"}], "usageMetadata": usage}
    thought = {"text": "What would move here?", "thought": True}
    said = {"role": "model", "parts": [thought, {"text": answer_to(question(body), fault)}]}
    priced = {} if fault is ChatFault.UNPRICED else {"usageMetadata": usage}
    return {"candidates": [{"content": said, "finishReason": "STOP"}], **priced}
