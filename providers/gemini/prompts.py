"""Video prompts by Gemini on Vertex AI: one ``generateContent`` for each."""

import json

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.failures import ErrorCode
from domain.prompts import PromptWriter, ShotBrief
from domain.provider import ProviderError
from providers.prompting import INSTRUCTION, asked
from providers.vertex.client import Vertex, beginning
from providers.vertex.connecting import connect
from providers.vertex.settings import GoogleSettings

MODEL = "gemini-3.5-flash"
_MOST_TOKENS = 4_000
"""Of the answer, the model's own thinking included."""


def writer(model: str | None) -> PromptWriter:
    """Give the writer, as the environment says.

    Raises:
        ConfigurationError: a setting is wrong or missing, or google-auth is not installed.
    """
    return GeminiPrompts(connect(GoogleSettings(), "gemini"), model or MODEL)


class _Google(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class _Part(_Google):
    text: str = ""
    thought: bool = False


class _Content(_Google):
    parts: list[_Part] = Field(default_factory=list)


class _Candidate(_Google):
    content: _Content = Field(default_factory=_Content)
    finish_reason: str = ""


class _Feedback(_Google):
    block_reason: str = ""


class _Answer(_Google):
    candidates: list[_Candidate] = Field(default_factory=list)
    prompt_feedback: _Feedback = Field(default_factory=_Feedback)


class GeminiPrompts:
    """Writes prompts; owns its connection."""

    def __init__(self, vertex: Vertex, model: str) -> None:
        self.name = "gemini"
        self._vertex = vertex
        self._model = model

    async def write(self, brief: ShotBrief) -> str:
        """See the port."""
        body = {
            "systemInstruction": {"parts": [{"text": INSTRUCTION}]},
            "contents": [{"role": "user", "parts": [{"text": asked(brief)}]}],
            "generationConfig": {"maxOutputTokens": _MOST_TOKENS},
        }
        model = self._vertex.model(self._model)
        async with self._vertex.submitted(model, "generateContent", json.dumps(body).encode()) as response:
            content = await beginning(response)
        try:
            answer = _Answer.model_validate_json(content)
        except ValueError as error:
            raw = content.decode(errors="replace")
            raise ProviderError(
                ErrorCode.PROVIDER_FAILED, "Google's answer cannot be read.", raw=raw
            ) from error
        return _text(answer)

    async def aclose(self) -> None:
        """See the port."""
        await self._vertex.aclose()


def _text(answer: _Answer) -> str:
    candidate = answer.candidates[0] if answer.candidates else _Candidate()
    if said := "".join(part.text for part in candidate.content.parts if not part.thought):
        return said
    reason = answer.prompt_feedback.block_reason or candidate.finish_reason or "no reason"
    raise ProviderError(ErrorCode.PROVIDER_FAILED, f"Google wrote nothing: {reason}.", raw=reason)
