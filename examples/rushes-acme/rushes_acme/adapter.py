"""Acme as a provider: one POST that is never repeated, and what each answer proves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx

from domain.capabilities import Capability, Seconds
from domain.failures import ErrorCode
from domain.provider import (
    Attempt,
    GenerationFailedError,
    Handle,
    Pending,
    ProviderError,
    Recovered,
    Result,
    ResultGoneError,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.requests import GenerationRequest
from domain.statuses import JobKind

MODELS: Mapping[str, Capability] = {
    "acme-1": Capability(
        kind=JobKind.VIDEO,
        durations=Seconds(shortest=1, longest=10),
        aspect_ratios=("16:9", "9:16"),
        price_per_second={"720p": Decimal("0.05")},
        typical_seconds=20,
        longest_seconds=600,
    )
}
_REFUSED = {
    400: ErrorCode.INVALID_REQUEST,
    401: ErrorCode.AUTH,
    402: ErrorCode.QUOTA_OR_BILLING,
    403: ErrorCode.PERMISSION,
    404: ErrorCode.MODEL_UNAVAILABLE,
    429: ErrorCode.RATE_LIMITED,
}
"""Statuses of a submit by which Acme says that it accepted nothing; any other proves nothing."""
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_MENDS = {
    ErrorCode.AUTH: "Acme does not accept ACME_API_KEY; make a new key",
    ErrorCode.QUOTA_OR_BILLING: "the account at Acme is empty; pay in",
}


class AcmeVideos:
    """Clips of 1 to 10 s. Owns its connections."""

    def __init__(self, base_url: str, key: str) -> None:
        self.name = "acme"
        self.kind = JobKind.VIDEO
        self.models = MODELS
        headers = {"authorization": f"Bearer {key}"}
        self._asks = httpx.AsyncClient(base_url=base_url, headers=headers, timeout=30.0)
        # Rule 1: a kept connection may just have been closed at the other end, and a POST into it is lost.
        self._submits = httpx.AsyncClient(
            base_url=base_url,
            headers=headers,
            timeout=100.0,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """Ask for one clip with one POST."""
        able = self.models.get(request.model)
        if able is None:
            raise SubmitRejectedError(ErrorCode.MODEL_UNAVAILABLE, f"acme has no model {request.model!r}")
        if problems := able.problems(request):
            raise SubmitRejectedError(ErrorCode.INVALID_REQUEST, "; ".join(map(str, problems)))
        body = {
            "prompt": request.prompt,
            "seconds": request.duration_seconds,
            "aspect_ratio": request.aspect_ratio,
            # Rule 3: what was committed before the POST, so that its clip can be found again.
            "reference": str(attempt.id),
        }
        try:
            answer = await self._submits.post("/clips", json=body)
        except _NEVER_SENT as error:
            raise SubmitRejectedError(ErrorCode.PROVIDER_TRANSIENT, raw=repr(error)) from error
        except httpx.HTTPError as error:
            raise SubmitUnknownError(raw=repr(error)) from error
        if answer.status_code in _REFUSED:
            raise SubmitRejectedError(_REFUSED[answer.status_code], raw=answer.text)
        try:
            return Handle(str(answer.raise_for_status().json()["id"]))
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            # Rule 2: a 500, or a 201 that cannot be read, may stand for a clip that is being made.
            raise SubmitUnknownError(raw=answer.text) from error

    async def poll(self, handle: Handle) -> Pending | Result:
        """Ask once how a clip stands."""
        said = await self._asked(f"/clips/{handle.id}")
        cost = Decimal(str(said.get("cost", 0)))
        match said.get("state"):
            case "done":
                return Result({"id": handle.id}, actual_cost=cost)
            case "blocked":
                raise GenerationFailedError(ErrorCode.CONTENT_BLOCKED, cost=cost, raw=str(said))
            case "failed":
                raise GenerationFailedError(ErrorCode.PROVIDER_FAILED, cost=cost, raw=str(said))
        return Pending(said.get("percent"))

    async def _asked(self, path: str, **query: str) -> dict[str, Any]:
        """Give an answer's JSON; rule 4: whatever else comes is a question to be asked again."""
        try:
            answer = (await self._asks.get(path, params=query)).raise_for_status()
            found: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, raw=repr(error)) from error
        return found

    @asynccontextmanager
    async def open(self, result: Result) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream a clip."""
        try:
            async with self._asks.stream("GET", f"/clips/{result.data['id']}/file") as answer:
                if answer.status_code in {404, 410}:
                    raise ResultGoneError(ErrorCode.RESULT_EXPIRED)
                answer.raise_for_status()
                yield answer.aiter_bytes(256 * 1024)
        except httpx.HTTPError as error:
            raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw=repr(error)) from error

    async def cancel(self, handle: Handle) -> None:
        """Do nothing: Acme cannot stop a clip."""

    async def recover(self, attempt: Attempt) -> Recovered:
        """Look for the clip that has the attempt's reference. None yet proves nothing: it may still come."""
        found = (await self._asked("/clips", reference=str(attempt.id))).get("data") or []
        return Handle(str(found[0]["id"])) if found else None

    async def check(self) -> str:
        """Ask Acme who we are, which is free."""
        try:
            answer = await self._asks.get("/me")
        except httpx.HTTPError as error:
            away = f"{self._asks.base_url} cannot be reached; look at the network and ACME_BASE_URL"
            raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, away, raw=repr(error)) from error
        if answer.is_error:
            code = _REFUSED.get(answer.status_code, ErrorCode.PROVIDER_TRANSIENT)
            raise ProviderError(code, _MENDS.get(code, ""), raw=answer.text)
        return f"{self._asks.base_url} accepts the key"

    async def aclose(self) -> None:
        """Close connections."""
        await self._submits.aclose()
        await self._asks.aclose()
