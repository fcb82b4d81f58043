import pytest

from domain.errors import ConfigurationError
from providers.grok.adapter import providers
from providers.grok.settings import GrokSettings


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    for name in ("XAI_API_KEY", "XAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_key_it_is_not_configured() -> None:
    with pytest.raises(ConfigurationError, match="XAI_API_KEY is not set") as caught:
        providers()
    assert caught.value.value is None


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel", "\x00x"])
def test_a_key_that_cannot_be_one_stops_the_start_and_is_not_shown(key: str) -> None:
    with pytest.raises(ConfigurationError, match="XAI_API_KEY") as caught:
        _ = GrokSettings(xai_api_key=key).key  # type: ignore[arg-type] # read as from the environment
    assert caught.value.value == "***"
    assert key not in caught.value.message


def test_a_key_may_stand_in_a_file_that_ends_in_a_newline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_API_KEY", "xai-abc\n")
    settings = GrokSettings()
    assert settings.key == "xai-abc"
    assert "xai-abc" not in repr(settings)


@pytest.mark.parametrize("url", ["https://api.x.ai", "api.x.ai/v1", "ftp://api.x.ai/v1", "https:///v1", "x"])
def test_an_address_that_is_no_api_stops_the_start(url: str) -> None:
    with pytest.raises(ConfigurationError, match="XAI_BASE_URL") as caught:
        GrokSettings(xai_base_url=url)
    assert caught.value.value == url


@pytest.mark.parametrize(
    "url", ["https://api.x.ai/v1/", "http://127.0.0.1:1/v1", "https://proxy.test/xai/v1"]
)
def test_an_address_ends_in_v1(url: str) -> None:
    assert GrokSettings(xai_base_url=url).xai_base_url == url.rstrip("/")
