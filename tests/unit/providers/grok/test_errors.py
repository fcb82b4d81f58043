import json
from typing import Any

import pytest

from domain.failures import ErrorCode
from providers.grok.errors import cleaned, failure_code, read, refusal_code, said

CREDITS = "Your team 1234 has either used all available credits or reached its monthly spending limit."
WRONG_KEY = "Incorrect API key provided: xa***. You can obtain one from the console."
DENIED = "The caller does not have permission to execute the specified operation"
EXHAUSTED = "Some resource has been exhausted"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, {"code": "unauthenticated:no-credentials", "error": "No credentials presented."}, "auth"),
        (400, {"code": "Client specified an invalid argument", "error": WRONG_KEY}, "auth"),
        (400, {"code": "invalid-argument", "error": "Duration must be between 1 and 15."}, "invalid_request"),
        (400, {"code": "invalid-argument", "error": "Zero Data Retention teams must …"}, "invalid_request"),
        (
            400,
            {"error": {"message": "Invalid image", "type": "x", "param": None, "code": "y"}},
            "invalid_request",
        ),
        (400, {"error": {"message": "Rejected by content moderation", "code": "y"}}, "content_blocked"),
        (400, {"error": "The prompt violates our usage guidelines."}, "content_blocked"),
        (400, {"error": "The image could not be fetched."}, "invalid_request"),
        (402, {"error": "Payment required"}, "quota_or_billing"),
        (403, {"code": DENIED, "error": CREDITS}, "quota_or_billing"),
        (403, {"code": "permission-denied", "error": CREDITS}, "quota_or_billing"),
        (403, {"code": "permission-denied", "error": "No access to this model."}, "permission"),
        (403, {"code": DENIED, "error": "Failed check: SAFETY_CHECK_TYPE_CSAM"}, "content_blocked"),
        (403, "<html>Cloudflare</html>", "permission"),
        (404, {"code": "Some requested entity was not found", "error": "no model"}, "model_unavailable"),
        (405, "", "invalid_request"),
        (413, "", "invalid_request"),
        (415, {"error": "Expected request with `Content-Type: application/json`"}, "invalid_request"),
        (422, {"error": "Failed to deserialize the JSON body"}, "invalid_request"),
        (429, {"code": EXHAUSTED, "error": "Too many requests."}, "rate_limited"),
        (429, {"code": EXHAUSTED, "error": CREDITS}, "quota_or_billing"),
        (429, "", "rate_limited"),
        *((status, "", None) for status in (301, 308, 408, 409, 425, 499, 500, 502, 503, 504, 520, 524, 529)),
        # Whatever a server in trouble says, it proves nothing.
        (500, {"error": WRONG_KEY}, None),
        (503, {"error": "Too many requests."}, None),
    ],
)
def test_refusals(status: int, body: Any, code: str | None) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    assert refusal_code(status, read(text)) == (None if code is None else ErrorCode(code))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": "invalid_argument", "message": "Prompt cannot be empty."}, "invalid_request"),
        ({"code": "invalid-argument", "message": "Prompt cannot be empty."}, "invalid_request"),
        ({"code": "invalid_argument", "message": "rejected by content moderation"}, "content_blocked"),
        ({"code": "permission_denied", "message": "no"}, "permission"),
        ({"code": "failed_precondition", "message": "1080p is not offered"}, "invalid_request"),
        ({"code": "service_unavailable", "message": "overloaded"}, "provider_transient"),
        ({"code": "internal_error", "message": "oops"}, "provider_failed"),
        ({"code": "brand_new", "message": "?"}, "provider_failed"),
        ("Content violates usage guidelines.", "content_blocked"),
        ("It broke.", "provider_failed"),
        (None, "provider_failed"),
        ([1], "provider_failed"),
    ],
)
def test_failures(error: Any, code: str) -> None:
    assert failure_code(said({"error": error})) is ErrorCode(code)


def test_the_checks_that_failed_are_named_once() -> None:
    error = said("Failed check: SAFETY_CHECK_TYPE_HATE, SAFETY_CHECK_TYPE_CSAM, SAFETY_CHECK_TYPE_HATE")
    assert error.reasons == ("SAFETY_CHECK_TYPE_HATE", "SAFETY_CHECK_TYPE_CSAM")


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"[1, 2]", b"null", b"3", b"", b"{", b'{"error": 3, "code": []}']
)
def test_any_body_can_be_read(body: bytes) -> None:
    read(body)


def test_secrets_and_frames_are_taken_out() -> None:
    frame = "data:image/png;base64," + "A" * 5_000
    text = cleaned(f"Bearer s3cret-key and xai-abcdefgh123 with {frame}", "s3cret-key")
    assert text == "Bearer *** and *** with data:***"
    assert len(cleaned("x" * 10_000)) == 2_000
