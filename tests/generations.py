"""Requests, attempts and the steps of a generation, for tests of providers."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from domain.provider import Attempt, Handle, Provider, Result
from domain.requests import GenerationRequest
from domain.statuses import JobKind


def a_request(prompt: str = "a lighthouse", **changes: Any) -> GenerationRequest:
    """Give a request for the smallest clip of the mock, or with ``kind`` for an image."""
    kind = changes.pop("kind", JobKind.VIDEO)
    values: dict[str, Any] = {
        "job_id": uuid4(),
        "project_id": uuid4(),
        "scene_id": uuid4(),
        "shot_id": uuid4(),
        "model": "mock-1" if kind is JobKind.VIDEO else "mock-image-1",
        "duration_seconds": 0.5 if kind is JobKind.VIDEO else None,
        "aspect_ratio": "1:1",
        "resolution": "480p",
        "project_title": "The Keeper",
        "scene_title": "Storm",
        "shot_label": "1A",
    }
    return GenerationRequest(kind=kind, prompt=prompt, **(values | changes))


def an_attempt(request: GenerationRequest, number: int = 1, key: UUID | None = None) -> Attempt:
    """Give an attempt of a request's job."""
    key = key or uuid4()
    return Attempt(
        id=key,
        job_id=request.job_id,
        number=number,
        provider="mock",
        model=request.model,
        request=request,
        landing=str(key),
    )


async def submitted(provider: Provider, request: GenerationRequest) -> Handle:
    """Submit a new attempt."""
    return await provider.submit(request, an_attempt(request))


async def finished(provider: Provider, handle: Handle) -> Result:
    """Poll until there is a result."""
    async with asyncio.timeout(20):
        while True:
            answer = await provider.poll(handle)
            if isinstance(answer, Result):
                return answer
            await asyncio.sleep(min(answer.wait or 0, 0.05))


async def downloaded(provider: Provider, result: Result) -> bytes:
    """Give all bytes of a result."""
    async with provider.open(result) as chunks:
        return b"".join([chunk async for chunk in chunks])
