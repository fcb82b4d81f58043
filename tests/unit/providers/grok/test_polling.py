import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from domain.failures import ErrorCode
from domain.provider import GenerationFailedError, Pending, ProviderError, Result
from providers.grok.client import XaiClient
from providers.grok.polling import Interpreter

QUOTE = Decimal("0.64")
NOW = 1_000_000.0
URL = "https://vidgen.x.ai/xai-vidgen-bucket/xai-video-1.mp4"
COST = {"usage": {"cost_in_usd_ticks": 6_400_000_000}}


@pytest.fixture
async def interpreter() -> AsyncIterator[Interpreter]:
    client = XaiClient("https://xai.invalid/v1", "xai-secret-key")
    yield Interpreter(client, lambda: NOW)
    await client.aclose()


def answer(status: int, body: Any = None) -> httpx.Response:
    return httpx.Response(status, content=b"" if body is None else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("given", "progress"),
    [
        (answer(202), None),
        (httpx.Response(202, content=b" \n"), None),
        (httpx.Response(202, content=b"<html>"), None),
        (answer(202, {"status": "pending", "progress": 24}), 24),
        (answer(202, {"status": "pending", "progress": 240}), 100),
        (answer(202, {"status": "pending", "progress": "soon"}), None),
        (answer(200, {"status": "pending", "progress": 0}), 0),
        (answer(200, {"status": "queued"}), None),
        (answer(200, {"status": "never seen before"}), None),
        (answer(200, {}), None),
    ],
)
async def test_it_runs(interpreter: Interpreter, given: httpx.Response, progress: int | None) -> None:
    assert interpreter.read(given, QUOTE) == Pending(progress)


@pytest.mark.parametrize(
    ("body", "data", "cost"),
    [
        ({"status": "done", "video": {"url": URL, "respect_moderation": True}, **COST}, {"url": URL}, QUOTE),
        ({"video": {"url": URL}}, {"url": URL}, None),
        ({"status": "done", "video": {"url": URL, "file_output": None}}, {"url": URL}, None),
        (
            {"status": "done", "video": {"file_output": {"file_id": "file_1"}}, **COST},
            {"file_id": "file_1"},
            QUOTE,
        ),
        (
            {"status": "done", "video": {"url": URL, "file_output": {"file_id": "file_1"}}},
            {"url": URL, "file_id": "file_1"},
            None,
        ),
    ],
)
async def test_it_is_done(
    interpreter: Interpreter, body: dict[str, Any], data: dict[str, Any], cost: Decimal | None
) -> None:
    assert interpreter.read(answer(200, body), QUOTE) == Result({**data, "seen_at": NOW}, "video/mp4", cost)


@pytest.mark.parametrize(
    ("given", "code", "cost"),
    [
        (
            answer(200, {"status": "done", "video": {"url": "", "respect_moderation": False}, **COST}),
            "content_blocked",
            "0.64",
        ),
        (
            answer(200, {"status": "done", "video": {"url": "", "respect_moderation": False}}),
            "content_blocked",
            "0.64",
        ),
        (
            answer(200, {"status": "done", "video": {"url": URL, "respect_moderation": False}}),
            "content_blocked",
            "0.64",
        ),
        (answer(200, {"status": "done", "video": {"url": ""}}), "result_missing", "0.64"),
        (answer(200, {"status": "done"}), "result_missing", "0.64"),
        (answer(200, {"status": "done", "usage": {"cost_in_usd_ticks": 0}}), "result_missing", "0"),
        (
            answer(200, {"status": "failed", "error": {"code": "internal_error", "message": ""}}),
            "provider_failed",
            "0",
        ),
        (
            answer(200, {"status": "failed", "error": {"code": "service_unavailable"}}),
            "provider_transient",
            "0",
        ),
        (answer(200, {"status": "failed", "error": "Blocked by moderation"}), "content_blocked", "0.64"),
        (
            answer(
                200,
                {"status": "failed", "error": "Blocked by moderation", "usage": {"cost_in_usd_ticks": 10**9}},
            ),
            "content_blocked",
            "0.1",
        ),
        (answer(200, {"status": "failed"}), "provider_failed", "0"),
        (answer(200, {"error": "Blocked by moderation"}), "content_blocked", "0.64"),
        (answer(202, {"status": "failed"}), "provider_failed", "0"),
        (answer(200, {"status": "expired"}), "result_expired", "0"),
        (answer(400, {"error": "bad image"}), "invalid_request", "0"),
        (answer(400, {"error": "rejected by moderation"}), "content_blocked", "0.64"),
        (answer(403, {"error": "Failed check: SAFETY_CHECK_TYPE_X"}), "content_blocked", "0.64"),
        (answer(422, {"error": "?"}), "invalid_request", "0"),
    ],
)
async def test_it_is_over(interpreter: Interpreter, given: httpx.Response, code: str, cost: str) -> None:
    with pytest.raises(GenerationFailedError) as caught:
        interpreter.read(given, QUOTE)
    assert (caught.value.code, caught.value.cost) == (ErrorCode(code), Decimal(cost))


@pytest.mark.parametrize(
    "given",
    [
        answer(401, {"error": "No credentials presented."}),
        answer(400, {"error": "Incorrect API key provided"}),
        answer(403, {"error": "You have used all available credits"}),
        answer(403, {"error": "This key may not"}),
        answer(429),
        answer(500),
        answer(503),
        answer(301),
        answer(409),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b""),
        answer(200, [1]),
        answer(200, {"error": "it broke"}),
    ],
)
async def test_it_says_nothing_of_a_clip_that_is_paid_for(
    interpreter: Interpreter, given: httpx.Response
) -> None:
    with pytest.raises(ProviderError) as caught:
        interpreter.read(given, QUOTE)
    assert not isinstance(caught.value, GenerationFailedError)
