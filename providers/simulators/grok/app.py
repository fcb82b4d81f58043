"""Serve a simulated xAI: its API on one port, its results on another."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from providers.simulators.grok.admin import Admin
from providers.simulators.grok.api import Api
from providers.simulators.grok.knobs import Knobs
from providers.simulators.grok.media import Media
from providers.simulators.grok.wires import Wires
from providers.simulators.grok.xai import Xai


@dataclass(frozen=True, slots=True)
class Served:
    """Where a running simulator is reached."""

    base_url: str
    """What ``XAI_BASE_URL`` is set to."""
    media_url: str


def create_app(xai: Xai) -> Starlette:
    """Give the API, and the simulator's own endpoints beside it."""
    return Starlette(routes=[*Api(xai).routes(), *Admin(xai).routes()])


def create_media_app(xai: Xai) -> Starlette:
    """Give the host of the results."""
    return Starlette(routes=Media(xai).routes())


@asynccontextmanager
async def serve(
    knobs: Knobs, folder: Path, *, host: str = "127.0.0.1", port: int = 0, media_port: int = 0
) -> AsyncIterator[Served]:
    """Serve a simulator while the context lasts. Its books and files stay in ``folder``.

    Port 0 takes a free one.

    Raises:
        OSError: a port is taken.
    """
    xai = Xai(knobs, folder)
    async with AsyncExitStack() as stack:
        stack.callback(xai.ledger.close)
        media = stack.enter_context(_listening(host, media_port))
        xai.states.media_url = _address(media)
        api = stack.enter_context(_listening(host, port))
        await stack.enter_async_context(_running(create_media_app(xai), media, xai.wires))
        await stack.enter_async_context(_running(create_app(xai), api, xai.wires))
        yield Served(f"{_address(api)}/v1", _address(media))


class _Server(uvicorn.Server):
    """A server that leaves signals to the process it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def _running(app: Starlette, listener: socket.socket, wires: Wires) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app,
        http=wires.protocol(),
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # From here on clients are let wait, so that nobody is refused before the server runs.
        listener.listen(128)
        yield listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"http://{host}:{port}"
