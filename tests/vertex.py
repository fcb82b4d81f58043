"""A simulated Vertex AI for tests, and providers that use it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from providers.gemini.adapter import GeminiProvider
from providers.gemini.models import models as gemini_models
from providers.gemini.spool import Spool
from providers.simulators.veo.app import Simulator, create_app
from providers.simulators.veo.serving import serve
from providers.veo3.adapter import VeoProvider
from providers.veo3.models import models as veo_models
from providers.vertex.connecting import connect
from providers.vertex.settings import GoogleSettings

LITE = "veo-3.1-lite-generate-001"
GCS = "gs://rushes-clips/veo"


@cache
def _key() -> rsa.RSAPrivateKey:
    """One key for all tests: making one takes longer than most of them."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class World:
    """A simulator that is being served."""

    url: str
    simulator: Simulator
    home: Path
    project: str = "simulated-project"

    def key_file(self) -> Path:
        """Write a service account's key, whose tokens come from the simulator."""
        path = self.home / "key.json"
        self.simulator.tokens.key = _key()
        path.write_text(json.dumps(self.simulator.tokens.key_file(self.url, self.project)))
        return path

    def environment(self, *, gcs: bool = True) -> dict[str, str]:
        """Give the settings that lead here."""
        return {
            "GOOGLE_CLOUD_PROJECT": self.project,
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.key_file()),
            "VEO_BASE_URL": self.url,
            "STORAGE_EMULATOR_HOST": self.url,
            **({"VEO_GCS_URI": GCS} if gcs else {}),
        }

    def settings(self, *, gcs: bool = True, **changes: Any) -> GoogleSettings:
        """Give the same as an object."""
        values = {name.lower(): value for name, value in self.environment(gcs=gcs).items()}
        return GoogleSettings(_env_file=None, **(values | changes))  # type: ignore[call-arg] # pydantic-settings adds it

    def veo(self, *, gcs: bool = True, patience: float = 0.2, **changes: Any) -> VeoProvider:
        """Give Veo, polling fast."""
        vertex = connect(self.settings(gcs=gcs, **changes), "veo3")
        return VeoProvider(vertex, veo_models(None), poll_seconds=0.02, patience=patience)

    def gemini(self) -> GeminiProvider:
        """Give Gemini, its pictures kept in the home."""
        vertex = connect(self.settings(), "gemini")
        return GeminiProvider(vertex, gemini_models(None), Spool(self.home / "gemini"))


@contextmanager
def simulated(home: Path, **knobs: Any) -> Iterator[World]:
    """Serve a simulator whose generations are small and take no time."""
    app = create_app(**{"delay_seconds": 0.0, "resolution": "480p", **knobs})
    with serve(app) as url:
        yield World(url, app.state.simulator, home)
