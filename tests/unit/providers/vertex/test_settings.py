from typing import Any

import pytest

from domain.errors import ConfigurationError
from providers.vertex.settings import GoogleSettings


def settings(**values: Any) -> GoogleSettings:
    return GoogleSettings(_env_file=None, **values)  # type: ignore[call-arg] # pydantic-settings adds it


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("us-central1", "https://us-central1-aiplatform.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_every_location_has_its_host(location: str, host: str) -> None:
    assert settings().host(location) == host
    assert settings(veo_base_url="http://127.0.0.1:9/").host(location) == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("veo_base_url", "http://localhost:1/v1"),
        ("veo_base_url", "http://localhost:1/v1beta1/"),
        ("veo_base_url", "localhost:1"),
        ("veo_gcs_uri", "clips/veo"),
        ("veo_gcs_uri", "gs://"),
        ("veo_gcs_uri", "gs://Clips"),
        ("veo_frame_buckets", "gs://frames,shots"),
        ("veo_frame_buckets", "gs://"),
        ("google_cloud_project", "a/b"),
        ("google_cloud_location", "us central1"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(**{name: value})
    assert (caught.value.setting, caught.value.value) == (name.upper(), value)


def test_buckets_and_emulators() -> None:
    assert settings(veo_gcs_uri="gs://clips/veo/").veo_gcs_uri == "gs://clips/veo"
    assert settings(veo_gcs_uri="gs://clips").veo_gcs_uri == "gs://clips"
    assert settings().frame_addresses == ()
    frames = settings(veo_frame_buckets=" gs://frames, gs://shots/approved/,")
    assert frames.frame_addresses == ("gs://frames/", "gs://shots/approved/")
    assert settings().storage_url == "https://storage.googleapis.com"
    assert settings(storage_emulator_host="127.0.0.1:9").storage_url == "http://127.0.0.1:9"


def test_without_a_project_nothing_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        _ = settings().project
    assert caught.value.value is None
