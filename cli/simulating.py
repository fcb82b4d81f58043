"""``rushes simulate``: a provider's wire format on loopback, with real clips and pretended money."""

import asyncio
import json
import os
import shlex
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from api.auth import is_loopback
from cli import logs
from cli.running import stopped_by_signals
from cli.settings import load
from domain.errors import ConfigurationError
from providers.simulators.grok.app import serve as serve_grok
from providers.simulators.grok.faults import FaultError, parse
from providers.simulators.grok.knobs import Knobs
from providers.simulators.grok.rules import dollars
from providers.simulators.names import Simulated
from providers.simulators.serving import address, listening, running
from providers.simulators.settings import SimulatorSettings
from providers.simulators.veo.app import create_app
from providers.simulators.veo.script import Fault, Script
from providers.simulators.watching import Seen, Watched

_PROJECT, _BUCKET = "simulated-project", "gs://simulated-clips/veo"
_REFUSED, _LONG_PATH = 400, 80
Tell = Callable[[Seen], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a simulator listens, and what else only the command line says."""

    host: str
    port: int
    env_file: Path | None
    inline: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """A simulator that is being served."""

    environment: Mapping[str, str]
    admin: str
    paid: Callable[[], tuple[int, Decimal]]
    """How many submissions were accepted, and what they cost."""


def run_simulator(who: Simulated, place: Place, given: Mapping[str, Any]) -> None:
    """Serve a simulator until a signal ends it.

    Raises:
        ConfigurationError: an address that others can reach, a port that is taken, a fault nobody knows.
    """
    host = "127.0.0.1" if place.host.lower() == "localhost" else place.host
    if not is_loopback(host) or ":" in host:
        raise ConfigurationError("--host", place.host, "allowed: localhost or an address 127.x.x.x")
    changes = {f"simulate_{name}": value for name, value in given.items() if value is not None}
    settings = load(SimulatorSettings).model_copy(update=changes)
    _check_faults(who, settings.simulate_faults)
    logs.configure(load(logs.LogSettings))
    asyncio.run(_serve(who, place, host, settings))


def _check_faults(who: Simulated, faults: str) -> None:
    try:
        if who is Simulated.GROK:
            parse(faults)
        else:
            Script.read(f"[sim:{faults}]")
    except FaultError as error:
        raise ConfigurationError("SIMULATE_FAULTS", faults, error.message) from error
    except ValueError as error:
        known = f"allowed: {', '.join(sorted(Fault))}"
        raise ConfigurationError("SIMULATE_FAULTS", faults, known) from error


async def _serve(who: Simulated, place: Place, host: str, settings: SimulatorSettings) -> None:
    stage = {Simulated.GROK: _grok, Simulated.VEO3: _veo}[who]
    teller, stop = _Teller(Console(highlight=False)), asyncio.Event()
    try:
        with stopped_by_signals(stop):
            async with stage(settings, host, place, teller.tell) as served:
                teller.say_where(who, served)
                exported = _exported(served.environment)
                try:
                    if place.env_file:
                        _write(place.env_file, exported)
                    await stop.wait()
                finally:
                    if place.env_file:
                        place.env_file.unlink(missing_ok=True)
                teller.say_paid(*served.paid())
    except OSError as error:
        allowed = f"it cannot be listened on ({error.strerror}); choose another, or 0 for any"
        raise ConfigurationError("--port", str(place.port), allowed) from error


@asynccontextmanager
async def _grok(settings: SimulatorSettings, host: str, place: Place, tell: Tell) -> AsyncIterator[Stage]:
    knobs = Knobs(
        delay_seconds=settings.simulate_delay_seconds,
        price_per_second=settings.simulate_price_per_second,
        faults=settings.simulate_faults,
        chat=settings.simulate_chat,
    )
    folder = settings.rushes_home.absolute() / "simulators" / "grok"
    async with serve_grok(knobs, folder, host=host, port=place.port, tell=tell) as served:
        environment = {
            "VIDEO_PROVIDER": "grok",
            "XAI_BASE_URL": served.base_url,
            "XAI_API_KEY": knobs.api_key,
        }

        def paid() -> tuple[int, Decimal]:
            rows = served.xai.ledger.all()
            return len(rows), dollars(sum(row.ticks for row in rows))

        yield Stage(environment, f"{served.base_url.removesuffix('/v1')}/_simulator", paid)


@asynccontextmanager
async def _veo(settings: SimulatorSettings, host: str, place: Place, tell: Tell) -> AsyncIterator[Stage]:
    app = create_app(
        delay_seconds=settings.simulate_delay_seconds,
        price_per_second=settings.simulate_price_per_second,
        faults=f"[sim:{settings.simulate_faults}]",
        chat=settings.simulate_chat,
    )
    simulator, bills = app.state.simulator, app.state.bills
    with listening(host, place.port) as listener:
        url = address(listener)
        key_file = settings.rushes_home.absolute() / "simulators" / "veo3" / "key.json"
        try:
            key = await asyncio.to_thread(simulator.tokens.key_file, url, _PROJECT)
        except ImportError as error:
            advice = "it needs google-auth; install Rushes with its extra [veo]: pip install '.[veo]'"
            raise ConfigurationError("the simulator veo3", None, advice) from error
        _write(key_file, json.dumps(key))
        environment = {
            "VIDEO_PROVIDER": "veo3",
            "VEO_BASE_URL": url,
            "GOOGLE_CLOUD_PROJECT": _PROJECT,
            "GOOGLE_APPLICATION_CREDENTIALS": str(key_file),
            "STORAGE_EMULATOR_HOST": url,
            **({} if place.inline else {"VEO_GCS_URI": _BUCKET}),
        }
        async with running(Watched(app, tell), listener):
            yield Stage(environment, f"{url}/_simulator", lambda: (len(bills.rows()), bills.paid()))


def _exported(environment: Mapping[str, str]) -> str:
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all: others wait for it to appear."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(path)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Says what the simulator does, a line each."""

    console: Console

    def say_where(self, who: Simulated, stage: Stage) -> None:
        """Say how to use it."""
        self._say(f"# A simulated {who} listens; nothing costs anything. In another terminal:", "bold")
        for line in _exported(stage.environment).splitlines():
            self._say(line)
        self._say(f"# What it accepted and charges: curl {stage.admin}/submissions", "dim")
        self._say("# Ctrl-C ends it.", "dim")

    def tell(self, seen: Seen) -> None:
        """Say what one request was answered with."""
        status = "cut" if seen.status is None else str(seen.status)
        style = "red" if seen.status is None or seen.status >= _REFUSED else "green"
        path = seen.path if len(seen.path) < _LONG_PATH else f"…/{seen.path.rpartition('/')[2]}"
        line = Text.assemble((status, style), f" {seen.method} {path} {seen.seconds * 1000:.0f} ms")
        for said in seen.notes:
            line.append(f"  {said}", "dim")
        self.console.print(line, soft_wrap=True)

    def say_paid(self, accepted: int, paid: Decimal) -> None:
        """Say what it came to."""
        self._say(f"# {accepted} accepted, {paid:.2f} USD charged, none of it real.", "bold")

    def _say(self, text: str, style: str | None = None) -> None:
        self.console.print(text, style=style, markup=False, soft_wrap=True)
