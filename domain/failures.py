"""The one table of what can go wrong with a job and who tries again.

``docs/reference/errors.md`` is generated from it; ``tests/unit/test_failures.py`` walks it.
"""

from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable codes in ``video_generation_jobs.error_code`` and ``job_attempts.error_code``."""

    INVALID_REQUEST = "invalid_request"
    CONTENT_BLOCKED = "content_blocked"
    AUTH = "auth"
    PERMISSION = "permission"
    QUOTA_OR_BILLING = "quota_or_billing"
    RATE_LIMITED = "rate_limited"
    MODEL_UNAVAILABLE = "model_unavailable"
    PROVIDER_TRANSIENT = "provider_transient"
    PROVIDER_FAILED = "provider_failed"
    SUBMIT_UNKNOWN = "submit_unknown"
    RESULT_EXPIRED = "result_expired"
    RESULT_MISSING = "result_missing"
    DOWNLOAD_FAILED = "download_failed"
    STORAGE_FAILED = "storage_failed"
    CLIP_INVALID = "clip_invalid"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    CANCELLED = "cancelled"


class Retrier(StrEnum):
    """Who tries again after a failure."""

    ATTEMPT = "attempt"
    """Rushes submits once more after a pause; the job's retries are not touched."""
    JOB = "job"
    """The job is queued again with a back-off while ``attempt_count <= max_retries``."""
    STEP = "step"
    """Only the download or upload is repeated, until the provider's copy expires."""
    PERSON = "person"
    """Nobody by itself: a person, after changing something."""


@dataclass(frozen=True, slots=True)
class FailureRule:
    """What one error code means."""

    sentence: str
    """What a film maker reads."""
    at_submit: Retrier
    """Who retries when the provider refused the submit, provably accepting nothing."""
    at_generation: Retrier
    """Who retries when the provider accepted, and then failed."""
    pauses_provider: bool = False
    """Whether the fault is the provider's or the account's, not this job's: its queue is paused."""


_R = Retrier
RULES: dict[ErrorCode, FailureRule] = {
    ErrorCode.INVALID_REQUEST: FailureRule(
        "The provider cannot make this shot as it is described.", _R.PERSON, _R.PERSON
    ),
    ErrorCode.CONTENT_BLOCKED: FailureRule(
        "The provider's content rules blocked this shot. Rephrase the prompt or change the frame.",
        _R.PERSON,
        _R.PERSON,
    ),
    ErrorCode.AUTH: FailureRule(
        "The provider does not accept our credentials.", _R.ATTEMPT, _R.PERSON, pauses_provider=True
    ),
    ErrorCode.PERMISSION: FailureRule(
        "Our account may not use this at the provider.", _R.ATTEMPT, _R.PERSON, pauses_provider=True
    ),
    ErrorCode.QUOTA_OR_BILLING: FailureRule(
        "Our account at the provider is out of credits or quota.",
        _R.ATTEMPT,
        _R.PERSON,
        pauses_provider=True,
    ),
    ErrorCode.RATE_LIMITED: FailureRule(
        "The provider asked us to slow down.", _R.ATTEMPT, _R.JOB, pauses_provider=True
    ),
    ErrorCode.MODEL_UNAVAILABLE: FailureRule(
        "The provider does not offer this model any more.", _R.PERSON, _R.PERSON
    ),
    ErrorCode.PROVIDER_TRANSIENT: FailureRule(
        "The provider is having trouble.", _R.ATTEMPT, _R.JOB, pauses_provider=True
    ),
    ErrorCode.PROVIDER_FAILED: FailureRule("The provider could not finish this shot.", _R.ATTEMPT, _R.JOB),
    ErrorCode.SUBMIT_UNKNOWN: FailureRule(
        "The provider's answer was lost: it may have made and billed this shot. "
        "Trying again may pay twice, so a person decides.",
        _R.PERSON,
        _R.PERSON,
    ),
    ErrorCode.RESULT_EXPIRED: FailureRule(
        "The provider deleted the finished clip before it could be stored.", _R.PERSON, _R.PERSON
    ),
    ErrorCode.RESULT_MISSING: FailureRule(
        "The provider says the shot is done but has no clip for it.", _R.PERSON, _R.PERSON
    ),
    ErrorCode.DOWNLOAD_FAILED: FailureRule(
        "The finished clip could not be fetched from the provider.", _R.STEP, _R.STEP
    ),
    ErrorCode.STORAGE_FAILED: FailureRule(
        "The finished clip could not be written to storage.", _R.STEP, _R.STEP
    ),
    ErrorCode.CLIP_INVALID: FailureRule(
        "The provider's clip cannot be played or has the wrong length.", _R.PERSON, _R.PERSON
    ),
    ErrorCode.DEADLINE_EXCEEDED: FailureRule(
        "The provider did not finish within its longest generation time.", _R.PERSON, _R.PERSON
    ),
    ErrorCode.CANCELLED: FailureRule("Cancelled.", _R.PERSON, _R.PERSON),
}
"""One rule per code; complete by test."""
