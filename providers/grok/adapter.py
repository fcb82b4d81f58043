"""Grok Imagine as providers: clips that are polled for, and images that the submit itself makes.

REST, not xAI's gRPC SDK: that one repeats a submit up to five times (xai-sdk 1.21.0).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from urllib.parse import quote as quoted_path

import httpx
from pydantic import ValidationError

from domain.capabilities import Capability
from domain.failures import ErrorCode
from domain.provider import (
    Attempt,
    GenerationFailedError,
    Handle,
    Pending,
    Provider,
    ProviderError,
    Recovered,
    Result,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.grok.account import check_key
from providers.grok.client import XaiClient
from providers.grok.models import IMAGE_MODELS, VIDEO_MODELS
from providers.grok.polling import Interpreter, quoted
from providers.grok.requests import checked, image_body, video_body
from providers.grok.schemas import Accepted, Images
from providers.grok.settings import GrokSettings
from providers.grok.store import ResultStore, filename, result_of
from providers.grok.uploads import Uploads, uploads_of

NAME = "grok"
_NOT_FOUND_SECONDS = 120.0
"""For so long polls have to answer nothing but 404 before a job counts as forgotten."""
_LANDING_SECONDS, _LANDING_WAIT = 120.0, 2.0
"""For so long, and so often, our bucket is looked into for a clip that is done and not there."""
_RECOVERED = "recovered:"
"""What the executor puts before the landing of an attempt that was found without its id."""
_LONGEST_ID = 512


def providers() -> Sequence[Provider]:
    """Give the providers of clips and of images, as the environment says.

    Raises:
        ConfigurationError: there is no key, or a setting is wrong.
    """
    settings = GrokSettings()
    url, key = settings.xai_base_url, settings.key
    return GrokVideos(XaiClient(url, key), uploads_of(settings)), GrokImages(XaiClient(url, key))


class _Grok:
    """What both kinds have in common. Owns its client."""

    kind: JobKind
    models: Mapping[str, Capability]

    def __init__(
        self, xai: XaiClient, uploads: Uploads | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.name = NAME
        self._xai = xai
        self._uploads = uploads
        self._clock = clock
        self._store = ResultStore(xai, self.kind, clock, uploads)

    def open(self, result: Result) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream a result."""
        return self._store.open(result)

    async def cancel(self, handle: Handle) -> None:
        """Do nothing: xAI has no way to stop a generation (its REST reference), and bills it in any case."""

    async def recover(self, attempt: Attempt) -> Recovered:
        """Look in xAI's file store for the name that the attempt asked for; it is there once it is finished.

        Nothing found proves nothing: xAI lists no running jobs and takes no idempotency key.
        """
        return await self._found(attempt.landing)

    async def _found(self, landing: str) -> Result | None:
        """Look into our bucket first; an attempt of before it was set up is in xAI's file store."""
        landed = await self._store.landed(landing)
        return landed or await self._store.find(filename(landing, self.kind))

    async def _kept(self, handle: Handle, error: ProviderError) -> Result:
        """Give the copy in the file store of what its handle does not lead to; without one, raise."""
        landing = str(handle.data.get("landing") or handle.id.removeprefix(_RECOVERED))
        name = str(handle.data.get("filename") or filename(landing, self.kind))
        found = await self._store.landed(landing) or await self._store.find(name)
        if found is None:
            raise error
        return found

    async def check(self) -> str:
        """Ask xAI about the key."""
        said = await check_key(self._xai)
        if self._uploads is None:
            return said
        await self._uploads.has(self._uploads.key("a-clip-that-is-not-there"))
        return f"{said}; clips land in {self._uploads.place}"

    async def aclose(self) -> None:
        """Close all connections."""
        await self._xai.aclose()
        if self._uploads is not None:
            await self._uploads.aclose()


class GrokVideos(_Grok):
    """Clips of 1 to 15 s."""

    kind = JobKind.VIDEO
    models: Mapping[str, Capability] = VIDEO_MODELS

    def __init__(
        self, xai: XaiClient, uploads: Uploads | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(xai, uploads, clock=clock)
        self._interpreter = Interpreter(xai, clock)
        self._unknown_since: dict[str, float] = {}
        self._landing_since: dict[str, float] = {}

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """Ask for one clip with one POST."""
        able = checked(request, self.kind, self.models.get(request.model))
        name = filename(attempt.landing, self.kind)
        body = await asyncio.to_thread(video_body, request, able, name)
        data = {"filename": name, "quote": str(able.quote(request))}
        if self._uploads is not None:
            key = self._uploads.key(attempt.landing)
            body["output"] = {"upload_url": await self._signed(key)}
            # A copy in the file store as well would be one that such a team may not have.
            del body["storage_options"]
            data |= {"landing": attempt.landing, "upload": key}
        answer = await self._xai.submit("/videos/generations", body)
        return Handle(self._id_in(answer), data)

    async def _signed(self, key: str) -> str:
        assert self._uploads is not None
        try:
            return await self._uploads.put_url(key)
        except ProviderError as error:
            raise SubmitRejectedError(error.code, error.message, raw=error.raw) from error

    def _id_in(self, answer: bytes) -> str:
        try:
            found = Accepted.model_validate_json(answer).request_id
        except ValidationError:
            found = ""
        if not found or len(found) > _LONGEST_ID:
            raise SubmitUnknownError(raw=self._xai.clean(answer.decode(errors="replace")))
        return found

    async def poll(self, handle: Handle) -> Pending | Result:
        """Ask once how a clip stands."""
        answer = await self._xai.get(f"/videos/{quoted_path(handle.id, safe='')}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return await self._not_found(handle, answer)
        self._unknown_since.pop(handle.id, None)
        try:
            found = self._interpreter.read(answer, quoted(handle.data), handle.data.get("upload"))
            return await self._landed(found) if isinstance(found, Result) else found
        except GenerationFailedError as error:
            if error.code is not ErrorCode.RESULT_EXPIRED:
                raise
            return await self._kept(handle, error)

    async def _landed(self, result: Result) -> Pending | Result:
        """Wait for a clip that xAI puts into our bucket; whether before it says "done" is not documented."""
        key = result.data.get("upload")
        if key is None:
            return result
        if self._uploads is None:
            raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, "XAI_UPLOAD_URI is not set any more.")
        since = self._landing_since.setdefault(key, self._clock())
        if not await self._uploads.has(key) and self._clock() - since < _LANDING_SECONDS:
            return Pending(wait=_LANDING_WAIT)
        self._landing_since.pop(key, None)
        return result

    async def _not_found(self, handle: Handle, answer: httpx.Response) -> Result:
        """Take a 404 seriously only when it lasts: no clip that is paid for is given up for one of them."""
        _, raw = self._xai.error(answer)
        now = self._clock()
        if now - self._unknown_since.setdefault(handle.id, now) < _NOT_FOUND_SECONDS:
            if handle.id.startswith(_RECOVERED):
                return await self._kept(handle, ProviderError(ErrorCode.PROVIDER_TRANSIENT, raw=raw))
            raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, "xAI does not know this clip now.", raw=raw)
        message = "xAI does not know this clip any more; it may have been billed."
        missing = GenerationFailedError(ErrorCode.RESULT_MISSING, message, raw=raw)
        try:
            return await self._kept(handle, missing)
        finally:
            self._unknown_since.pop(handle.id, None)


class GrokImages(_Grok):
    """Still images. The POST that asks for one answers with it, so that the handle holds its address."""

    kind = JobKind.IMAGE
    models: Mapping[str, Capability] = IMAGE_MODELS

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        """Make one image with one POST."""
        able = checked(request, self.kind, self.models.get(request.model))
        name = filename(attempt.landing, self.kind)
        answer = await self._xai.submit("/images/generations", image_body(request, able, name))
        images = self._images_in(answer)
        image, cost = images.data[0], images.usage.cost
        found = result_of(image, self.kind, self._clock(), able.quote(request) if cost is None else cost)
        data = {
            "filename": name,
            "blocked": image.blocked,
            "there": image.is_there,
            "result": found.to_json(),
        }
        return Handle(name, data)

    def _images_in(self, answer: bytes) -> Images:
        try:
            images = Images.model_validate_json(answer)
        except ValidationError:
            images = Images()
        if not images.data:
            raise SubmitUnknownError(raw=self._xai.clean(answer.decode(errors="replace")))
        return images

    async def poll(self, handle: Handle) -> Pending | Result:
        """Give what the submit already got."""
        data = handle.data
        if "result" not in data:
            return await self._kept(handle, ProviderError(ErrorCode.PROVIDER_TRANSIENT))
        found = Result.from_json(data["result"])
        cost = found.actual_cost or Decimal(0)
        if data["blocked"]:
            raise GenerationFailedError(ErrorCode.CONTENT_BLOCKED, cost=cost, reasons=("respect_moderation",))
        # The two belong together; a handle that was mixed up leads to nothing.
        if data["filename"] != handle.id or not data["there"]:
            raise GenerationFailedError(ErrorCode.RESULT_MISSING, cost=cost)
        return found
