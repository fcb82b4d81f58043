"""What the contract's tests stand on: a request, its attempt, and the steps of a generation."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from unittest import SkipTest
from uuid import uuid4

from PIL import Image

from domain.failures import ErrorCode
from domain.frames import Frame
from domain.provider import (
    Attempt,
    GenerationFailedError,
    Handle,
    NeverAccepted,
    Provider,
    ProviderError,
    Result,
)
from domain.requests import GenerationRequest
from domain.statuses import JobKind

LARGEST_CHUNK = 1024 * 1024
"""Bytes; an executor holds one chunk of each of its downloads at a time."""
LONGEST_HANDLE = 512
SUBMIT_CODES = frozenset(
    {
        ErrorCode.INVALID_REQUEST,
        ErrorCode.CONTENT_BLOCKED,
        ErrorCode.AUTH,
        ErrorCode.PERMISSION,
        ErrorCode.QUOTA_OR_BILLING,
        ErrorCode.RATE_LIMITED,
        ErrorCode.MODEL_UNAVAILABLE,
        ErrorCode.PROVIDER_TRANSIENT,
    }
)
_SIGNATURES = {
    "video/mp4": (4, b"ftyp"),
    "image/png": (0, b"\x89PNG\r\n"),
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "image/webp": (8, b"WEBP"),
}
_T = TypeVar("_T")


def a_frame(content_type: str) -> Frame:
    """Give a small picture as the executor reads it."""
    written = io.BytesIO()
    Image.new("RGB", (640, 360), "teal").save(written, format=content_type.removeprefix("image/"))
    return Frame.of(written.getvalue(), content_type, 640, 360)


async def error_of(asked: Awaitable[object]) -> ProviderError:
    """Give the error that ``asked`` raises; anything but a ``ProviderError`` breaks the contract."""
    try:
        answer = await asked
    except ProviderError as error:
        return error
    raise AssertionError(f"an error of the protocol was due, not {answer!r}")


async def download(provider: Provider, result: Result) -> bytes:
    """Give a result's bytes, having looked at the chunks that they came in."""
    received = bytearray()
    async with provider.open(result) as chunks:
        async for chunk in chunks:
            assert 0 < len(chunk) <= LARGEST_CHUNK, f"a chunk of {len(chunk)} bytes"
            received += chunk
    assert result.content_type in _SIGNATURES, result.content_type
    at, signature = _SIGNATURES[result.content_type]
    found = bytes(received[at : at + len(signature)])
    assert found == signature, f"{result.content_type} does not begin with {found!r}"
    return bytes(received)


def through_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give ``data`` as it comes back from the database."""
    again: dict[str, Any] = json.loads(json.dumps(dict(data)))
    assert again == dict(data), "JSON data survives JSON"
    return again


class Contract:
    """One provider under test."""

    patience = 60.0
    """Seconds that one generation may take."""

    def make(self) -> Provider:
        """Give a new provider; all of them use one account at one server, as processes do."""
        raise NotImplementedError

    def request(self, provider: Provider) -> GenerationRequest:
        """Give a request that succeeds, as cheap as can be."""
        model, capability = next(iter(provider.models.items()))
        shortest = min(capability.durations.only, default=capability.durations.shortest)
        request = GenerationRequest(
            job_id=uuid4(),
            project_id=uuid4(),
            scene_id=uuid4(),
            shot_id=uuid4(),
            kind=provider.kind,
            model=model,
            prompt="a lighthouse at dusk",
            duration_seconds=shortest if provider.kind is JobKind.VIDEO else None,
        )
        first = capability.resolutions[0] if capability.resolutions else None
        return request.with_defaults(aspect_ratio=capability.aspect_ratios[0], resolution=first)

    def scenario(self, provider: Provider, name: str) -> GenerationRequest:
        """Give a request for which a failure is played. Left alone, such tests are skipped.

        Names: ``rejected``, ``submit_unknown`` (accepted, answer lost), ``poll_error`` (once), ``failed``,
        ``blocked_late``, ``expired``, ``download_error`` (once). Raise ``SkipTest`` for any other.
        """
        raise SkipTest(f"{provider.name} plays no {name}")

    def attempt(self, provider: Provider, request: GenerationRequest) -> Attempt:
        """Give the first attempt of a request's job."""
        key = uuid4()
        return Attempt(
            id=key,
            job_id=request.job_id,
            number=1,
            provider=provider.name,
            model=request.model,
            request=request,
            landing=str(key),
        )

    def with_provider(self, check: Callable[[Provider], Awaitable[_T]]) -> _T:
        """Give a new provider, in a new event loop, to ``check``, and close it."""

        async def given() -> _T:
            provider = self.make()
            try:
                return await check(provider)
            finally:
                await provider.aclose()

        return asyncio.run(given())

    def play(self, name: str, check: Callable[[Provider, GenerationRequest], Awaitable[object]]) -> None:
        """Run ``check`` with the request of a scenario."""

        async def with_request(provider: Provider) -> None:
            await check(provider, self.scenario(provider, name))

        self.with_provider(with_request)

    async def finish(self, provider: Provider, handle: Handle) -> Result:
        """Poll until there is a result."""
        async with asyncio.timeout(self.patience):
            while True:
                answer = await provider.poll(handle)
                if isinstance(answer, Result):
                    return answer
                assert answer.progress is None or 0 <= answer.progress <= 100, answer.progress  # noqa: PLR2004 - per cent
                await asyncio.sleep(min(answer.wait or 0.1, 1.0))

    async def recover(self, provider: Provider, attempt: Attempt) -> Handle | Result | NeverAccepted:
        """Look for an attempt until there is an answer."""
        async with asyncio.timeout(self.patience):
            while True:
                found = await provider.recover(attempt)
                if found is not None:
                    return found
                await asyncio.sleep(0.1)

    async def ends_badly(self, provider: Provider, request: GenerationRequest) -> GenerationFailedError:
        """Generate, and give the failure that it ends with."""
        handle = await provider.submit(request, self.attempt(provider, request))
        error = await error_of(self.finish(provider, handle))
        assert isinstance(error, GenerationFailedError), repr(error)
        return error
