from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from providers.mock.settings import MockSettings


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("MOCK_DELAY_SECONDS", "MOCK_FAIL", "RUSHES_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_defaults() -> None:
    settings = MockSettings()

    assert settings.delay == (5.0, 10.0)
    assert not settings.script.values
    assert settings.ledger_path == Path("var/mock/ledger.sqlite3")


@pytest.mark.parametrize(
    ("value", "delay"), [("0", (0, 0)), ("2.5", (2.5, 2.5)), ("1-3", (1, 3)), (" 1 - 1.5 ", (1, 1.5))]
)
def test_a_delay_is_a_number_or_a_range(
    value: str, delay: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCK_DELAY_SECONDS", value)

    assert MockSettings().delay == delay


@pytest.mark.parametrize("value", ["soon", "-1", "10-5", "1-2-3", "5s", "nan"])
def test_a_wrong_delay_stops_the_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_DELAY_SECONDS", value)

    with pytest.raises(ConfigurationError, match=f"MOCK_DELAY_SECONDS is '{value}'; allowed: seconds"):
        MockSettings()


def test_a_wrong_script_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_FAIL", "explode")

    with pytest.raises(ConfigurationError, match=r"MOCK_FAIL is 'explode'; .*submit_unknown"):
        MockSettings()


def test_settings_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MOCK_DELAY_SECONDS=0\nMOCK_FAIL=reject=2\nOTHER=1\n")

    settings = MockSettings()

    assert (settings.delay, str(settings.script)) == ((0, 0), "reject=2")
