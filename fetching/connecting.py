"""The one place where a connection is opened: the name is resolved, checked and connected to in one step.

Whatever asks for a connection, a redirect too, passes here. What was checked is what is connected to, so that
a name that resolves differently a moment later (DNS rebinding) gains nothing. TLS and the Host header go on
with the name: httpcore takes them from the request, not from here.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Never

import httpcore

from domain.fetching import FetchFailedError, UrlRefusedError
from fetching.hosts import Hosts

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host, the best first."""
_THREADS = 4
_MOST_ADDRESSES = 3
"""Tried one after the other; a host may have dozens."""
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class SystemResolver:
    """The machine's own resolver, on threads of its own: slow names must not hold up anything else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Resolve a host.

        Raises:
            UrlRefusedError: there is no such name.
            FetchFailedError: the resolver does not answer.
        """
        try:
            found = await asyncio.wrap_future(self._threads.submit(_resolved, host, port))
        except socket.gaierror as error:
            if error.errno in _NO_SUCH_NAME:
                raise UrlRefusedError("there is no such host") from error
            raise FetchFailedError(f"its host cannot be resolved now ({error.strerror})") from error
        except UnicodeError as error:
            raise UrlRefusedError("there is no such host") from error
        return tuple(dict.fromkeys(found))

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _resolved(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to what ``hosts`` allows, and to nothing else."""

    def __init__(
        self, hosts: Hosts, resolve: Resolve, network: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._hosts = hosts
        self._resolve = resolve
        self._network = network or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 # httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that answers, once all of them have been checked.

        Raises:
            UrlRefusedError: the host or the port is not allowed.
            FetchFailedError: it cannot be resolved.
        """
        self._hosts.check_port(host, port)
        addresses = await self._resolve(host, port)
        self._hosts.check_addresses(host, port, addresses)
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(self, *_: object, **__: object) -> Never:
        """Refuse: no URL leads to a socket of this machine."""
        raise UrlRefusedError("a URL cannot lead to a socket")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)
