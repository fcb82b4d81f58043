"""Finished results: at their temporary address, and in xAI's file store, where they are also found again."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from domain.failures import ErrorCode
from domain.provider import ProviderError, Result, ResultGoneError
from domain.statuses import JobKind
from providers.grok.client import XaiClient
from providers.grok.schemas import FilePage, Media
from providers.grok.uploads import Uploads

_CHUNK = 256 * 1024
_KEPT_SECONDS = 2 * 24 * 3_600
"""In the file store: a day longer than the temporary address lives. xAI takes an hour to 30 days."""
_PAGE = 100
_MOST_PAGES = 20
"""2,000 files back: more than one account, at one clip a second, makes while an answer is looked for."""
_ADDRESS_GONE = frozenset({403, 404, 410})
_FILE_GONE = frozenset({404, 410})
"""A 403 there is about the key, and can be mended."""
_SETTLED_SECONDS = 600.0
"""An address without a copy that is refused sooner than this after the end may not work yet."""
_CONTENT_TYPES = {"png": "image/png", "webp": "image/webp", "mp4": "video/mp4"}
_SUFFIXES = {JobKind.VIDEO: "mp4", JobKind.IMAGE: "jpg"}


def filename(landing: str, kind: JobKind) -> str:
    """Give the name, unique to the attempt, under which its result lands in the file store."""
    return f"rushes-{re.sub(r'[^A-Za-z0-9._-]+', '-', landing)}.{_SUFFIXES[kind]}"


def storage_options(name: str) -> dict[str, Any]:
    """Ask xAI to keep a copy: private, for as long as it may be of use, under a name we know beforehand."""
    return {"filename": name, "expires_after": _KEPT_SECONDS}


def result_of(media: Media, kind: JobKind, seen_at: float, cost: Decimal | None) -> Result:
    """Describe a finished video or image, first seen at a Unix second."""
    found = {"url": media.url, "file_id": media.file_output.file_id, "seen_at": seen_at}
    kept = {name: value for name, value in found.items() if value}
    return Result(kept, content_type(media.url, kind), cost)


def uploaded(key: str, seen_at: float, cost: Decimal | None) -> Result:
    """Describe a video that xAI put, or is about to put, into our bucket."""
    return Result({"upload": key, "seen_at": seen_at}, "video/mp4", cost)


def content_type(url: str, kind: JobKind) -> str:
    """Tell what is at an address; xAI's images are JPEGs where their names do not say otherwise."""
    if kind is JobKind.VIDEO:
        return "video/mp4"
    suffix = url.partition("?")[0].rpartition(".")[2].lower()
    return _CONTENT_TYPES.get(suffix, "image/jpeg")


class ResultStore:
    """Fetches results and finds lost ones."""

    def __init__(
        self, xai: XaiClient, kind: JobKind, clock: Callable[[], float], uploads: Uploads | None = None
    ) -> None:
        self._xai = xai
        self._kind = kind
        self._clock = clock
        self._uploads = uploads

    async def landed(self, landing: str) -> Result | None:
        """Look into our bucket for an attempt's clip; nothing where there is no such bucket.

        Raises:
            ProviderError: the bucket cannot be asked now.
        """
        if self._uploads is None:
            return None
        key = self._uploads.key(landing)
        return uploaded(key, self._clock(), None) if await self._uploads.has(key) else None

    async def find(self, name: str) -> Result | None:
        """Look for a file of this name, the newest files first.

        Raises:
            ProviderError: the store cannot be asked now.
        """
        token = ""
        for _ in range(_MOST_PAGES):
            page = await self._page(token)
            for file in page.data:
                if file.filename == name and file.id:
                    return Result({"file_id": file.id}, content_type("", self._kind))
            token = page.pagination_token
            if not token:
                break
        return None

    async def _page(self, token: str) -> FilePage:
        more = {"pagination_token": token} if token else {}
        answer = await self._xai.get("/files", limit=_PAGE, order="desc", sort_by="created_at", **more)
        try:
            if answer.status_code == httpx.codes.OK:
                return FilePage.model_validate_json(answer.content)
        except ValidationError:
            pass
        _, raw = self._xai.error(answer)
        raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, "xAI's file store cannot be asked.", raw=raw)

    @asynccontextmanager
    async def open(self, result: Result) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream a result from its address, or where that has expired from the file store.

        Raises:
            ResultGoneError: neither has it.
            ProviderError: the download failed and may be repeated.
        """
        url, file_id, gone = result.data.get("url"), result.data.get("file_id"), _ADDRESS_GONE
        if "upload" in result.data:
            url, gone = await self._link(str(result.data["upload"])), _FILE_GONE
        async with AsyncExitStack() as stack:
            answer = await stack.enter_async_context(self._xai.stream_url(url)) if url else None
            if file_id and (answer is None or answer.status_code in gone):
                gone = _FILE_GONE
                answer = await stack.enter_async_context(self._xai.stream_file(quote(file_id, safe="")))
            if answer is None:
                raise ResultGoneError(ErrorCode.RESULT_MISSING)
            if answer.status_code in gone and (file_id or self._is_settled(result)):
                raise ResultGoneError(ErrorCode.RESULT_EXPIRED, raw=f"HTTP {answer.status_code}")
            if answer.status_code != httpx.codes.OK:
                raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw=f"HTTP {answer.status_code}")
            yield self._chunks(answer)

    async def _link(self, key: str) -> str:
        if self._uploads is None:
            raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw="XAI_UPLOAD_URI is not set any more")
        return await self._uploads.get_url(key)

    def _is_settled(self, result: Result) -> bool:
        return self._clock() - float(result.data.get("seen_at", 0.0)) > _SETTLED_SECONDS

    async def _chunks(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        received, due = 0, answer.headers.get("content-length", "")
        try:
            async for chunk in answer.aiter_bytes(_CHUNK):
                received += len(chunk)
                yield chunk
        except (httpx.HTTPError, OSError) as error:
            raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw=self._xai.clean(repr(error))) from error
        if due.isdigit() and "content-encoding" not in answer.headers and int(due) != received:
            raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw=f"{received} of {due} bytes came")
