"""What the answer to a poll means."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import httpx
import structlog
from pydantic import ValidationError

from domain.failures import ErrorCode
from domain.provider import GenerationFailedError, Pending, ProviderError, Result
from domain.statuses import JobKind
from providers.grok.client import XaiClient
from providers.grok.errors import Said, advice, failure_code, refusal_code, said
from providers.grok.schemas import VideoStatus
from providers.grok.store import result_of, uploaded
from providers.retry_after import seconds

_ANSWERS = frozenset({httpx.codes.OK, httpx.codes.ACCEPTED})
_RUNNING = frozenset({"pending", "queued", "processing", "in_progress"})
_ABOUT_THE_ACCOUNT = frozenset(
    {ErrorCode.AUTH, ErrorCode.PERMISSION, ErrorCode.QUOTA_OR_BILLING, ErrorCode.RATE_LIMITED}
)
"""A key that was changed says nothing about a clip that is paid for: such a poll is made again."""
_WHOLE = 100

log = structlog.get_logger(__name__)


class Interpreter:
    """Reads the answers of ``GET /v1/videos/{id}``, but for a 404, which takes more than the answer."""

    def __init__(self, xai: XaiClient, clock: Callable[[], float]) -> None:
        self._xai = xai
        self._clock = clock

    def read(self, answer: httpx.Response, quote: Decimal, upload: str | None = None) -> Pending | Result:
        """Tell how a generation stands; ``upload`` is where in our bucket xAI was asked to put it.

        Raises:
            GenerationFailedError: it is over, without a result.
            ProviderError: this answer says nothing.
        """
        if answer.status_code not in _ANSWERS:
            self._refused(answer, quote)
        status = self._parsed(answer)
        if answer.status_code == httpx.codes.ACCEPTED and (status is None or not status.status):
            return _pending(status)  # its body may be empty (seen by several clients), or anything
        if status is None:
            raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, raw=self._xai.clean(answer.text))
        return self._state(status, self._xai.clean(answer.text), quote, upload)

    def _state(self, status: VideoStatus, raw: str, quote: Decimal, upload: str | None) -> Pending | Result:
        if status.status == "failed":
            raise _failure(said({"error": status.error}), status, quote, raw)
        if status.status == "expired":
            raise GenerationFailedError(
                ErrorCode.RESULT_EXPIRED, raw=raw, cost=status.usage.cost or Decimal(0)
            )
        # Some answers had no status but a video (AI SDK's xAI provider treats them as done).
        if status.status == "done" or (not status.status and status.video.is_there):
            return self._done(status, raw, quote, upload)
        if not status.status and status.error:
            self._odd_error(status, raw, quote)
        if status.status not in _RUNNING:
            log.warning("xAI names an unknown status", action="grok_odd_status", status=status.status[:80])
        return _pending(status)

    def _odd_error(self, status: VideoStatus, raw: str, quote: Decimal) -> None:
        """Raise for an error without a status: the end where content rules say so, otherwise nothing."""
        error = said({"error": status.error})
        if error.about_content:
            raise _failure(error, status, quote, raw)
        raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, raw=raw)

    def _done(self, status: VideoStatus, raw: str, quote: Decimal, upload: str | None) -> Result:
        cost = status.usage.cost
        charged = quote if cost is None else cost
        if status.video.blocked:
            # Policy-violating generations are charged (xAI's pricing page).
            raise GenerationFailedError(
                ErrorCode.CONTENT_BLOCKED, raw=raw, cost=charged, reasons=("respect_moderation",)
            )
        if upload is not None:
            return uploaded(upload, self._clock(), cost)
        if not status.video.is_there:
            raise GenerationFailedError(ErrorCode.RESULT_MISSING, raw=raw, cost=charged)
        return result_of(status.video, JobKind.VIDEO, self._clock(), cost)

    def _parsed(self, answer: httpx.Response) -> VideoStatus | None:
        try:
            return VideoStatus.model_validate_json(answer.content)
        except ValidationError:
            return None

    def _refused(self, answer: httpx.Response, quote: Decimal) -> None:
        """Raise for a status that is an error; a bad input that the submit let in comes as a 400."""
        found, raw = self._xai.error(answer)
        code = refusal_code(answer.status_code, found)
        if code is None or code in _ABOUT_THE_ACCOUNT:
            wait = seconds(answer.headers.get("retry-after"))
            raise ProviderError(code or ErrorCode.PROVIDER_TRANSIENT, raw=raw, retry_after=wait)
        cost = quote if code is ErrorCode.CONTENT_BLOCKED else Decimal(0)
        raise GenerationFailedError(code, advice(code, found), raw=raw, cost=cost, reasons=found.reasons)


def _pending(status: VideoStatus | None) -> Pending:
    progress = None if status is None else status.progress
    return Pending(progress if progress is None else min(progress, _WHOLE))


def _failure(error: Said, status: VideoStatus, quote: Decimal, raw: str) -> GenerationFailedError:
    code, cost = failure_code(error), status.usage.cost
    if cost is None:
        cost = quote if code is ErrorCode.CONTENT_BLOCKED else Decimal(0)
    return GenerationFailedError(code, advice(code, error), raw=raw, cost=cost, reasons=error.reasons)


def quoted(data: Mapping[str, Any]) -> Decimal:
    """Give the quote that a handle carries."""
    return Decimal(str(data.get("quote", "0")))
