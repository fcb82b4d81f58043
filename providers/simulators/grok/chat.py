"""xAI's chat completions (its REST reference, 2026): one answer for one question, without streaming."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from providers.simulators.chat import ChatFault, answer_to, fault_in
from providers.simulators.grok import rules
from providers.simulators.grok.faults import Faults
from providers.simulators.grok.ledger import Work
from providers.simulators.grok.refusals import CONTENT, RefusedError, invalid, no_such_model, pair
from providers.simulators.grok.wires import hung_up
from providers.simulators.grok.xai import Xai

_BROKEN = RefusedError(503, pair("service_unavailable", "The service is currently unavailable."))
_FORBIDDEN = RefusedError(403, pair("permission-denied", CONTENT))


class Chat:
    """Answers questions, and writes them down with what they cost."""

    def __init__(self, xai: Xai) -> None:
        self._xai = xai

    async def complete(self, request: Request) -> Response:
        """Answer ``POST /v1/chat/completions``.

        Raises:
            RefusedError: it is none, or a fault is played.
        """
        body = await self._xai.intake.body(request)
        if body.get("model") not in rules.CHAT_MODELS:
            raise no_such_model(body.get("model"))
        question = _question(body)
        fault = fault_in(question, self._xai.knobs.chat)
        if fault is ChatFault.ERROR:
            raise _BROKEN
        if fault is ChatFault.REFUSED:
            raise _FORBIDDEN
        now = self._xai.now()
        answer = answer_to(question, fault)
        ticks = rules.chat_ticks(len(question), len(answer))
        row = self._xai.ledger.accept(
            Work.CHAT, {**body, "prompt": question}, Faults(), ticks=ticks, at=now, ready_at=now
        )
        if fault is ChatFault.HANG:
            await hung_up(request)
        if fault is ChatFault.GARBAGE:
            return Response(b"<html>", media_type="text/html")
        message = {"role": "assistant", "content": answer, "refusal": None}
        said = {
            "id": row.id,
            "object": "chat.completion",
            "created": int(now),
            "model": row.model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            **({} if fault is ChatFault.UNPRICED else {"usage": {"cost_in_usd_ticks": row.ticks}}),
        }
        return JSONResponse(said)


def _question(body: Mapping[str, Any]) -> str:
    messages = body.get("messages")
    roles = {"system", "user", "assistant"}
    if not isinstance(messages, list) or not messages:
        raise invalid("messages must not be empty.")
    if not all(isinstance(one, dict) and one.get("role") in roles for one in messages):
        raise invalid("Each message needs a role and content.")
    question = messages[-1].get("content")
    if messages[-1]["role"] != "user" or not isinstance(question, str) or not question.strip():
        raise invalid("The last message must be the user's.")
    if body.get("stream"):
        raise invalid("This simulator does not stream.")
    return question
