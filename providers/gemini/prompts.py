"""Video prompts by Gemini on Vertex AI: one ``generateContent`` for each."""

import json
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.credits import SMALLEST
from domain.failures import ErrorCode
from domain.prompts import PromptWriter, ShotBrief, Written
from domain.provider import ProviderError
from providers.prompting import INSTRUCTION, asked
from providers.vertex.client import Vertex, beginning
from providers.vertex.connecting import connect
from providers.vertex.settings import GoogleSettings

MODEL = "gemini-3.5-flash"
_PRICES = {"gemini-3.5-flash": (Decimal("1.50"), Decimal("9.00"))}
"""USD for a million tokens read and a million written, thinking included (Google's list of 2026)."""
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


class _Usage(_Google):
    prompt_token_count: int = 0
    candidates_token_count: int = 0
    thoughts_token_count: int = 0

    def cost(self, model: str) -> Decimal | None:
        """Price the tokens in USD; ``None`` for a model that is not on the list."""
        if model not in _PRICES:
            return None
        read, written = _PRICES[model]
        said = self.candidates_token_count + self.thoughts_token_count
        return ((self.prompt_token_count * read + said * written) / 1_000_000).quantize(SMALLEST)


class _Answer(_Google):
    candidates: list[_Candidate] = Field(default_factory=list)
    prompt_feedback: _Feedback = Field(default_factory=_Feedback)
    usage_metadata: _Usage | None = None


class GeminiPrompts:
    """Writes prompts; owns its connection."""

    def __init__(self, vertex: Vertex, model: str) -> None:
        self.name = "gemini"
        self.model = model
        self._vertex = vertex

    async def write(self, brief: ShotBrief) -> Written:
        """See the port."""
        body = {
            "systemInstruction": {"parts": [{"text": INSTRUCTION}]},
            "contents": [{"role": "user", "parts": [{"text": asked(brief)}]}],
            "generationConfig": {"maxOutputTokens": _MOST_TOKENS},
        }
        model = self._vertex.model(self.model)
        async with self._vertex.submitted(model, "generateContent", json.dumps(body).encode()) as response:
            content = await beginning(response)
        try:
            answer = _Answer.model_validate_json(content)
        except ValueError as error:
            raw = content.decode(errors="replace")
            raise ProviderError(
                ErrorCode.PROVIDER_FAILED, "Google's answer cannot be read.", raw=raw
            ) from error
        return self._written(answer)

    async def aclose(self) -> None:
        """See the port."""
        await self._vertex.aclose()

    def _written(self, answer: _Answer) -> Written:
        if not answer.candidates:
            reason = answer.prompt_feedback.block_reason or "no reason"
            raise ProviderError(ErrorCode.PROVIDER_FAILED, f"Google wrote nothing: {reason}.", raw=reason)
        candidate = answer.candidates[0]
        said = "".join(part.text for part in candidate.content.parts if not part.thought)
        cost = answer.usage_metadata.cost(self.model) if answer.usage_metadata else None
        return Written(said, cost, candidate.finish_reason)
