"""Serve a simulator's applications in a running event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen while the block runs; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # From here on clients are let wait, so that nobody is refused before the server runs.
        listener.listen(128)
        yield listener


def address(listener: socket.socket) -> str:
    """Give the URL of a listening socket."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


@asynccontextmanager
async def running(app: ASGIApp, listener: socket.socket, http: Any = "h11") -> AsyncIterator[None]:
    """Answer what comes by ``listener`` while the block runs."""
    config = uvicorn.Config(
        app, http=http, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """A server that leaves signals to the process it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
