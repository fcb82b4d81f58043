"""Gemini as a provider of pictures: the answer to the one POST is the picture, kept on disk until stored."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import BinaryIO
from uuid import UUID

from pydantic import ValidationError

from domain.capabilities import Capability
from domain.failures import RULES, ErrorCode
from domain.provider import (
    Attempt,
    GenerationFailedError,
    Handle,
    Pending,
    Provider,
    Recovered,
    Result,
    ResultGoneError,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.gemini.models import models
from providers.gemini.schemas import PAYLOAD, Answer, generate_body
from providers.gemini.settings import GeminiSettings
from providers.gemini.spool import Spool
from providers.vertex.client import Vertex
from providers.vertex.connecting import connect
from providers.vertex.inline import InlineError, InlineReader

NAME = "gemini"
_HELLO = [{"text": "hello"}]
_CHUNK = 256 * 1024


def providers() -> Sequence[Provider]:
    """Give Gemini's pictures, as the environment says.

    Raises:
        ConfigurationError: a setting is wrong or missing, or google-auth is not installed.
    """
    settings = GeminiSettings()
    vertex = connect(settings, NAME)
    return (GeminiProvider(vertex, models(settings.image_model), Spool(settings.spool)),)


class GeminiProvider:
    """Makes start frames. A picture is on disk before its handle is given, since Google keeps none."""

    def __init__(self, vertex: Vertex, table: Mapping[str, Capability], spool: Spool) -> None:
        self.name = NAME
        self.kind = JobKind.IMAGE
        self.models = table
        self._vertex = vertex
        self._spool = spool

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """Make a picture with one POST, and keep it."""
        self._check(request)
        try:
            file = await asyncio.to_thread(self._spool.begin, attempt.id)
        except OSError as error:
            reason = "the folder for finished pictures under RUSHES_HOME cannot be written"
            raise SubmitRejectedError(ErrorCode.PROVIDER_TRANSIENT, reason, raw=repr(error)) from error
        try:
            answer = await self._generate(request, attempt, file)
            if answer is None:
                await asyncio.to_thread(self._spool.keep, attempt.id, file)
        except OSError as error:
            raise SubmitUnknownError(
                "The picture was made but could not be kept.", raw=repr(error)
            ) from error
        finally:
            await asyncio.to_thread(self._spool.discard, attempt.id, file)
        cost = {"cost": str(self.models[request.model].quote(request))}
        return Handle(str(attempt.id), cost if answer is None else _failure(answer))

    def _check(self, request: GenerationRequest) -> None:
        able = self.models.get(request.model)
        if able is None:
            offered = f"gemini offers {', '.join(self.models)}"
            raise SubmitRejectedError(ErrorCode.MODEL_UNAVAILABLE, f"no model {request.model!r}; {offered}")
        problems = able.problems(request)
        if problems:
            raise SubmitRejectedError(ErrorCode.INVALID_REQUEST, "; ".join(map(str, problems)))

    async def _generate(self, request: GenerationRequest, attempt: Attempt, file: BinaryIO) -> Answer | None:
        """Write the picture to ``file``; without one give the answer that came instead."""
        reader = InlineReader(PAYLOAD)
        model, body = self._vertex.model(request.model), generate_body(request, attempt)
        async with self._vertex.submitted(model, "generateContent", body) as response:
            try:
                async for chunk in response.aiter_bytes():
                    await asyncio.to_thread(file.write, reader.feed(chunk))
                if reader.ended:
                    return None
                return Answer.model_validate(reader.rest())
            except (InlineError, ValidationError) as error:
                raise SubmitUnknownError(raw=f"HTTP 200, {type(error).__name__}") from error

    async def poll(self, handle: Handle) -> Pending | Result:
        """Give the picture, or why there is none; there is nothing to wait for."""
        if "code" in handle.data:
            code, reason = ErrorCode(handle.data["code"]), str(handle.data["reason"])
            sentence = f"{RULES[code].sentence} Google says: {reason}"
            raise GenerationFailedError(code, sentence, raw=reason, reasons=(reason,))
        found = await self._kept(handle.id)
        if found is None:
            raise GenerationFailedError(
                ErrorCode.RESULT_MISSING,
                "The picture is not on this machine; the executor that made it has it under its RUSHES_HOME.",
                cost=Decimal(str(handle.data.get("cost", 0))),
            )
        return found

    async def _kept(self, key: str) -> Result | None:
        # An attempt that was found by its picture has a handle of the executor's own making.
        try:
            attempt = UUID(key.rpartition("/")[2])
        except ValueError:
            return None
        kind = await asyncio.to_thread(self._spool.content_type, attempt)
        return None if kind is None else Result({"spooled": str(attempt)}, content_type=kind)

    @asynccontextmanager
    async def open(self, result: Result) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream the picture from disk."""
        try:
            file = await asyncio.to_thread(self._spool.open, UUID(str(result.data["spooled"])))
        except FileNotFoundError as error:
            raise ResultGoneError(
                ErrorCode.RESULT_MISSING, "The picture is not on this machine any more."
            ) from error
        try:
            yield _chunks(file)
        finally:
            file.close()

    async def cancel(self, handle: Handle) -> None:
        """Do nothing: the picture is there before anybody could."""

    async def recover(self, attempt: Attempt) -> Recovered:
        """Look for the picture on this machine's disk; Google has none, and proves nothing."""
        return await self._kept(str(attempt.id))

    async def check(self) -> str:
        """See that Vertex AI lets us in, without spending."""
        model = next(iter(self.models))
        # Counting tokens is free of charge, and needs the same permission as making a picture.
        await self._vertex.check(model, "countTokens", {"contents": [{"role": "user", "parts": _HELLO}]})
        settings = self._vertex.settings
        return f"{model} in {settings.google_cloud_location} for project {settings.project}"

    async def aclose(self) -> None:
        """Close connections."""
        await self._vertex.aclose()


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, _CHUNK):
        yield chunk


def _failure(answer: Answer) -> dict[str, str]:
    code = ErrorCode.CONTENT_BLOCKED if answer.is_blocked else ErrorCode.PROVIDER_FAILED
    return {"code": str(code), "reason": answer.reason or "no picture and no reason"}
