"""Serve the application from a running event loop, until told to stop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from api.auth import is_loopback
from api.guard import ANY_NAME
from api.heads import HeadDeadline
from api.settings import ApiSettings
from domain.errors import ConfigurationError
from domain.records import Records

_GRACE_SECONDS = 5
_BACKLOG = 2_048
_LARGEST_MESSAGE = 4_096


async def _check_exposure(settings: ApiSettings, records: Records) -> None:
    """Refuse to be reachable from other machines, or under any name, while nobody needs a key.

    Raises:
        ConfigurationError: API_HOST is not loopback, or API_ALLOWED_HOSTS is open, and there are no keys.
    """
    is_open = ANY_NAME in settings.allowed_hosts
    if is_loopback(settings.api_host) and not is_open:
        return
    async with records.transaction() as tx:
        if await tx.keys.any():
            return
    mend = "make a key first: rushes keys create"
    if is_open:
        raise ConfigurationError(
            "API_ALLOWED_HOSTS", settings.api_allowed_hosts, f"without API keys * is not allowed; {mend}"
        )
    raise ConfigurationError(
        "API_HOST", settings.api_host, f"without API keys only 127.0.0.1, ::1 or localhost is allowed; {mend}"
    )


async def listen(settings: ApiSettings, records: Records) -> socket.socket:
    """Take the address; whoever gets the socket closes it.

    Raises:
        ConfigurationError: it is taken, or not an address of this machine, or without API keys not allowed.
    """
    await _check_exposure(settings, records)
    host, port = settings.api_host.strip("[]"), settings.api_port
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(
            "API_HOST", host, f"this is no address of this machine ({reason})"
        ) from error
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)  # noqa: FBT003 # the standard library's signature
    except OSError as error:
        listener.close()
        allowed = f"{host}:{port} cannot be listened on ({error.strerror}); 0 takes a free port"
        raise ConfigurationError("API_PORT", str(port), allowed) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """Give the URL that a listener is reached at."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to the process."""

    def __init__(self, config: uvicorn.Config, ready: asyncio.Event | None) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self._ready is not None:
            self._ready.set()


async def serve(
    app: ASGIApp, listener: socket.socket, stop: asyncio.Event, ready: asyncio.Event | None = None
) -> None:
    """Answer requests until ``stop`` is set; requests under way get a few seconds to finish.

    ``ready`` is set once requests are answered. The listener is closed at the end.
    """
    config = uvicorn.Config(
        app,
        http=HeadDeadline,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ws="websockets-sansio",
        # Listeners have nothing to say. Compression would cost more memory than everything else about one.
        ws_max_size=_LARGEST_MESSAGE,
        ws_per_message_deflate=False,
    )
    server = _Server(config, ready)

    async def stop_when_told() -> None:
        await stop.wait()
        server.should_exit = True

    watching = asyncio.create_task(stop_when_told())
    try:
        await server.serve(sockets=[listener])
    finally:
        watching.cancel()
        listener.close()
