"""The provider's side of the mock: what a real provider's servers would decide, played from the script."""

from collections.abc import Mapping
from decimal import Decimal

from domain.capabilities import Capability
from domain.failures import ErrorCode
from domain.provider import (
    Attempt,
    GenerationFailedError,
    Handle,
    NeverAccepted,
    Pending,
    ProviderError,
    Recovered,
    ResultGoneError,
    SubmitRejectedError,
    SubmitUnknownError,
    frames_to_send,
)
from domain.requests import GenerationRequest
from providers.mock.ledger import Accepted, Fate, KeyState, Ledger
from providers.mock.script import Marker, Script, ScriptError, from_prompt

_REFUSALS = {
    Marker.REJECT: ErrorCode.PROVIDER_TRANSIENT,
    Marker.INVALID: ErrorCode.INVALID_REQUEST,
    Marker.BLOCKED: ErrorCode.CONTENT_BLOCKED,
    Marker.AUTH: ErrorCode.AUTH,
    Marker.PERMISSION: ErrorCode.PERMISSION,
    Marker.QUOTA: ErrorCode.QUOTA_OR_BILLING,
    Marker.MODEL_GONE: ErrorCode.MODEL_UNAVAILABLE,
}
_FATES = {Marker.FAIL: Fate.FAIL, Marker.BLOCKED_LATE: Fate.BLOCKED, Marker.NEVER: Fate.NEVER}
_GONE = {Marker.MISSING: ErrorCode.RESULT_MISSING, Marker.EXPIRED: ErrorCode.RESULT_EXPIRED}
_LONGEST_WAIT = 5.0
"""Seconds between polls at most, so that long generations show progress."""
_REASON = "scripted"


class MockServer:
    """Decides by the ledger. Belongs to one thread, as its ledger does."""

    def __init__(
        self, ledger: Ledger, models: Mapping[str, Capability], default: Script, delay: tuple[float, float]
    ) -> None:
        self.ledger = ledger
        self._models = models
        self._default = default
        self._delay = delay

    def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """Accept or refuse, in one step with all counting.

        Raises:
            SubmitRejectedError: nothing was accepted.
            SubmitUnknownError: scripted.
        """
        script = self._script(request)
        capability = self._checked(request)
        frames = frames_to_send(request).values()
        with self.ledger.turn():
            answer = self._answer(request, attempt, script, capability)
            for frame in frames:
                self.ledger.keep_frame(frame)
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    def _script(self, request: GenerationRequest) -> Script:
        try:
            return from_prompt(request.prompt).over(self._default)
        except ScriptError as error:
            raise SubmitRejectedError(ErrorCode.INVALID_REQUEST, error.message) from error

    def _checked(self, request: GenerationRequest) -> Capability:
        capability = self._models.get(request.model)
        if capability is None:
            raise SubmitRejectedError(
                ErrorCode.MODEL_UNAVAILABLE,
                f"the mock has no model {request.model!r}; it has {', '.join(self._models)}",
            )
        problems = capability.problems(request)
        if problems:
            raise SubmitRejectedError(ErrorCode.INVALID_REQUEST, "; ".join(map(str, problems)))
        return capability

    def _answer(
        self, request: GenerationRequest, attempt: Attempt, script: Script, capability: Capability
    ) -> Handle | ProviderError:
        if self.ledger.key(attempt.id) is KeyState.CLOSED:
            return SubmitRejectedError(ErrorCode.INVALID_REQUEST, "this attempt was given up before it came")
        refusal = self._refusal(attempt, script)
        if refusal:
            return refusal
        if self._plays(Marker.SUBMIT_LOST, attempt, script):
            self.ledger.set_key(attempt.id, KeyState.LOST)
            return SubmitUnknownError(raw="scripted: not accepted, and the answer is lost")
        fate = next((f for m, f in _FATES.items() if self._plays(m, attempt, script)), Fate.SUCCESS)
        # Real providers bill what they made or refused to show; what broke on their side is free.
        cost = Decimal(0) if fate is Fate.FAIL else capability.quote(request)
        handle = self.ledger.accept(attempt, script, fate, cost=cost, delay=self._seconds(attempt, script))
        if self._plays(Marker.SUBMIT_UNKNOWN, attempt, script):
            return SubmitUnknownError(raw="scripted: accepted, and the answer is lost")
        return Handle(handle)

    def _plays(self, marker: Marker, attempt: Attempt, script: Script) -> bool:
        return marker in script and self.ledger.plays(attempt.job_id, marker, script.limit(marker))

    def _refusal(self, attempt: Attempt, script: Script) -> ProviderError | None:
        seconds = script.seconds(Marker.RATE_LIMITED)
        if seconds is not None:
            left = seconds - self.ledger.seconds_since_first(attempt.job_id, Marker.RATE_LIMITED)
            if left > 0:
                return SubmitRejectedError(ErrorCode.RATE_LIMITED, raw=_REASON, retry_after=left)
        for marker, code in _REFUSALS.items():
            if self._plays(marker, attempt, script):
                return SubmitRejectedError(code, raw=_REASON)
        return None

    def _seconds(self, attempt: Attempt, script: Script) -> float:
        scripted = script.seconds(Marker.DELAY)
        if scripted is not None:
            return scripted
        shortest, longest = self._delay
        # The key is random already: every attempt has its own pace, the same each time it is asked.
        return shortest + (longest - shortest) * (attempt.id.int % 1009) / 1008

    def poll(self, handle: Handle) -> Pending | Accepted:
        """Tell how a generation stands.

        Raises:
            GenerationFailedError: it ended without a result, or was never accepted.
            ProviderError: scripted, and passing.
        """
        row = self.ledger.find(handle.id)
        if row is None:
            raise GenerationFailedError(
                ErrorCode.RESULT_MISSING, f"the mock's books ({self.ledger.path}) do not know this generation"
            )
        if self._plays_once(Marker.POLL_ERROR, row):
            raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, raw=_REASON)
        left = row.ready_at - self.ledger.now()
        if left > 0 or row.fate is Fate.NEVER:
            return _pending(row, left)
        if row.fate is Fate.FAIL:
            raise GenerationFailedError(ErrorCode.PROVIDER_FAILED, raw=_REASON)
        if row.fate is Fate.BLOCKED:
            raise GenerationFailedError(
                ErrorCode.CONTENT_BLOCKED, raw=_REASON, cost=row.cost, reasons=(_REASON,)
            )
        return row

    def _plays_once(self, marker: Marker, row: Accepted) -> bool:
        if marker not in row.script:
            return False
        with self.ledger.turn():
            return self.ledger.plays(row.handle_id, marker, row.script.limit(marker))

    def download(self, handle_id: str) -> tuple[Accepted, frozenset[Marker]]:
        """Give what to render, its frames with it, and the failures due in this download.

        Raises:
            ResultGoneError: scripted, or the generation is unknown.
        """
        row = self.ledger.find(handle_id)
        if row is None:
            raise ResultGoneError(ErrorCode.RESULT_MISSING)
        for marker, code in _GONE.items():
            if self._plays_once(marker, row):
                raise ResultGoneError(code, raw=_REASON)
        faults = (Marker.DOWNLOAD_ERROR, Marker.TRUNCATED, Marker.WRONG_DURATION)
        return self.ledger.with_frames(row), frozenset(
            marker for marker in faults if self._plays_once(marker, row)
        )

    def cancel(self, handle: Handle) -> None:
        """Note it; the mock finishes and bills all the same, as the real ones do."""
        self.ledger.cancel(handle.id)

    def recover(self, attempt: Attempt) -> Recovered:
        """Find an attempt's generation, or close its key so that there can never be one."""
        with self.ledger.turn():
            row = self.ledger.of_attempt(attempt.id)
            if row is not None:
                return Handle(row.handle_id)
            if self.ledger.key(attempt.id) is KeyState.LOST:
                return None
            self.ledger.set_key(attempt.id, KeyState.CLOSED)
            return NeverAccepted()


def _pending(row: Accepted, left: float) -> Pending:
    whole = max(row.ready_at - row.accepted_at, 0.001)
    progress = min(99, max(0, round(100 * (1 - left / whole))))
    # A clock that was set back must not make anybody wait for hours.
    return Pending(progress=progress, wait=_LONGEST_WAIT if left <= 0 else min(left, _LONGEST_WAIT))
