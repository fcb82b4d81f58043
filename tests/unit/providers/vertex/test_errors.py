"""The table of what Google answers, walked."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from domain.failures import ErrorCode
from domain.provider import SubmitRejectedError, SubmitUnknownError
from providers.vertex.errors import (
    CATEGORIES,
    GoogleError,
    call_error,
    is_blocked,
    never_sent,
    operation_error,
    raw_of,
    reasons_of,
    submit_error,
)

BARE: Callable[[Any], Any] = lambda body: body  # noqa: E731 # two shapes side by side
ARRAY: Callable[[Any], Any] = lambda body: [body]  # noqa: E731 # as above


def google(
    code: int, status: str, message: str = "no", *, reason: str | None = None, **metadata: str
) -> dict[str, Any]:
    details = [{"reason": reason, "metadata": metadata}] if reason else []
    return {"error": {"code": code, "status": status, "message": message, "details": details}}


RAI = "sensitive words that violate Google's Responsible AI practices. Support codes: 58061214"
REJECTED = [
    (400, google(400, "INVALID_ARGUMENT"), ErrorCode.INVALID_REQUEST),
    (400, google(400, "INVALID_ARGUMENT", RAI), ErrorCode.CONTENT_BLOCKED),
    (400, google(400, "INVALID_ARGUMENT", reason="API_KEY_INVALID"), ErrorCode.AUTH),
    (400, google(400, "INVALID_ARGUMENT", reason="RESOURCE_PROJECT_INVALID"), ErrorCode.PERMISSION),
    (400, google(400, "FAILED_PRECONDITION"), ErrorCode.PERMISSION),
    (401, google(401, "UNAUTHENTICATED", reason="ACCESS_TOKEN_EXPIRED"), ErrorCode.AUTH),
    (403, google(403, "PERMISSION_DENIED"), ErrorCode.PERMISSION),
    (403, google(403, "PERMISSION_DENIED", reason="SERVICE_DISABLED"), ErrorCode.PERMISSION),
    (403, google(403, "PERMISSION_DENIED", reason="BILLING_DISABLED"), ErrorCode.QUOTA_OR_BILLING),
    (404, google(404, "NOT_FOUND"), ErrorCode.MODEL_UNAVAILABLE),
    (409, google(409, "ABORTED"), ErrorCode.INVALID_REQUEST),
    (413, google(413, "X"), ErrorCode.INVALID_REQUEST),
    (429, google(429, "RESOURCE_EXHAUSTED"), ErrorCode.RATE_LIMITED),
    (
        429,
        google(429, "RESOURCE_EXHAUSTED", reason="RATE_LIMIT_EXCEEDED", quota_limit_value="50"),
        ErrorCode.RATE_LIMITED,
    ),
    (
        429,
        google(429, "RESOURCE_EXHAUSTED", reason="RATE_LIMIT_EXCEEDED", quota_limit_value="0"),
        ErrorCode.QUOTA_OR_BILLING,
    ),
    (503, google(503, "UNAVAILABLE"), ErrorCode.PROVIDER_TRANSIENT),
]


@pytest.mark.parametrize("shape", [BARE, ARRAY], ids=["bare", "array"])
@pytest.mark.parametrize(("status", "body", "code"), REJECTED)
def test_what_proves_that_nothing_was_accepted(
    status: int, body: Any, code: ErrorCode, shape: Callable[[Any], Any]
) -> None:
    content = json.dumps(shape(body)).encode()

    error = submit_error(httpx.Response(status), content)

    assert isinstance(error, SubmitRejectedError)
    assert error.code is code
    assert body["error"]["message"] in error.message


@pytest.mark.parametrize("status", [200, 204, 301, 307, 408, 499, 500, 501, 502, 504, 599])
def test_what_proves_nothing(status: int) -> None:
    body = json.dumps(google(status, "INTERNAL")).encode()

    assert isinstance(submit_error(httpx.Response(status), body), SubmitUnknownError)


def test_a_proxys_503_proves_nothing() -> None:
    for body in (b"<html>503</html>", b"", b"[]", b'"error"', b'{"error": "overloaded"}'):
        assert isinstance(submit_error(httpx.Response(503), body), SubmitUnknownError)


def test_a_refusal_in_html_is_a_refusal() -> None:
    error = submit_error(httpx.Response(413), b"<html>too large</html>")

    assert isinstance(error, SubmitRejectedError)
    assert error.code is ErrorCode.INVALID_REQUEST


def test_how_long_to_wait() -> None:
    asked = {"error": {"status": "RESOURCE_EXHAUSTED", "message": "", "details": [{"retryDelay": "12.5s"}]}}
    by_header = submit_error(httpx.Response(429, headers={"retry-after": "7"}), b"")
    by_body = submit_error(httpx.Response(429), json.dumps(asked).encode())
    neither = submit_error(httpx.Response(429, headers={"retry-after": "tomorrow"}), b"")

    waits = [e.retry_after for e in (by_header, by_body, neither) if isinstance(e, SubmitRejectedError)]
    assert waits == [7.0, 12.5, None]


@pytest.mark.parametrize(
    ("error", "never"),
    [
        (httpx.ConnectError("refused"), True),
        (httpx.ConnectTimeout("slow"), True),
        (httpx.PoolTimeout("busy"), True),
        (httpx.ProxyError("407"), True),
        (httpx.ReadTimeout("slow"), False),
        (httpx.WriteTimeout("slow"), False),
        (httpx.ReadError("reset"), False),
        (httpx.WriteError("broken pipe"), False),
        (httpx.RemoteProtocolError("closed"), False),
        (httpx.CloseError("odd"), False),
        (httpx.LocalProtocolError("odd"), False),
    ],
)
def test_what_never_left(error: httpx.HTTPError, never: bool) -> None:
    assert never_sent(error) is never


@pytest.mark.parametrize(
    ("grpc", "code"),
    [
        (1, ErrorCode.PROVIDER_FAILED),
        (2, ErrorCode.PROVIDER_FAILED),
        (3, ErrorCode.INVALID_REQUEST),
        (4, ErrorCode.PROVIDER_TRANSIENT),
        (5, ErrorCode.INVALID_REQUEST),
        (7, ErrorCode.PERMISSION),
        (8, ErrorCode.RATE_LIMITED),
        (9, ErrorCode.PERMISSION),
        (10, ErrorCode.PROVIDER_FAILED),
        (11, ErrorCode.INVALID_REQUEST),
        (12, ErrorCode.INVALID_REQUEST),
        (13, ErrorCode.PROVIDER_FAILED),
        (14, ErrorCode.PROVIDER_TRANSIENT),
        (16, ErrorCode.AUTH),
        (99, ErrorCode.PROVIDER_FAILED),
    ],
)
def test_the_end_of_an_operation(grpc: int, code: ErrorCode) -> None:
    error = operation_error(grpc, "Please try again.")

    assert error.code is code
    assert not error.cost
    assert not error.reasons
    assert "Please try again." in error.message


def test_a_block_is_a_block_whatever_its_number() -> None:
    text = "The video violates Google's usage guidelines. Support codes: 61493863, 56562880."

    error = operation_error(3, text)

    assert error.code is ErrorCode.CONTENT_BLOCKED
    assert error.reasons == ("61493863 violence", "56562880 violence")
    assert operation_error(13, text).code is ErrorCode.CONTENT_BLOCKED


def test_support_codes() -> None:
    assert reasons_of("Support codes: 58061214 and Support code: 1") == ("58061214 child", "1 unknown")
    assert reasons_of("nothing of the kind") == ()
    assert is_blocked("it has sensitive words in it")
    assert not is_blocked("Internal error 58061214")
    # "Responsible AI for Veo" lists this many.
    assert len(CATEGORIES) == 25


def test_a_poll_for_what_is_not_there_yet_passes() -> None:
    error = call_error(httpx.Response(404), json.dumps(google(404, "NOT_FOUND")).encode())

    assert error.code is ErrorCode.PROVIDER_TRANSIENT
    assert (error.raw or "").startswith("HTTP 404")


def test_tokens_never_get_into_an_error() -> None:
    body = b'{"error": {"message": "bad token ya29.secret-1 of Bearer secret-2", "status": "X"}}'

    for error in (submit_error(httpx.Response(401), body), call_error(httpx.Response(401), body)):
        assert "secret" not in f"{error.message} {error.raw}"
    assert len(raw_of(b"x" * 100_000)) == 2000


def test_a_body_that_is_odd_is_no_error_of_googles() -> None:
    for body in (b"", b"{", b"[]", b"[1]", b"null", b'{"error": null}', b'{"error": "text"}', b"\xff"):
        assert GoogleError.read(body) is None
