"""What an answer of Google means: which of our errors it is, and whether anything was accepted.

Sources: the error shape and its array-wrapped variant from google-genai's ``errors.py``; the codes from
"API errors" and "Responsible AI for Veo" on docs.cloud.google.com; which answers prove that a submit was
not accepted from ``docs/how-to/veo.md``, where the whole table stands.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from domain.failures import RULES, ErrorCode
from domain.provider import GenerationFailedError, ProviderError, SubmitRejectedError, SubmitUnknownError
from providers.retry_after import seconds

_LONGEST_RAW = 2000
_SECRET = re.compile(r"(ya29\.|Bearer\s+)\S+")
_SUPPORT = re.compile(r"[Ss]upport codes?:\s*((?:\d+[,\s]*)+)")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")
_RAI_WORDS = ("responsible ai", "usage guidelines", "sensitive words")
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 400, 401, 403, 404
_TIMEOUT, _TOO_MANY, _CLIENT_CLOSED, _UNAVAILABLE, _SERVER = 408, 429, 499, 503, 500

CATEGORIES: Mapping[str, str] = {
    code: category
    for category, codes in {
        "child": "58061214 17301594",
        "celebrity": "29310472 15236754",
        "video safety": "64151117 42237218",
        "dangerous": "62263041",
        "hate": "57734940 22137204",
        "sexual": "90789179 43188360",
        "violence": "61493863 56562880",
        "toxic": "78610348",
        "vulgar": "32635315",
        "prohibited": "89371032 49114662 63429089 72817394 60599140",
        "third-party content": "35561574 35561575",
        "other": "74803281 29578790 42876398",
    }.items()
    for code in codes.split()
}
"""Support codes, from "Responsible AI for Veo"."""

_GRPC: Mapping[int, ErrorCode] = {
    3: ErrorCode.INVALID_REQUEST,
    4: ErrorCode.PROVIDER_TRANSIENT,
    5: ErrorCode.INVALID_REQUEST,
    7: ErrorCode.PERMISSION,
    8: ErrorCode.RATE_LIMITED,
    9: ErrorCode.PERMISSION,
    11: ErrorCode.INVALID_REQUEST,
    12: ErrorCode.INVALID_REQUEST,
    14: ErrorCode.PROVIDER_TRANSIENT,
    16: ErrorCode.AUTH,
}
"""An operation's error carries gRPC's numbers, not HTTP's; what is not here is ``provider_failed``."""


@dataclass(frozen=True, slots=True)
class GoogleError:
    """The error in a body of Google's."""

    status: str
    message: str
    reasons: frozenset[str]
    """Of its ``ErrorInfo`` details."""
    quota: str | None
    """The limit that was exceeded, where it says."""
    retry_after: float | None

    @classmethod
    def read(cls, body: bytes) -> "GoogleError | None":
        """Give the error of a body, bare or in an array of one; ``None`` for anything else."""
        try:
            found = json.loads(body)
        except ValueError:
            return None
        if isinstance(found, list) and found:
            found = found[0]
        inner = found.get("error") if isinstance(found, dict) else None
        if not isinstance(inner, dict):
            return None
        details = [item for item in inner.get("details") or () if isinstance(item, dict)]
        limits = [str((item.get("metadata") or {}).get("quota_limit_value", "")) for item in details]
        waits = [_SECONDS.fullmatch(str(item.get("retryDelay", ""))) for item in details]
        return cls(
            status=str(inner.get("status", "")),
            message=str(inner.get("message", "")),
            reasons=frozenset(str(item["reason"]) for item in details if "reason" in item),
            quota=next(filter(None, limits), None),
            retry_after=next((float(wait[1]) for wait in waits if wait), None),
        )


def raw_of(body: bytes) -> str:
    """Give a body for an engineer: short, and without tokens."""
    return _SECRET.sub(r"\1…", body[:_LONGEST_RAW].decode(errors="replace"))


def reasons_of(text: str) -> tuple[str, ...]:
    """Give the support codes in Google's words, each with its category."""
    codes = [code for found in _SUPPORT.finditer(text) for code in re.findall(r"\d+", found[1])]
    return tuple(f"{code} {CATEGORIES.get(code, 'unknown')}" for code in codes)


def is_blocked(text: str) -> bool:
    """Tell whether Google's words are about its content rules."""
    return bool(reasons_of(text)) or any(words in text.lower() for words in _RAI_WORDS)


def code_of(status: int, error: GoogleError | None) -> ErrorCode:
    """Give our code for an HTTP status and the error in its body."""
    reasons = error.reasons if error else frozenset()
    if status == _BAD_REQUEST and error:
        return _bad_request(error)
    if status == _FORBIDDEN:
        return ErrorCode.QUOTA_OR_BILLING if "BILLING_DISABLED" in reasons else ErrorCode.PERMISSION
    if status == _TOO_MANY:
        # A new project may have no quota for the model at all, which no waiting mends.
        no_quota = error is not None and error.quota == "0"
        return ErrorCode.QUOTA_OR_BILLING if no_quota else ErrorCode.RATE_LIMITED
    if status >= _SERVER or status in {_TIMEOUT, _CLIENT_CLOSED}:
        return ErrorCode.PROVIDER_TRANSIENT
    other = {_UNAUTHORIZED: ErrorCode.AUTH, _NOT_FOUND: ErrorCode.MODEL_UNAVAILABLE}
    return other.get(status, ErrorCode.INVALID_REQUEST)


def _bad_request(error: GoogleError) -> ErrorCode:
    if is_blocked(error.message):
        return ErrorCode.CONTENT_BLOCKED
    if "API_KEY_INVALID" in error.reasons:
        return ErrorCode.AUTH
    if error.status == "FAILED_PRECONDITION" or "RESOURCE_PROJECT_INVALID" in error.reasons:
        return ErrorCode.PERMISSION
    return ErrorCode.INVALID_REQUEST


def submit_error(response: httpx.Response, body: bytes) -> SubmitRejectedError | SubmitUnknownError:
    """Say what a submit's answer without a result means; 2xx, too, which should have had one."""
    status, error, raw = response.status_code, GoogleError.read(body), raw_of(body)
    raw = f"HTTP {status} {raw}"
    proven = _BAD_REQUEST <= status < _SERVER and status not in {_TIMEOUT, _CLIENT_CLOSED}
    # A proxy's 503 may stand in front of a request that went through; Google's own says it did not.
    proven = proven or (status == _UNAVAILABLE and error is not None)
    if not proven:
        return SubmitUnknownError(raw=raw)
    code = code_of(status, error)
    return SubmitRejectedError(code, _sentence(code, error), raw=raw, retry_after=_wait(response, error))


def call_error(response: httpx.Response, body: bytes) -> ProviderError:
    """Say what the answer to any other call means."""
    status, error = response.status_code, GoogleError.read(body)
    # An operation may be unknown for a while after it was accepted; its model is not the question.
    code = ErrorCode.PROVIDER_TRANSIENT if status == _NOT_FOUND else code_of(status, error)
    raw = f"HTTP {status} {raw_of(body)}"
    return ProviderError(code, _sentence(code, error), raw=raw, retry_after=_wait(response, error))


def never_sent(error: httpx.HTTPError) -> bool:
    """Tell whether a request provably did not reach Google: no connection, or none for the request."""
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError)


def operation_error(code: int, message: str) -> GenerationFailedError:
    """Say what an operation that ended with an error means. Google charges for clips, not for errors."""
    found = ErrorCode.CONTENT_BLOCKED if is_blocked(message) else _GRPC.get(code, ErrorCode.PROVIDER_FAILED)
    raw = f"gRPC {code}: {raw_of(message.encode())}"
    sentence = f"{RULES[found].sentence} Google says: {raw_of(message.encode())}"
    return GenerationFailedError(found, sentence, raw=raw, reasons=reasons_of(message))


def _sentence(code: ErrorCode, error: GoogleError | None) -> str:
    said = raw_of(error.message.encode()) if error else ""
    return f"{RULES[code].sentence} Google says: {said}" if said else ""


def _wait(response: httpx.Response, error: GoogleError | None) -> float | None:
    """Give how long Google asked us to wait: in the header, or in a detail of its error."""
    wait = seconds(response.headers.get("retry-after"))
    return error.retry_after if wait is None and error else wait


def json_of(body: bytes) -> Any:
    """Read a 2xx body.

    Raises:
        ValueError: it is no JSON object.
    """
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError(f"{type(found).__name__} instead of an object")  # noqa: TRY004 # one error for every bad body
    return found
