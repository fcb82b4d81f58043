from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from domain.errors import ConfigurationError, NotFoundError
from domain.provider import Provider
from domain.statuses import JobKind
from providers.mock.adapter import MockProvider
from providers.mock.settings import MockSettings
from providers.registry import BUILT_IN, Default, Providers, build, known_providers
from providers.settings import ProviderSettings

NOTHING: Sequence[EntryPoint] = ()
ASKED: list[str] = []


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    for name in (
        "VIDEO_PROVIDER",
        "IMAGE_PROVIDER",
        "VIDEO_MODEL",
        "IMAGE_MODEL",
        "MOCK_FAIL",
        "XAI_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    yield
    ASKED.clear()


def plug_in(name: str, factory: str) -> EntryPoint:
    return EntryPoint(name, f"tests.unit.providers.test_registry:{factory}", "rushes.providers")


def clips_only() -> Sequence[Provider]:
    ASKED.append("clips_only")
    return (MockProvider(MockSettings(), JobKind.VIDEO),)


def without_key() -> Sequence[Provider]:
    raise ConfigurationError("ACME_API_KEY", None, "set it to use acme")


def wrong_address() -> Sequence[Provider]:
    raise ConfigurationError("ACME_URL", "x", "allowed: an https address")


def settings(**values: Any) -> ProviderSettings:
    return ProviderSettings(**values)


def test_the_mock_is_the_default_for_everything() -> None:
    providers = build(settings(), NOTHING)

    assert providers.defaults == {
        JobKind.VIDEO: Default("mock", "mock-1"),
        JobKind.IMAGE: Default("mock", "mock-image-1"),
    }
    assert providers.names == ("mock",)
    assert providers.get(JobKind.VIDEO, "mock").kind is JobKind.VIDEO
    assert providers.get(JobKind.IMAGE, "mock").kind is JobKind.IMAGE


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_MODEL", "")
    monkeypatch.setenv("IMAGE_MODEL", "mock-image-1")

    assert build(ProviderSettings(), NOTHING).defaults[JobKind.VIDEO] == Default("mock", "mock-1")


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_built_in_provider_can_be_imported(name: str) -> None:
    built_in = BUILT_IN[name]

    assert callable(EntryPoint(name, built_in.factory, "rushes.providers").load())
    assert built_in.images in BUILT_IN


def test_the_names_that_may_be_chosen_are_listed_without_importing_them() -> None:
    entry = EntryPoint("acme", "no.such.module:providers", "rushes.providers")

    assert known_providers([entry]) == ("acme", *sorted(BUILT_IN))


@pytest.mark.parametrize("setting", ["video_provider", "image_provider"])
def test_an_unknown_name_stops_the_start_with_the_list(setting: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build(settings(**{setting: "sora"}), [plug_in("acme", "clips_only")])

    listed = ", ".join(sorted(["acme", *BUILT_IN]))
    assert caught.value.message == f"{setting.upper()} is 'sora'; allowed: {listed}"
    assert ASKED == []


@pytest.mark.parametrize("setting", ["video_model", "image_model"])
def test_an_unknown_model_stops_the_start_with_the_list(setting: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"{setting.upper()} is 'm9'; mock offers mock-"):
        build(settings(**{setting: "m9"}), NOTHING)


def test_a_plug_in_may_be_chosen_and_the_mock_draws_its_frames() -> None:
    providers = build(settings(video_provider="acme"), [plug_in("acme", "clips_only")])

    assert providers.defaults[JobKind.VIDEO] == Default("acme", "mock-1")
    assert providers.defaults[JobKind.IMAGE].name == "mock"
    assert providers.names == ("acme", "mock")
    assert providers.model(JobKind.VIDEO, "mock") == "mock-1"
    assert ASKED == ["clips_only"]


def test_who_makes_no_images_cannot_be_chosen_for_them() -> None:
    with pytest.raises(ConfigurationError, match="'acme'; it makes no image; allowed: mock"):
        build(settings(image_provider="acme"), [plug_in("acme", "clips_only")])


def test_what_is_not_configured_stops_only_who_chose_it() -> None:
    acme = plug_in("acme", "without_key")

    providers = build(settings(), [acme])

    assert providers.names == ("mock",)
    assert providers.unavailable["acme"] == "ACME_API_KEY is not set; set it to use acme"
    with pytest.raises(NotFoundError, match="ACME_API_KEY is not set"):
        providers.get(JobKind.VIDEO, "acme")
    with pytest.raises(ConfigurationError, match="ACME_API_KEY"):
        build(settings(video_provider="acme"), [acme])


def test_a_wrong_setting_stops_the_start_whoever_was_chosen() -> None:
    with pytest.raises(ConfigurationError, match="ACME_URL is 'x'"):
        build(settings(), [plug_in("acme", "wrong_address")])


@pytest.mark.parametrize("target", ["no.such.module:providers", "tests.unit.providers.test_registry:gone"])
def test_a_plug_in_that_cannot_be_imported_stops_only_who_chose_it(target: str) -> None:
    broken = EntryPoint("acme", target, "rushes.providers")

    assert "cannot be imported" in build(settings(), [broken]).unavailable["acme"]
    with pytest.raises(ConfigurationError, match="cannot be imported"):
        build(settings(video_provider="acme"), [broken])


def test_a_name_is_given_once() -> None:
    with pytest.raises(ConfigurationError, match="'mock'; that name is taken"):
        build(settings(), [plug_in("mock", "clips_only")])
    with pytest.raises(ConfigurationError, match="'acme'; that name is taken"):
        build(settings(), [plug_in("acme", "clips_only"), plug_in("acme", "without_key")])


def test_asking_for_what_nobody_makes_is_told() -> None:
    with pytest.raises(NotFoundError, match="no provider 'acme' makes video; configured for video: mock"):
        build(settings(), NOTHING).get(JobKind.VIDEO, "acme")


async def test_they_are_closed_together() -> None:
    closed: list[str] = []

    class Closing(MockProvider):
        async def aclose(self) -> None:
            closed.append(self.kind)
            await super().aclose()

    made = {(kind, "mock"): Closing(MockSettings(), kind) for kind in (JobKind.VIDEO, JobKind.IMAGE)}
    await Providers(made, {}, {}).aclose()

    assert closed == ["video", "image"]
