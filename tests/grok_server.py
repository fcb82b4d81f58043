"""A simulated xAI in a thread of its own, for tests of both kinds: with and without an event loop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from providers.grok.adapter import GrokImages, GrokVideos
from providers.grok.client import XaiClient
from providers.simulators.grok.app import serve
from providers.simulators.grok.knobs import Knobs
from providers.simulators.grok.ledger import Ledger
from tests.threads import in_a_thread

KEY = Knobs().api_key


@dataclass(frozen=True)
class Simulator:
    base_url: str
    media_url: str
    folder: Path

    def videos(self, key: str = KEY, **options: Any) -> GrokVideos:
        """Give an adapter of the test's own, to be closed by it."""
        return GrokVideos(XaiClient(self.base_url, key), **options)

    def images(self, key: str = KEY) -> GrokImages:
        return GrokImages(XaiClient(self.base_url, key))

    @contextmanager
    def books(self) -> Iterator[Ledger]:
        """Look into what was accepted."""
        ledger = Ledger(self.folder / "ledger.sqlite3")
        try:
            yield ledger
        finally:
            ledger.close()

    def stand(self, standing: str) -> None:
        """Spoil the account, or make it good again."""
        address = self.base_url.removesuffix("/v1")
        httpx.put(f"{address}/_simulator/account", json={"standing": standing}).raise_for_status()

    def advance(self, seconds: float) -> None:
        """Put the simulator's clock forward."""
        address = self.base_url.removesuffix("/v1")
        httpx.post(f"{address}/_simulator/clock", json={"seconds": seconds}).raise_for_status()


@contextmanager
def simulating(folder: Path, **knobs: Any) -> Iterator[Simulator]:
    """Serve a simulator on free ports of the loopback."""
    with in_a_thread(serve(Knobs(**knobs), folder)) as served:
        yield Simulator(served.base_url, served.media_url, folder)
