"""Video prompts by xAI's chat models: one POST to ``/chat/completions`` for each."""

from pydantic import BaseModel

from domain.failures import ErrorCode
from domain.prompts import PromptWriter, ShotBrief, Written
from domain.provider import ProviderError
from providers.grok.client import XaiClient
from providers.grok.schemas import Usage
from providers.grok.settings import GrokSettings
from providers.prompting import INSTRUCTION, asked

MODEL = "grok-4.3"
_MOST_TOKENS = 4_000
"""Of the answer, the model's own thinking included: it cannot be turned off."""


def writer(model: str | None) -> PromptWriter:
    """Give the writer, as the environment says.

    Raises:
        ConfigurationError: there is no key, or a setting is wrong.
    """
    settings = GrokSettings()
    return GrokPrompts(XaiClient(settings.xai_base_url, settings.key), model or MODEL)


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: list[_Choice]
    usage: Usage | None = None
    """xAI reports what it charged for words as for clips (its page on cost tracking)."""


class GrokPrompts:
    """Writes prompts; owns its client."""

    def __init__(self, xai: XaiClient, model: str) -> None:
        self.name = "grok"
        self.model = model
        self._xai = xai

    async def write(self, brief: ShotBrief) -> Written:
        """See the port."""
        body = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": INSTRUCTION},
                {"role": "user", "content": asked(brief)},
            ],
            "max_completion_tokens": _MOST_TOKENS,
        }
        answer = await self._xai.submit("/chat/completions", body)
        try:
            completion = _Completion.model_validate_json(answer)
            (choice,) = completion.choices
        except ValueError as error:
            raw = self._xai.clean(answer.decode(errors="replace"))
            raise ProviderError(ErrorCode.PROVIDER_FAILED, "xAI's answer cannot be read.", raw=raw) from error
        cost = completion.usage.cost if completion.usage else None
        return Written(choice.message.content or "", cost)

    async def aclose(self) -> None:
        """See the port."""
        await self._xai.aclose()
