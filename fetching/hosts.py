"""Which hosts and ports may be reached: public ones, and private ones that the operator named."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from domain.errors import ConfigurationError
from domain.fetching import UrlRefusedError
from fetching.addresses import is_public

_WEB_PORTS = frozenset({80, 443})
_FIRST_OTHER_PORT = 1_024
_ALLOWED = "allowed: hosts separated by commas, each with or without a port: frames.internal, 10.0.0.5:9000"


@dataclass(frozen=True, slots=True)
class Hosts:
    """What is allowed. Private hosts are known by how they stand in a URL, never by what they lead to."""

    private: frozenset[tuple[str, int | None]] = frozenset()
    """Hosts that may be private, each with the one port allowed there, or all usual ones."""

    @classmethod
    def of(cls, names: str) -> Self:
        """Read FETCH_PRIVATE_HOSTS.

        Raises:
            ConfigurationError: it is no list of hosts.
        """
        return cls(frozenset(_host(part.strip(), names) for part in names.split(",") if part.strip()))

    def check_port(self, host: str, port: int) -> None:
        """See that a port is one that serves pictures.

        Raises:
            UrlRefusedError: it belongs to another protocol, or to another service of a private host.
        """
        if (host, port) in self.private:
            return
        if port not in _WEB_PORTS and port < _FIRST_OTHER_PORT:
            raise UrlRefusedError(
                f"port {port} is not allowed: 80, 443 and those from {_FIRST_OTHER_PORT} are"
            )

    def check_addresses(self, host: str, port: int, addresses: Collection[str]) -> None:
        """See that a host does not lead into a private network, not even by one of its addresses.

        Raises:
            UrlRefusedError: it does; the address is not told to whoever asked.
        """
        if (host, port) in self.private or (host, None) in self.private:
            return
        if not addresses or not all(map(is_public, addresses)):
            raise UrlRefusedError("its host is not on the public internet; FETCH_PRIVATE_HOSTS can allow it")


def _host(part: str, names: str) -> tuple[str, int | None]:
    wrong = ConfigurationError("FETCH_PRIVATE_HOSTS", names, _ALLOWED)
    try:
        parts = urlsplit(f"//{part}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if not host or parts.netloc != part or "@" in part or "*" in part:
        raise wrong
    return host, port
