"""Veo as a provider: one POST, polls by POST, results from the bucket or inline."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from decimal import Decimal

import httpx
from pydantic import ValidationError

from domain.capabilities import Capability
from domain.failures import RULES, ErrorCode
from domain.provider import (
    Attempt,
    GenerationFailedError,
    Handle,
    Pending,
    Provider,
    ProviderError,
    Recovered,
    Result,
    ResultGoneError,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.veo3.models import models
from providers.veo3.schemas import PAYLOADS, Generated, Operation, submit_body
from providers.veo3.settings import VeoSettings
from providers.vertex.buckets import Buckets
from providers.vertex.client import Vertex, beginning
from providers.vertex.connecting import connect
from providers.vertex.errors import json_of, operation_error, raw_of, reasons_of
from providers.vertex.inline import InlineError, InlineReader
from providers.vertex.mends import bucket_mended
from providers.vertex.patience import SECONDS, opened

NAME = "veo3"
_RECOVERED = "recovered:"
"""What the executor calls an attempt that was found by its result and never had a handle."""
_LONGEST_NAME = 512
_FETCH = "fetchPredictOperation"
"""Polling is a POST to the model: these operations have no address of their own."""


def providers() -> Sequence[Provider]:
    """Give Veo, as the environment says.

    Raises:
        ConfigurationError: a setting is wrong or missing, or google-auth is not installed.
    """
    settings = VeoSettings()
    table = {
        name: replace(able, frame_addresses=settings.frame_addresses)
        for name, able in models(settings.video_model).items()
    }
    return (VeoProvider(connect(settings, NAME), table),)


class VeoProvider:
    """Makes clips with Veo. Charged by Google for clips that it makes, not for failures or blocks."""

    def __init__(
        self,
        vertex: Vertex,
        table: Mapping[str, Capability],
        *,
        poll_seconds: float = 10.0,
        patience: float = SECONDS,
    ) -> None:
        self.name = NAME
        self.kind = JobKind.VIDEO
        self.models = table
        self._vertex = vertex
        self._buckets = Buckets(vertex.settings, vertex.tokens)
        # Google's samples poll every 10 to 15 s; no answer says how far a generation is.
        self._poll_seconds = poll_seconds
        self._patience = patience

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """Ask for one clip with one POST."""
        self._check(request)
        folder = self._folder(attempt.landing)
        body = await asyncio.to_thread(submit_body, request, attempt, folder)
        model = self._vertex.model(request.model)
        async with self._vertex.submitted(model, "predictLongRunning", body) as response:
            content = await beginning(response)
        name = _name_in(content)
        data = {"model": model, "estimate": str(self.models[request.model].quote(request))}
        return Handle(name, data if folder is None else {**data, "folder": folder, "of": name})

    def _check(self, request: GenerationRequest) -> None:
        able = self.models.get(request.model)
        if able is None:
            offered = f"veo3 offers {', '.join(self.models)}"
            raise SubmitRejectedError(ErrorCode.MODEL_UNAVAILABLE, f"no model {request.model!r}; {offered}")
        problems = able.problems(request)
        if problems:
            raise SubmitRejectedError(ErrorCode.INVALID_REQUEST, "; ".join(map(str, problems)))

    def _folder(self, landing: str) -> str | None:
        base = self._vertex.settings.veo_gcs_uri
        return None if base is None else f"{base}/{landing}/"

    async def poll(self, handle: Handle) -> Pending | Result:
        """Ask how a generation stands; one that Google forgot is looked for in the bucket."""
        if handle.id.startswith(_RECOVERED):
            found = await self._landed(self._folder(handle.id.removeprefix(_RECOVERED)))
            return found or Pending(wait=self._poll_seconds)
        # A folder speaks for the one operation that writes to it.
        folder = handle.data.get("folder") if handle.data.get("of") == handle.id else None
        try:
            operation = await self._operation(handle.id, str(handle.data["model"]))
        except ProviderError as error:
            # How long Google knows a finished operation is not documented; its clip stays in the bucket.
            found = await self._landed(folder) if _is_404(error) else None
            if found is None:
                raise
            return found
        if isinstance(operation, Result):
            return operation
        if operation.error is not None:
            raise operation_error(operation.error.code, operation.error.message)
        if not operation.done:
            return Pending(wait=self._poll_seconds)
        made = operation.response or Generated()
        if made.address is not None:
            return Result({"gcs": made.address})
        return await self._without_clip(handle, made, folder)

    async def _operation(self, name: str, model: str) -> Operation | Result:
        """Fetch an operation. A clip inline is not read: that it begins says that it is there."""
        reader = InlineReader(*PAYLOADS)
        async with self._vertex.called(model, _FETCH, {"operationName": name}) as response:
            try:
                async for chunk in response.aiter_bytes():
                    reader.feed(chunk)
                    if reader.started:
                        return Result({"operation": name, "model": model, "inline": True})
                return Operation.model_validate(reader.rest())
            except (InlineError, ValidationError) as error:
                raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, raw=type(error).__name__) from error

    async def _without_clip(self, handle: Handle, made: Generated, folder: str | None) -> Result:
        said = " ".join(made.rai_media_filtered_reasons)
        if made.rai_media_filtered_count or said:
            sentence = f"{RULES[ErrorCode.CONTENT_BLOCKED].sentence} Google says: {raw_of(said.encode())}"
            raise GenerationFailedError(
                ErrorCode.CONTENT_BLOCKED, sentence, raw=raw_of(said.encode()), reasons=reasons_of(said)
            )
        found = await self._landed(folder)
        if found is not None:
            return found
        # Seen in the wild; nobody knows what it costs, so that the books show the most it can.
        raise GenerationFailedError(
            ErrorCode.RESULT_MISSING,
            "Veo says that the shot is done but gave no clip; whether it is billed is unknown.",
            raw=made.model_dump_json(),
            cost=Decimal(str(handle.data.get("estimate", 0))),
        )

    async def _landed(self, folder: str | None) -> Result | None:
        uri = None if folder is None else await self._buckets.clip_under(folder)
        return None if uri is None else Result({"gcs": uri})

    def open(self, result: Result) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream a clip from the bucket, or decode it out of its operation, which is fetched again."""
        if "gcs" in result.data:
            return self._buckets.open(str(result.data["gcs"]), self._patience)
        name, model = str(result.data["operation"]), str(result.data["model"])
        return opened(lambda: self._inline(name, model), self._patience)

    async def _inline(self, name: str, model: str) -> AsyncGenerator[bytes]:
        reader = InlineReader(*PAYLOADS)
        try:
            async with self._vertex.called(model, _FETCH, {"operationName": name}) as response:
                async for chunk in response.aiter_bytes():
                    decoded = reader.feed(chunk)
                    if decoded:
                        yield decoded
                    if reader.ended:
                        return
        except ProviderError as error:
            if _is_404(error):
                raise ResultGoneError(ErrorCode.RESULT_EXPIRED, raw=error.raw) from error
            raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw=error.raw or error.message) from error
        except (InlineError, httpx.HTTPError) as error:
            raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw=str(error)) from error
        if not reader.started:
            raise ResultGoneError(ErrorCode.RESULT_MISSING, raw="the operation has no clip any more")
        raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw="the clip inline is cut")

    async def cancel(self, handle: Handle) -> None:
        """Do nothing: these operations cannot be cancelled, and bill when they succeed."""

    async def recover(self, attempt: Attempt) -> Recovered:
        """Look for an attempt's clip where it lands; without a bucket nothing can be found."""
        return await self._landed(self._folder(attempt.landing))

    async def check(self) -> str:
        """See that Vertex AI and the bucket let us in, without spending."""
        settings = self._vertex.settings
        model = next(iter(self.models))
        nothing = f"{self._vertex.model(model)}/operations/00000000-0000-0000-0000-000000000000"
        await self._vertex.check(model, _FETCH, {"operationName": nothing})
        place = f"{model} in {settings.google_cloud_location} for project {settings.project}"
        if settings.veo_gcs_uri is None:
            return f"{place}; without VEO_GCS_URI a submit whose answer is lost cannot be found again"
        try:
            await self._buckets.clip_under(f"{settings.veo_gcs_uri}/")
        except ProviderError as error:
            raise bucket_mended(error, settings) from error
        return f"{place}; clips land in {settings.veo_gcs_uri}"

    async def aclose(self) -> None:
        """Close connections."""
        await self._buckets.aclose()
        await self._vertex.aclose()


def _is_404(error: ProviderError) -> bool:
    return (error.raw or "").startswith("HTTP 404")


def _name_in(content: bytes) -> str:
    """Give the operation's name out of a submit's 200; without one it is unknown what happened."""
    try:
        name = json_of(content).get("name")
    except ValueError as error:
        raise SubmitUnknownError(raw=f"HTTP 200 {raw_of(content)}") from error
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise SubmitUnknownError(raw=f"HTTP 200 {raw_of(content)}")
    return name
