"""xAI's errors in our words.

Its bodies come in six shapes, its codes in two spellings, and a wrong key is a 400 (xAI's REST reference and
public reports, 2026), so the text decides where the status does not.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.failures import ErrorCode

_LONGEST_RAW = 2_000
_BODY_OF_A_FRAME = re.compile(r"data:[\w/+.-]*;base64,[A-Za-z0-9+/=]{32,}")
_SIGNED = re.compile(r"(X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s\"\\]+")
_KEYS = re.compile(r"\bxai-[A-Za-z0-9_-]{8,}")
_CREDITS = re.compile(
    r"used all available credits|monthly spending limit|insufficient (credits|balance)", re.IGNORECASE
)
_KEY = re.compile(r"incorrect api key|invalid api key|no credentials|unauthenticated", re.IGNORECASE)
_CONTENT = re.compile(
    r"moderat|safety_check|usage (guidelines|polic)|content (polic|violat)"
    r"|violates .{0,40}(polic|guideline)",
    re.IGNORECASE,
)
_CHECKS = re.compile(r"SAFETY_CHECK_TYPE_[A-Z_]+")
_RETENTION = re.compile(r"zero data retention", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """What an error body says, whatever its shape."""

    code: str
    message: str

    @property
    def text(self) -> str:
        """Code and message, for looking words up."""
        return f"{self.code} {self.message}"

    @property
    def about_credits(self) -> bool:
        """Whether the account is empty or at its limit."""
        return bool(_CREDITS.search(self.text))

    @property
    def about_key(self) -> bool:
        """Whether the key is the trouble."""
        return bool(_KEY.search(self.text))

    @property
    def about_content(self) -> bool:
        """Whether the content rules are."""
        return bool(_CONTENT.search(self.text))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The checks that the content failed, where they are named."""
        return tuple(dict.fromkeys(_CHECKS.findall(self.text)))


def read(body: str | bytes) -> Said:
    """Read an error body of any shape."""
    try:
        found = json.loads(body)
    except ValueError:
        return Said("", body.decode(errors="replace") if isinstance(body, bytes) else body)
    return said(found)


def said(found: Any) -> Said:
    """Read an error that is JSON already: a pair, an object within ``error``, or a bare string."""
    if not isinstance(found, Mapping):
        return Said("", found if isinstance(found, str) else "")
    inner = found.get("error")
    if isinstance(inner, Mapping):
        return Said(_text(inner.get("code") or inner.get("type")), _text(inner.get("message")))
    return Said(_text(found.get("code")), _text(inner) or _text(found.get("message")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_BY_STATUS = {
    400: ErrorCode.INVALID_REQUEST,
    401: ErrorCode.AUTH,
    402: ErrorCode.QUOTA_OR_BILLING,
    403: ErrorCode.PERMISSION,
    404: ErrorCode.MODEL_UNAVAILABLE,
    405: ErrorCode.INVALID_REQUEST,
    413: ErrorCode.INVALID_REQUEST,
    415: ErrorCode.INVALID_REQUEST,
    422: ErrorCode.INVALID_REQUEST,
    429: ErrorCode.RATE_LIMITED,
}
"""Statuses that xAI answers with before a job exists (its guide); every other one proves nothing."""


def refusal_code(status: int, error: Said) -> ErrorCode | None:
    """Say why a request was refused, or ``None`` where that status does not prove that it was."""
    code = _BY_STATUS.get(status)
    if code is None:
        return None
    if error.about_credits:
        return ErrorCode.QUOTA_OR_BILLING
    if status in {400, 401, 403} and error.about_key:
        return ErrorCode.AUTH
    if status in {400, 403, 422} and error.about_content:
        return ErrorCode.CONTENT_BLOCKED
    return code


def advice(code: ErrorCode, error: Said) -> str:
    """Give a sentence for a person where there is a better one than the code's own."""
    if _RETENTION.search(error.text):
        return "This xAI team retains no data, and needs an upload address; set XAI_UPLOAD_URI."
    if code is ErrorCode.INVALID_REQUEST and error.message:
        return f"xAI cannot make this: {cleaned(error.message)[:300]}"
    return ""


_FAILURES = {
    "invalid_argument": ErrorCode.INVALID_REQUEST,
    "failed_precondition": ErrorCode.INVALID_REQUEST,
    "permission_denied": ErrorCode.PERMISSION,
    "service_unavailable": ErrorCode.PROVIDER_TRANSIENT,
    "internal_error": ErrorCode.PROVIDER_FAILED,
}


def failure_code(error: Said) -> ErrorCode:
    """Say why an accepted generation failed: xAI's guide has five codes, and the text may tell more."""
    if error.about_content:
        return ErrorCode.CONTENT_BLOCKED
    if error.about_credits:
        return ErrorCode.QUOTA_OR_BILLING
    return _FAILURES.get(error.code.lower().replace("-", "_"), ErrorCode.PROVIDER_FAILED)


def cleaned(text: str, key: str = "") -> str:
    """Take keys, signatures and the bodies of frames out of a text, and shorten it."""
    text = text.replace(key, "***") if key else text
    text = _SIGNED.sub(r"\1***", _BODY_OF_A_FRAME.sub("data:***", _KEYS.sub("***", text)))
    return text[:_LONGEST_RAW]
