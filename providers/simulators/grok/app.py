"""Serve a simulated xAI: its API on one port, its results on another."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette

from providers.simulators.grok.admin import Admin
from providers.simulators.grok.api import Api
from providers.simulators.grok.knobs import Knobs
from providers.simulators.grok.media import Media
from providers.simulators.grok.xai import Xai
from providers.simulators.serving import address, listening, running
from providers.simulators.watching import Seen, Watched


@dataclass(frozen=True, slots=True)
class Served:
    """Where a running simulator is reached."""

    base_url: str
    """What ``XAI_BASE_URL`` is set to."""
    media_url: str
    xai: Xai


def create_app(xai: Xai) -> Starlette:
    """Give the API, and the simulator's own endpoints beside it."""
    return Starlette(routes=[*Api(xai).routes(), *Admin(xai).routes()])


def create_media_app(xai: Xai) -> Starlette:
    """Give the host of the results."""
    return Starlette(routes=Media(xai).routes())


@asynccontextmanager
async def serve(
    knobs: Knobs,
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    media_port: int = 0,
    tell: Callable[[Seen], None] = lambda _: None,
) -> AsyncIterator[Served]:
    """Serve a simulator while the context lasts. Its books and files stay in ``folder``.

    Port 0 takes a free one; ``tell`` is told of every request that was answered.

    Raises:
        OSError: a port is taken.
    """
    xai = Xai(knobs, folder)
    async with AsyncExitStack() as stack:
        stack.callback(xai.ledger.close)
        media = stack.enter_context(listening(host, media_port))
        xai.states.media_url = address(media)
        api = stack.enter_context(listening(host, port))
        http = xai.wires.protocol()
        await stack.enter_async_context(running(Watched(create_media_app(xai), tell), media, http))
        await stack.enter_async_context(running(Watched(create_app(xai), tell), api, http))
        yield Served(f"{address(api)}/v1", address(media), xai)
