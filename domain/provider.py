"""What a provider is: a small protocol, split where a crash can fall, and the errors it may raise.

The executor commits an ``Attempt`` with state ``intent``, calls ``submit`` once, commits the handle,
calls ``poll`` until there is a result, and streams it with ``open``. After a crash it carries on from
what is committed. ``generate_video`` in ``providers.generate`` composes the same calls for one-off use.

Errors::

    ProviderError
    ├── SubmitRejectedError     proven not accepted: nothing runs, nothing was paid
    ├── SubmitUnknownError      the answer was lost: never re-submitted by itself
    ├── GenerationFailedError   accepted, then failed
    └── ResultGoneError         finished, but the provider no longer has it

Whatever else ``submit`` raises counts as unknown, whatever else ``poll`` raises as a passing fault of
the poll, and whatever else ``open`` raises as a failed download. An adapter translates; it never retries
a submit.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, Self
from uuid import UUID

from domain.capabilities import Capability
from domain.errors import RushesError
from domain.failures import RULES, ErrorCode
from domain.frames import Frame
from domain.requests import GenerationRequest
from domain.statuses import JobKind


class ProviderError(RushesError):
    """The provider refused or failed."""

    def __init__(
        self, code: ErrorCode, message: str = "", *, raw: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message or RULES[code].sentence)
        self.code = code
        self.raw = raw
        """The provider's own answer, for an engineer; redacted of secrets."""
        self.retry_after = retry_after
        """Seconds the provider asked us to wait, if it said."""


class SubmitRejectedError(ProviderError):
    """The provider provably accepted nothing.

    Codes: ``invalid_request``, ``content_blocked``, ``auth``, ``permission``, ``quota_or_billing``,
    ``rate_limited``, ``model_unavailable``, ``provider_transient``.
    """


class SubmitUnknownError(ProviderError):
    """The answer to the submit was lost."""

    def __init__(self, message: str = "", *, raw: str | None = None) -> None:
        super().__init__(ErrorCode.SUBMIT_UNKNOWN, message, raw=raw)


class GenerationFailedError(ProviderError):
    """The provider accepted the request and then reported its end without a result."""

    def __init__(
        self,
        code: ErrorCode,
        message: str = "",
        *,
        raw: str | None = None,
        cost: Decimal = Decimal(0),
        reasons: tuple[str, ...] = (),
    ) -> None:
        super().__init__(code, message, raw=raw)
        self.cost = cost
        """What the provider charges for the failure, USD."""
        self.reasons = reasons


class ResultGoneError(ProviderError):
    """The result cannot be had any more (``result_expired`` or ``result_missing``)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One submission, as committed before it is made."""

    id: UUID
    """Also the idempotency key, for providers that take one."""
    job_id: UUID
    number: int
    """1 for a job's first submission, then 2, 3, …"""
    provider: str
    model: str
    request: GenerationRequest
    landing: str
    """Name under which the result lands at the provider, unique to the attempt; ``recover`` looks for it."""
    estimated_cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Handle:
    """The provider's name for a running generation; opaque and serialisable."""

    id: str
    """At most 512 characters; stored in ``provider_job_id``."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """JSON object with whatever else is needed to poll after a restart."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The generation is still running."""

    progress: int | None = None
    """0–100 where the provider says."""
    wait: float | None = None
    """Seconds until the next poll makes sense, where the provider knows."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished generation, still at the provider; serialisable, so that only the download is repeated."""

    data: Mapping[str, Any]
    """JSON object from which ``open`` finds the bytes."""
    content_type: str = "video/mp4"
    actual_cost: Decimal | None = None
    """USD where the provider reports it; otherwise the estimate stands."""

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object that ``from_json`` reads back."""
        cost = None if self.actual_cost is None else str(self.actual_cost)
        return {"data": dict(self.data), "content_type": self.content_type, "actual_cost": cost}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote."""
        cost = data.get("actual_cost")
        return cls(data["data"], data["content_type"], None if cost is None else Decimal(str(cost)))


@dataclass(frozen=True, slots=True)
class NeverAccepted:
    """``recover`` guarantees that this attempt was not accepted and, from now on, cannot be.

    Only a provider that can close an idempotency key may say so; the job is then queued again.
    """


Recovered = Handle | Result | NeverAccepted | None
"""What ``recover`` found; ``None`` means nothing yet, which proves nothing."""


class Provider(Protocol):
    """Something that generates clips or images. Shared by a process's jobs; no method blocks the loop."""

    name: str
    kind: JobKind
    models: Mapping[str, Capability]
    """Abilities by model id; the first is the default."""

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """Ask for one generation with exactly one POST, never retried.

        ``request`` has its frames read; the attempt's own request has what is kept of them.

        Raises:
            SubmitRejectedError: provably nothing was accepted.
            SubmitUnknownError: it may have been.
        """
        ...

    async def poll(self, handle: Handle) -> Pending | Result:
        """Ask once how it stands.

        Raises:
            GenerationFailedError: it ended without a result.
        """
        ...

    def open(self, result: Result) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream the result's bytes in chunks; memory stays constant.

        Raises:
            ResultGoneError: on entry or while streaming, when it cannot be had any more.
        """
        ...

    async def cancel(self, handle: Handle) -> None:
        """Ask the provider to stop where it can; it may finish and bill all the same."""
        ...

    async def recover(self, attempt: Attempt) -> Recovered:
        """Look for what became of a submission whose answer was lost."""
        ...

    async def check(self) -> str:
        """Check credentials and reach without spending; give a line for ``doctor``.

        Raises:
            ProviderError: what is wrong and, after a semicolon, how to mend it. ``auth`` where the provider
                does not accept our credentials, which stops the start of an executor that it was chosen for.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


def frames_to_send(request: GenerationRequest) -> Mapping[str, Frame]:
    """Give the frames of a request by field, for an adapter to encode.

    Raises:
        SubmitRejectedError: one was given as an address that nobody read.
    """
    frames = {name: frame for name, frame in request.frames.items() if frame is not None}
    if unread := [name for name in request.frames if name not in frames or not _is_there(frames[name])]:
        message = f"{' and '.join(unread)}: the picture was not read before the submit"
        raise SubmitRejectedError(ErrorCode.INVALID_REQUEST, message)
    return frames


def _is_there(frame: Frame) -> bool:
    return bool(frame.content or frame.address)
