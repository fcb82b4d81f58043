"""The guarded client for addresses that users supply.

It stands on httpcore, which does what is wanted and nothing else: no redirects, no cookies, no proxies from
the environment, no decompression. Redirects are followed here, each one over a connection that is checked
again.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpcore
import httpx

from domain.fetching import FetchFailedError, Reply, UrlRefusedError, url_problem
from fetching.connecting import GuardedBackend, Resolve, SystemResolver
from fetching.hosts import Hosts

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_CONNECTIONS = 32
_BEGINNING = 64 * 1024
"""Of an answer to a POST; a receiver has no more to say."""
_HEADERS = {"User-Agent": "Rushes", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds."""

    connect: float = 10.0
    silence: float = 15.0
    """Without a byte."""
    get: float = 30.0
    """From the first connection to the last byte, redirects included."""
    post: float = 20.0


class GuardedFetcher:
    """A ``Fetcher`` over HTTP/1.1. A connection serves one request, so that every request is checked."""

    def __init__(
        self,
        hosts: Hosts,
        *,
        resolve: Resolve | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
        patience: Patience = Patience(),
    ) -> None:
        """Take what is allowed; ``resolve``, ``network`` and ``tls`` replace the machine's own."""
        self._system = SystemResolver() if resolve is None else None
        self._patience = patience
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(trust_env=False),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=0,
            network_backend=GuardedBackend(hosts, resolve or self._system_resolver(), network),
        )

    def _system_resolver(self) -> SystemResolver:
        assert self._system is not None
        return self._system

    async def get(self, url: str, *, most: int) -> Reply:
        """Fetch up to ``most`` bytes, following a few redirects; see the port."""
        with _translated():
            async with asyncio.timeout(self._patience.get):
                for _ in range(_MOST_REDIRECTS + 1):
                    async with self._answer("GET", url, _HEADERS) as answer:
                        target = _target(url, answer)
                        if target is None:
                            content = await _whole(answer, most) if answer.status // 100 == 2 else b""  # noqa: PLR2004 # 2xx
                            return Reply(answer.status, content, _retry_after(answer))
                    url = target
        raise UrlRefusedError(f"it redirects more than {_MOST_REDIRECTS} times")

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a small body once, following no redirect; see the port."""
        with _translated():
            async with (
                asyncio.timeout(self._patience.post),
                self._answer("POST", url, {**_HEADERS, **headers}, content) as answer,
            ):
                return Reply(answer.status, await _beginning(answer), _retry_after(answer))

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._pool.aclose()
        if self._system is not None:
            self._system.close()

    @asynccontextmanager
    async def _answer(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> AsyncIterator[httpcore.Response]:
        target, host = _parsed(url)
        silence, connect = self._patience.silence, self._patience.connect
        waits = {"connect": connect, "read": silence, "write": silence, "pool": self._patience.get}
        async with self._pool.stream(
            method,
            target,
            headers=[("Host", host), *headers.items()],
            content=content,
            extensions={"timeout": waits},
        ) as answer:
            yield answer


def _parsed(url: str) -> tuple[httpcore.URL, str]:
    """Give what to ask for, and the Host to name.

    Raises:
        UrlRefusedError: it is no plain http or https URL.
    """
    if wrong := url_problem(url):
        raise UrlRefusedError(wrong)
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UrlRefusedError("it is no valid URL") from error
    target = httpcore.URL(
        scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
    )
    return target, parsed.netloc.decode("ascii")


def _target(url: str, answer: httpcore.Response) -> str | None:
    """Give where an answer redirects to; ``None`` where it does not."""
    location = _header(answer, b"location")
    if answer.status not in _REDIRECTS or location is None:
        return None
    try:
        return str(httpx.URL(url).join(location).copy_with(fragment=None))
    except httpx.InvalidURL as error:
        raise UrlRefusedError("it redirects to no valid URL") from error


async def _whole(answer: httpcore.Response, most: int) -> bytes:
    encoding = (_header(answer, b"content-encoding") or "identity").lower()
    if encoding != "identity":
        raise UrlRefusedError("its answer is compressed, which was not asked for")
    content = bytearray()
    async for chunk in answer.aiter_stream():
        content += chunk
        if len(content) > most:
            raise UrlRefusedError(f"there are more than {most / 1e6:.0f} MB")
    return bytes(content)


async def _beginning(answer: httpcore.Response) -> bytes:
    content = bytearray()
    async for chunk in answer.aiter_stream():
        content += chunk
        if len(content) >= _BEGINNING:
            break
    return bytes(content[:_BEGINNING])


def _header(answer: httpcore.Response, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in answer.headers if key.lower() == name), None)


def _retry_after(answer: httpcore.Response) -> float | None:
    given = (_header(answer, b"retry-after") or "").strip()
    return float(given) if given.isascii() and given.isdigit() else None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise FetchFailedError("it takes too long to answer") from error
    except (httpcore.ConnectError, OSError) as error:
        raise FetchFailedError("it cannot be connected to") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise FetchFailedError("its answer broke off or is no HTTP") from error
