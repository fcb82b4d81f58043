"""Cloud Storage, as far as results need it: list a prefix, stream an object.

Wire as google-cloud-storage 3.17.1 sends it, whose client is synchronous and would hold a thread per clip.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from urllib.parse import quote

import httpx

from domain.failures import ErrorCode
from domain.provider import ProviderError, ResultGoneError
from providers.vertex.client import beginning
from providers.vertex.errors import call_error, json_of, raw_of
from providers.vertex.patience import opened
from providers.vertex.settings import GoogleSettings
from providers.vertex.tokens import Tokens

_CHUNK = 256 * 1024
_TIMEOUT = httpx.Timeout(30.0, connect=15.0)
_RESUMES = 3
_URI = re.compile(r"gs://([^/]+)/(.+)")
_OK, _PARTIAL, _UNAUTHORIZED, _NOT_FOUND = 200, 206, 401, 404


class Buckets:
    """Reads what Veo wrote. Nothing is ever deleted: the bucket's own lifecycle rule decides that."""

    def __init__(self, settings: GoogleSettings, tokens: Tokens) -> None:
        self._url = settings.storage_url
        # As Google's own client does: an emulator gets no credentials.
        self._tokens = None if settings.storage_emulator_host else tokens
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, limits=httpx.Limits(max_connections=None))

    async def clip_under(self, folder: str) -> str | None:
        """Give the first clip under ``gs://bucket/prefix/``, or ``None``. Objects appear whole or not at all.

        Raises:
            ProviderError: the bucket cannot be listed.
        """
        bucket, prefix = _split(folder)
        query = {"prefix": prefix, "projection": "noAcl", "fields": "items(name)", "maxResults": "100"}
        try:
            response = await self._get(f"{self._url}/storage/v1/b/{bucket}/o", query, {})
            try:
                body = await response.aread()
            finally:
                await response.aclose()
            if response.status_code != _OK:
                raise call_error(response, body)
            names = sorted(str(item["name"]) for item in json_of(body).get("items", ()))
        except (httpx.HTTPError, ValueError, LookupError) as error:
            raw = f"{type(error).__name__}: {error}"
            raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, raw=raw) from error
        return next((f"gs://{bucket}/{name}" for name in names if name.endswith(".mp4")), None)

    def open(self, uri: str, patience: float) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream ``gs://bucket/object``; one that is not there yet is waited for.

        Raises:
            ResultGoneError: after ``patience`` seconds it is still not there.
            ProviderError: the download broke, and could not be resumed.
        """
        return opened(lambda: self._stream(uri), patience)

    async def _stream(self, uri: str) -> AsyncGenerator[bytes]:
        bucket, name = _split(uri)
        url = f"{self._url}/download/storage/v1/b/{bucket}/o/{quote(name, safe='')}"
        query, offset, breaks = {"alt": "media"}, 0, 0
        while True:
            headers = {"range": f"bytes={offset}-"} if offset else {}
            try:
                response = await self._get(url, query, headers)
                try:
                    await _require(response, _PARTIAL if offset else _OK)
                    # A resumed download goes on with the same bytes, or fails.
                    query["generation"] = response.headers.get("x-goog-generation", "")
                    query = {key: value for key, value in query.items() if value}
                    async for chunk in response.aiter_bytes(_CHUNK):
                        yield chunk
                        offset += len(chunk)
                finally:
                    await response.aclose()
            except httpx.HTTPError as error:
                breaks += 1
                if breaks > _RESUMES:
                    raise ProviderError(
                        ErrorCode.DOWNLOAD_FAILED, raw=f"{type(error).__name__}: {error}"
                    ) from error
            else:
                return

    async def _get(self, url: str, query: Mapping[str, str], headers: Mapping[str, str]) -> httpx.Response:
        own = await self._tokens.headers() if self._tokens else {}
        response = await self._send(url, query, {**headers, **own})
        if response.status_code == _UNAUTHORIZED and self._tokens:
            await response.aclose()
            own = await self._tokens.headers(refused=own)
            response = await self._send(url, query, {**headers, **own})
        return response

    async def _send(self, url: str, query: Mapping[str, str], headers: Mapping[str, str]) -> httpx.Response:
        plain = {**headers, "accept-encoding": "identity"}
        return await self._client.send(
            self._client.build_request("GET", url, params=dict(query), headers=plain), stream=True
        )

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.aclose()


async def _require(response: httpx.Response, status: int) -> None:
    if response.status_code == status:
        return
    raw = f"HTTP {response.status_code} {raw_of(await beginning(response))}"
    if response.status_code == _NOT_FOUND:
        raise ResultGoneError(ErrorCode.RESULT_MISSING, raw=raw)
    raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw=raw)


def _split(uri: str) -> tuple[str, str]:
    found = _URI.fullmatch(uri)
    if found is None:
        raise ResultGoneError(ErrorCode.RESULT_MISSING, raw=f"{uri[:200]!r} is no gs:// address")
    return found[1], found[2]
