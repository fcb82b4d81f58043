"""What the environment makes of Google's providers: not configured, wrong, or ready."""

import builtins
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.errors import ConfigurationError
from domain.provider import ProviderError
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.registry import Default, build
from providers.settings import ProviderSettings
from providers.vertex.connecting import connect
from providers.vertex.credentials import GoogleTokens
from tests.vertex import World, simulated

NAMES = (
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "VEO_BASE_URL",
    "VEO_GCS_URI",
    "VEO_FRAME_BUCKETS",
)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in (*NAMES, "XAI_API_KEY", "STORAGE_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with simulated(tmp_path) as world:
        yield world


def settings(**values: Any) -> ProviderSettings:
    return ProviderSettings(_env_file=None, **values)  # type: ignore[call-arg] # pydantic-settings adds it


def setting(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_without_a_project_they_are_not_configured(world: World) -> None:
    providers = build(settings(), [])

    assert providers.names == ("mock",)
    assert "GOOGLE_CLOUD_PROJECT is not set" in providers.unavailable["veo3"]
    assert "GOOGLE_CLOUD_PROJECT is not set" in providers.unavailable["gemini"]
    with pytest.raises(ConfigurationError, match="GOOGLE_CLOUD_PROJECT is not set"):
        build(settings(video_provider="veo3"), [])


async def test_veo_brings_gemini(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    setting(monkeypatch, world.environment())

    providers = build(settings(video_provider="veo3"), [])

    assert providers.defaults == {
        JobKind.VIDEO: Default("veo3", "veo-3.1-generate-001"),
        JobKind.IMAGE: Default("gemini", "gemini-nano-banana-2.1"),
    }
    assert world.project in await providers.get(JobKind.VIDEO, "veo3").check()
    assert world.project in await providers.get(JobKind.IMAGE, "gemini").check()
    await providers.aclose()


async def test_a_newer_model_may_be_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    new = {"VIDEO_MODEL": "veo-3.1-fast-generate-002", "IMAGE_MODEL": "gemini-nano-banana-2.2"}
    setting(monkeypatch, {**world.environment(), **new})

    providers = build(settings(video_provider="veo3"), [])

    assert {default.model for default in providers.defaults.values()} == set(new.values())
    await providers.aclose()
    monkeypatch.setenv("VIDEO_MODEL", "veo-9")
    with pytest.raises(ConfigurationError, match="veo3 offers veo-3"):
        build(settings(video_provider="veo3"), [])


@pytest.mark.parametrize(
    ("named", "read"), [("", False), ("gs://frames/", True), ("gs://frames/of-1A", False)]
)
async def test_frames_are_read_from_the_buckets_that_are_named(
    world: World, monkeypatch: pytest.MonkeyPatch, named: str, *, read: bool
) -> None:
    setting(monkeypatch, {**world.environment(), "VEO_FRAME_BUCKETS": named})
    providers = build(settings(video_provider="veo3"), [])
    frame: dict[str, Any] = {"start_frame_url": "gs://frames/a.png"}
    for model, able in providers.get(JobKind.VIDEO, "veo3").models.items():
        request = GenerationRequest(uuid4(), uuid4(), None, None, JobKind.VIDEO, model, "p", 8.0, **frame)
        found = [problem.field for problem in able.problems(request)]
        assert found == ([] if read else ["start_frame_url"])
    await providers.aclose()


def test_without_credentials_they_are_not_configured(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", world.project)
    # Neither gcloud's own file nor a machine at Google.
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(world.home))
    monkeypatch.setenv("NO_GCE_CHECK", "true")

    reason = build(settings(), []).unavailable["veo3"]

    assert "GOOGLE_APPLICATION_CREDENTIALS is not set" in reason
    assert "gcloud auth application-default login" in reason


@pytest.mark.parametrize("content", [None, "{", "[]", '{"type": "service_account", "private_key": "SECRET"}'])
def test_a_wrong_key_file_stops_the_start(
    world: World, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    path = world.home / "key.json"
    if content is not None:
        path.write_text(content)
    setting(monkeypatch, {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_APPLICATION_CREDENTIALS": str(path)})

    with pytest.raises(ConfigurationError) as caught:
        build(settings(), [])

    assert (caught.value.setting, caught.value.value) == ("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    assert "SECRET" not in caught.value.message


def test_without_google_auth_it_says_what_to_install(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refusing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "google.auth" or name.startswith("google.auth."):
            raise ImportError(f"No module named {name!r}")
        return real(name, *args, **kwargs)

    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    monkeypatch.delitem(sys.modules, "providers.vertex.credentials", raising=False)
    monkeypatch.setattr(builtins, "__import__", refusing)

    assert "pip install '.[veo]'" in build(settings(), []).unavailable["veo3"]
    with pytest.raises(ConfigurationError, match="it needs google-auth"):
        build(settings(video_provider="veo3"), [])


async def test_the_key_never_gets_into_an_error(world: World) -> None:
    path = world.key_file()
    key = json.loads(path.read_text())["private_key"]
    world.simulator.tokens.key = None
    tokens = GoogleTokens.find(path)

    with pytest.raises(ProviderError) as caught:
        await tokens.headers()

    assert key[40:80] not in f"{caught.value.message} {caught.value.raw}"


async def test_waiting_callers_share_one_renewal(world: World) -> None:
    vertex = connect(world.settings(), "veo3")
    first = await vertex.tokens.headers()
    assert await vertex.tokens.headers() == first
    world.simulator.tokens.expire()

    second = await vertex.tokens.headers(refused=first)

    assert second != first
    # Whoever was refused with the old token meanwhile gets the new one.
    assert await vertex.tokens.headers(refused=first) == second
    assert world.simulator.ledger.tokens == 2
    await vertex.aclose()
