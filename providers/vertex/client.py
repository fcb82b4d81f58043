"""Calls to Vertex AI: one POST for what is paid, streams for what may be large."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from domain.failures import ErrorCode
from domain.provider import ProviderError, SubmitRejectedError, SubmitUnknownError
from providers.vertex.errors import call_error, never_sent, submit_error
from providers.vertex.mends import mended
from providers.vertex.settings import GoogleSettings
from providers.vertex.tokens import Tokens

_UNAUTHORIZED, _OK = 401, 200
_JSON = {"content-type": "application/json"}
_BEGINNING = 64 * 1024
_SUBMIT = httpx.Timeout(100.0, connect=15.0)
"""Seconds; shorter than the executor's own patience, so that the reason is told by whoever knows it."""
_CALL = httpx.Timeout(30.0, connect=15.0)


class Vertex:
    """One project at Vertex AI, in v1: v1beta1 refused generally available models at times."""

    def __init__(self, settings: GoogleSettings, tokens: Tokens) -> None:
        self.settings = settings
        self.tokens = tokens
        # An idle connection that the other side closed would make the next submit look lost: never reuse one.
        self._submits = httpx.AsyncClient(timeout=_SUBMIT, limits=httpx.Limits(max_keepalive_connections=0))
        self._calls = httpx.AsyncClient(timeout=_CALL, limits=httpx.Limits(max_connections=None))

    def model(self, name: str) -> str:
        """Give the resource name of a model."""
        settings = self.settings
        place = f"projects/{settings.project}/locations/{settings.google_cloud_location}"
        return f"{place}/publishers/google/models/{name}"

    @asynccontextmanager
    async def submitted(self, model: str, method: str, body: bytes) -> AsyncIterator[httpx.Response]:
        """Make the one POST that is paid, and give its 200 while it is read.

        A 401 accepted nothing, so that a second POST with a renewed token follows it, and nothing else.

        Raises:
            SubmitRejectedError: proven not accepted.
            SubmitUnknownError: anything else that is no 200, or it broke while it was read.
        """
        url = self._url(model, method)
        try:
            headers = await self.tokens.headers()
            response = await self._post_once(url, headers, body)
            if response.status_code == _UNAUTHORIZED:
                await response.aclose()
                headers = await self.tokens.headers(refused=headers)
                response = await self._post_once(url, headers, body)
        except (SubmitRejectedError, SubmitUnknownError):
            raise
        except ProviderError as error:
            raise SubmitRejectedError(error.code, error.message, raw=error.raw) from error
        try:
            if response.status_code != _OK:
                raise submit_error(response, await beginning(response))
            yield response
        except httpx.HTTPError as error:
            raise SubmitUnknownError(raw=f"{type(error).__name__}: {error}") from error
        finally:
            await response.aclose()

    async def _post_once(self, url: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        request = self._submits.build_request("POST", url, headers={**headers, **_JSON}, content=body)
        try:
            return await self._submits.send(request, stream=True)
        except httpx.HTTPError as error:
            raw = f"{type(error).__name__}: {error}"
            if never_sent(error):
                raise SubmitRejectedError(ErrorCode.PROVIDER_TRANSIENT, raw=raw) from error
            raise SubmitUnknownError(raw=raw) from error

    @asynccontextmanager
    async def called(self, model: str, method: str, body: Mapping[str, Any]) -> AsyncIterator[httpx.Response]:
        """Make a call that costs nothing, and give its 200 while it is read.

        Raises:
            ProviderError: anything else.
        """
        url, content = self._url(model, method), json.dumps(body).encode()
        headers = await self.tokens.headers()
        try:
            response = await self._call(url, headers, content)
            if response.status_code == _UNAUTHORIZED:
                await response.aclose()
                response = await self._call(url, await self.tokens.headers(refused=headers), content)
            try:
                if response.status_code != _OK:
                    raise call_error(response, await beginning(response))
                yield response
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise ProviderError(
                ErrorCode.PROVIDER_TRANSIENT, raw=f"{type(error).__name__}: {error}"
            ) from error

    async def _call(self, url: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        request = self._calls.build_request("POST", url, headers={**headers, **_JSON}, content=body)
        return await self._calls.send(request, stream=True)

    async def check(self, name: str, method: str, body: Mapping[str, Any]) -> None:
        """See that Vertex AI lets us in, with a call that cannot cost anything.

        Assumes that Google checks token, permission and model before it looks at the rest, so that an
        answer such as "no such operation" means that all three are good.

        Raises:
            ProviderError: what is wrong and how to mend it.
        """
        try:
            async with self.called(self.model(name), method, body):
                return
        except ProviderError as error:
            raw = error.raw or ""
            if "publisher model" in raw.lower():
                gone = (
                    f"Vertex AI has no model {name!r} for this project; choose another with VIDEO_MODEL or "
                )
                raise ProviderError(ErrorCode.MODEL_UNAVAILABLE, f"{gone}IMAGE_MODEL", raw=raw) from error
            if not raw.startswith(("HTTP 404", "HTTP 400")):
                raise mended(error, self.settings) from error

    def _url(self, model: str, method: str) -> str:
        # A generation is polled where it was started, whatever the location is set to by now.
        location = model.partition("/locations/")[2].partition("/")[0]
        return f"{self.settings.host(location)}/v1/{model}:{method}"

    async def aclose(self) -> None:
        """Close connections."""
        await self._submits.aclose()
        await self._calls.aclose()


async def beginning(response: httpx.Response) -> bytes:
    """Give the first 64 KiB of a body, or as much of it as arrives."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _BEGINNING:
                break
    except httpx.HTTPError:
        # The status is known; half an explanation is better than none.
        pass
    return bytes(body[:_BEGINNING])
