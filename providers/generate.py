"""Make one clip or image with a provider, without a database: for scripts and for trying a provider."""

import asyncio
from pathlib import Path
from uuid import uuid4

from domain.clock import boot_time
from domain.errors import InvalidRequestError, Problem
from domain.failures import ErrorCode
from domain.provider import (
    Attempt,
    GenerationFailedError,
    Handle,
    NeverAccepted,
    Pending,
    Provider,
    ProviderError,
    Result,
    SubmitUnknownError,
)
from domain.requests import GenerationRequest

_WAIT = 5.0
"""Seconds between polls where the provider does not say."""
_FEWEST_SECONDS = 0.05


async def generate_video(provider: Provider, request: GenerationRequest, into: Path) -> Path:
    """Generate ``request`` and write the result to ``into``, which is replaced only by a whole one.

    Submits once. An answer that was lost is looked for once with ``recover``; a poll that fails is made
    again until the model's longest time is over; a download that fails is not repeated. Cancelling it
    asks the provider to stop.

    Raises:
        InvalidRequestError: the model cannot make this; nothing was asked of the provider.
        ProviderError: refused, unknown, failed or too late.
    """
    capability = provider.models.get(request.model)
    if capability is None:
        known = f"{provider.name} offers {', '.join(provider.models)}"
        raise InvalidRequestError([Problem("model", request.model, known)])
    problems = capability.problems(request)
    if problems:
        raise InvalidRequestError(problems)
    submitted = await _submit(provider, _attempt(provider, request))
    result = (
        submitted
        if isinstance(submitted, Result)
        else await _finish(provider, submitted, boot_time() + capability.longest_seconds)
    )
    await _download(provider, result, into)
    return into


def _attempt(provider: Provider, request: GenerationRequest) -> Attempt:
    key = uuid4()
    return Attempt(
        id=key,
        job_id=request.job_id,
        number=1,
        provider=provider.name,
        model=request.model,
        request=request,
        landing=str(key),
        estimated_cost=provider.models[request.model].quote(request),
    )


async def _submit(provider: Provider, attempt: Attempt) -> Handle | Result:
    try:
        return await provider.submit(attempt.request, attempt)
    except SubmitUnknownError:
        found = await provider.recover(attempt)
        if found is None or isinstance(found, NeverAccepted):
            raise
        return found


async def _finish(provider: Provider, handle: Handle, deadline: float) -> Result:
    try:
        while boot_time() < deadline:
            answer = await _poll(provider, handle)
            if isinstance(answer, Result):
                return answer
            left = deadline - boot_time()
            await asyncio.sleep(max(_FEWEST_SECONDS, min(left, answer.wait or _WAIT)))
    except asyncio.CancelledError:
        await provider.cancel(handle)
        raise
    raise GenerationFailedError(ErrorCode.DEADLINE_EXCEEDED)


async def _poll(provider: Provider, handle: Handle) -> Pending | Result:
    try:
        return await provider.poll(handle)
    except GenerationFailedError:
        raise
    except ProviderError:
        # A poll that failed says nothing about the generation, which may be paid for.
        return Pending()


async def _download(provider: Provider, result: Result, into: Path) -> None:
    part = into.with_name(f"{into.name}.part")
    try:
        with part.open("wb") as file:
            async with provider.open(result) as chunks:
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
        part.replace(into)
    finally:
        part.unlink(missing_ok=True)
