"""The connection to xAI: one POST that is never repeated, GETs that may be, and downloads without the key."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from domain.failures import ErrorCode
from domain.provider import ProviderError, SubmitRejectedError, SubmitUnknownError
from providers.grok.errors import Said, advice, cleaned, read, refusal_code
from providers.retry_after import seconds

_CONNECT_SECONDS = 10.0
_SUBMIT_SECONDS = 110.0
"""Below the two minutes after which the executor takes a submit for lost; images answer within it."""
_ASK_SECONDS = 30.0
_ASKS_AT_ONCE = 16
"""Questions on their way, enough for a hundred a second. For each request that waits in it httpx's pool looks
through all its connections (httpcore 1.0), which took most of a busy executor's time; we wait before it."""
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""DNS, refused, TLS, a proxy that does not connect: the request did not leave."""


class XaiClient:
    """Talks HTTP/1.1 to xAI. No secret leaves it but in the ``Authorization`` header to xAI's API."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self._key = key
        tls = httpx.create_ssl_context()
        headers = {"authorization": f"Bearer {key}"}
        # A connection kept alive may have been closed at the other end just now: a POST into it is lost, and
        # nobody knows that nothing was accepted. Submits are about one a second and can afford their own.
        self._submits = httpx.AsyncClient(
            headers=headers,
            verify=tls,
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=httpx.Timeout(_SUBMIT_SECONDS, connect=_CONNECT_SECONDS),
        )
        self._asks = httpx.AsyncClient(
            headers=headers,
            verify=tls,
            # Downloads from the file store go this way too, and may take long.
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=_ASKS_AT_ONCE),
            timeout=httpx.Timeout(_ASK_SECONDS, connect=_CONNECT_SECONDS),
            follow_redirects=True,  # httpx takes the key off where a redirect leaves the host
        )
        self._asking = asyncio.Semaphore(_ASKS_AT_ONCE)
        self._downloads = httpx.AsyncClient(
            headers={"accept-encoding": "identity"},
            verify=tls,
            timeout=httpx.Timeout(_ASK_SECONDS, connect=_CONNECT_SECONDS),
            follow_redirects=True,
        )

    async def submit(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Make the one POST; give the body of its 2xx answer.

        Raises:
            SubmitRejectedError: provably nothing was accepted.
            SubmitUnknownError: it may have been.
        """
        try:
            answer = await self._submits.post(f"{self.base_url}{path}", json=body)
        except _NEVER_SENT as error:
            raise SubmitRejectedError(
                ErrorCode.PROVIDER_TRANSIENT, "xAI cannot be reached.", raw=self.clean(repr(error))
            ) from error
        except (httpx.HTTPError, OSError) as error:
            raise SubmitUnknownError(raw=self.clean(repr(error))) from error
        if answer.is_success:
            return answer.content
        found = read(answer.content)
        raw = self._raw(answer)
        code = refusal_code(answer.status_code, found)
        if code is None:
            raise SubmitUnknownError(raw=raw)
        raise SubmitRejectedError(
            code,
            self.clean(advice(code, found)),
            raw=raw,
            retry_after=seconds(answer.headers.get("retry-after")),
        )

    async def get(self, path: str, **query: str | int) -> httpx.Response:
        """Ask once; give whatever was answered.

        Raises:
            ProviderError: nothing was; the question may be repeated.
        """
        try:
            async with self._asking:
                return await self._asks.get(f"{self.base_url}{path}", params=query or None)
        except (httpx.HTTPError, OSError) as error:
            raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, raw=self.clean(repr(error))) from error

    @asynccontextmanager
    async def stream_url(self, url: str) -> AsyncIterator[httpx.Response]:
        """Begin a download from anywhere; no key is sent there."""
        async with self._streaming(self._downloads, url) as answer:
            yield answer

    @asynccontextmanager
    async def stream_file(self, file_id: str) -> AsyncIterator[httpx.Response]:
        """Begin a download from xAI's file store."""
        async with self._streaming(self._asks, f"{self.base_url}/files/{file_id}/content") as answer:
            yield answer

    @asynccontextmanager
    async def _streaming(self, client: httpx.AsyncClient, url: str) -> AsyncIterator[httpx.Response]:
        try:
            request = client.build_request("GET", url, headers={"accept-encoding": "identity"})
            answer = await client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw=self.clean(repr(error))) from error
        try:
            yield answer
        finally:
            await answer.aclose()

    def error(self, answer: httpx.Response) -> tuple[Said, str]:
        """Read an answer that is an error; give what it says, and itself for an engineer."""
        return read(answer.content), self._raw(answer)

    def clean(self, text: str) -> str:
        """Take the key out of a text."""
        return cleaned(text, self._key)

    def _raw(self, answer: httpx.Response) -> str:
        return self.clean(f"HTTP {answer.status_code}: {answer.text}")

    async def aclose(self) -> None:
        """Let go of all connections."""
        for client in (self._submits, self._asks, self._downloads):
            await client.aclose()
