"""The demo spends nothing unless somebody said so."""

from decimal import Decimal
from pathlib import Path

import pytest

from cli.spending import agree, is_free, terms
from domain.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _an_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUSHES_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XAI_API_KEY", "xai-test")


@pytest.mark.parametrize(
    ("name", "settings", "free"),
    [
        ("mock", {}, True),
        ("grok", {}, False),
        ("grok", {"XAI_BASE_URL": "http://127.0.0.1:7000/v1"}, True),
        ("grok", {"XAI_BASE_URL": "http://localhost:7000/v1"}, True),
        ("grok", {"XAI_BASE_URL": "http://127.0.0.1.example.com/v1"}, False),
        ("veo3", {}, False),
        ("veo3", {"VEO_BASE_URL": "http://[::1]:7000"}, True),
        ("gemini", {"VEO_BASE_URL": "https://proxy.example.com"}, False),
        ("somebodys_plug_in", {}, False),
    ],
)
def test_only_the_mock_and_simulators_on_this_machine_are_free(
    monkeypatch: pytest.MonkeyPatch, name: str, settings: dict[str, str], free: bool
) -> None:
    for setting, value in settings.items():
        monkeypatch.setenv(setting, value)
    assert is_free(name) is free


def test_without_a_terminal_a_paid_provider_is_refused_with_the_price(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIDEO_PROVIDER", "grok")
    with pytest.raises(ConfigurationError, match=r"this film costs about \$7\.00 .* --paid"):
        terms(paid=False)


@pytest.mark.parametrize(("says", "chosen", "grok"), [(True, "grok", True), (False, "mock", False)])
def test_whoever_is_asked_decides(
    monkeypatch: pytest.MonkeyPatch, says: bool, chosen: str, grok: bool
) -> None:
    monkeypatch.setenv("VIDEO_PROVIDER", "grok")
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return says

    agreed = terms(paid=False, ask=ask)
    assert "$7.00" in asked[0]
    assert (agreed.settings.video_provider, agreed.allows("grok")) == (chosen, grok)


def test_who_agreed_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_PROVIDER", "grok")
    agreed = terms(paid=True)
    assert (agreed.settings.video_provider, agreed.allows("grok")) == ("grok", True)


def test_an_account_that_was_not_chosen_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_PROVIDER", "grok")
    agreed = terms(paid=False)
    assert (agreed.settings.video_provider, agreed.settings.image_provider) == ("mock", "mock")
    assert not agreed.allows("grok")


@pytest.mark.parametrize("says", [True, False])
def test_an_order_is_placed_as_whoever_is_asked_says(says: bool) -> None:
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return says

    costs = {"mock": Decimal("0.3"), "grok": Decimal("1.5")}
    assert agree(costs, writer=None, paid=False, ask=ask) is says
    assert agree({"mock": Decimal(1)}, writer="gemini", paid=False, ask=ask) is says
    assert asked == [
        "This costs about $1.50 with grok. Spend that?",
        "This costs what gemini takes for writing prompts. Spend that?",
    ]


def test_nobody_is_asked_about_what_is_free_or_agreed() -> None:
    def ask(_question: str) -> bool:
        raise AssertionError("nobody is to be asked")

    costs = {"grok": Decimal("1.5")}
    assert agree({"mock": Decimal("1.5")}, writer=None, paid=False, ask=ask)
    assert agree(costs, writer="grok", paid=True, ask=ask)
    with pytest.raises(ConfigurationError, match=r"\$1\.50 with grok; say --paid"):
        agree(costs, writer=None, paid=False, ask=None)
