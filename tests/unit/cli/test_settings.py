"""Wrong settings are named as people set them, and secrets stay out of it."""

from pathlib import Path

import pytest

from api.settings import ApiSettings
from cli.logs import LogSettings
from cli.settings import is_secret, load, wrong_in
from db.settings import DatabaseSettings
from domain.errors import ConfigurationError
from executor.settings import ExecutorSettings
from providers.mock.settings import MockSettings
from storage.settings import StorageSettings


@pytest.fixture(autouse=True)
def _nothing_of_the_developer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("kind", "name", "value", "message"),
    [
        (ExecutorSettings, "VIDEO_CONCURRENCY", "many", "'many'; allowed: a whole number from 0 to 1000000"),
        (
            ExecutorSettings,
            "POLL_INTERVAL_SECONDS",
            "0",
            "'0'; allowed: a number, more than 0, at",
        ),
        (ExecutorSettings, "VIDEO_POLLS_PER_SECOND", "-1", "'-1'; allowed: a number, more than 0"),
        (ApiSettings, "API_PORT", "70000", "'70000'; allowed: a whole number from 0 to 65535"),
        (LogSettings, "LOG_LEVEL", "loud", "'loud'; allowed: debug, info, warning, error"),
        (
            DatabaseSettings,
            "DATABASE_TIMEOUT",
            "soon",
            "'soon'; allowed: seconds such as 10, or a duration such as PT10S",
        ),
        (
            MockSettings,
            "MOCK_DELAY_SECONDS",
            "9-1",
            "'9-1'; allowed: seconds such as 0 or 2.5, or a range",
        ),
    ],
)
def test_a_wrong_one_is_named_with_its_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, kind: type, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load(kind)
    assert caught.value.setting == name
    assert caught.value.message.startswith(f"{name} is {message}")


@pytest.mark.parametrize(("value", "seconds"), [("7", 7), ("0.5", 0.5), ("PT10S", 10), ("00:00:12", 12)])
def test_a_timeout_takes_plain_seconds_and_durations(
    monkeypatch: pytest.MonkeyPatch, value: str, seconds: float
) -> None:
    monkeypatch.setenv("DATABASE_TIMEOUT", value)
    monkeypatch.setenv("STORAGE_TIMEOUT", value)
    assert load(DatabaseSettings).database_timeout.total_seconds() == seconds
    assert load(StorageSettings).storage_timeout.total_seconds() == seconds


@pytest.mark.parametrize("value", ["0", "-1", "nan"])
def test_a_timeout_of_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("DATABASE_TIMEOUT", value)
    with pytest.raises(ConfigurationError, match="DATABASE_TIMEOUT"):
        load(DatabaseSettings)


def test_all_that_is_wrong_with_a_class_is_found_whoever_checks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_DELAY_SECONDS", "soon")
    monkeypatch.setenv("MOCK_FAIL", "sometimes")
    assert [error.setting for error in wrong_in(MockSettings)] == ["MOCK_DELAY_SECONDS", "MOCK_FAIL"]
    monkeypatch.setenv("VIDEO_CONCURRENCY", "many")
    monkeypatch.setenv("MAX_RETRIES", "-1")
    assert {error.setting for error in wrong_in(ExecutorSettings)} == {"VIDEO_CONCURRENCY", "MAX_RETRIES"}
    assert wrong_in(LogSettings) == []


def test_a_good_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_CONCURRENCY", "27000")
    assert load(ExecutorSettings).video_concurrency == 27_000


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MAX_RETRIES=7\nDRAIN_SECONDS=8\nSOMETHING_ELSE=9\n")
    monkeypatch.setenv("DRAIN_SECONDS", "1")
    settings = load(ExecutorSettings)
    assert (settings.max_retries, settings.drain_seconds) == (7, 1)


def test_one_that_is_set_to_nothing_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIDEO_CONCURRENCY", "DATABASE_URL", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "")
    assert load(ExecutorSettings).video_concurrency == 3
    assert load(DatabaseSettings).database_url is None
    assert load(StorageSettings).aws_default_region is None


@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "XAI_API_KEY", "DATABASE_URL", "db_password"]
)
def test_secrets_are_known_by_their_names(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["API_PORT", "VIDEO_PROVIDER", "STORAGE_URL", "RUSHES_HOME"])
def test_what_is_no_secret_is_shown(name: str) -> None:
    assert not is_secret(name)
