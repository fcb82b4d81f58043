"""What the doctor finds of an account at a provider, without spending anything."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.simulators.account import Standing
from tests.grok_server import KEY, Simulator, simulating
from tests.integration.cli.conftest import Rushes
from tests.vertex import World, simulated


@pytest.fixture
def xai(tmp_path: Path) -> Iterator[Simulator]:
    with simulating(tmp_path / "xai") as simulator:
        yield simulator


@pytest.fixture
def google(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path) as world:
        yield world


def told(printed: str, name: str) -> tuple[str, str]:
    """Give a finding's line, and the mend below it."""
    lines = printed.splitlines()
    at = next(index for index, line in enumerate(lines) if line[2:16].strip() == name)
    following = lines[at + 1].strip()
    return lines[at], following.removeprefix("→ ") if following.startswith("→") else ""


@pytest.mark.parametrize(
    ("standing", "key", "wrong", "mend"),
    [
        ("good", KEY, "accepts the key 'simulated'", ""),
        ("good", "xai-another-key", "does not accept XAI_API_KEY", "make a new key in its console"),
        ("revoked", KEY, "does not accept XAI_API_KEY", "make a new key in its console"),
        ("forbidden", KEY, "xAI has blocked this key or its team", "see why in its console"),
    ],
)
def test_an_account_at_xai(
    rushes: Rushes, xai: Simulator, standing: str, key: str, wrong: str, mend: str
) -> None:
    xai.stand(standing)
    result = rushes("doctor", XAI_BASE_URL=xai.base_url, XAI_API_KEY=key)
    line, below = told(result.stdout, "grok (video)")
    assert (line[0], wrong in line, below) == ("✗" if mend else "✓", True, mend), result.stdout
    assert key not in result.output
    with xai.books() as books:
        assert books.all() == []


def test_an_xai_out_of_reach(rushes: Rushes) -> None:
    result = rushes("doctor", XAI_BASE_URL="http://127.0.0.1:9/v1", XAI_API_KEY=KEY)
    assert told(result.stdout, "grok (video)") == (
        "✗ grok (video)  http://127.0.0.1:9/v1 cannot be reached",
        "look at the network, the proxy and XAI_BASE_URL",
    )


@pytest.mark.parametrize(
    ("standing", "skew", "wrong", "mend"),
    [
        (Standing.GOOD, 0, "clips land in gs://rushes-clips/veo", ""),
        (Standing.REVOKED, 0, "does not accept our credentials", "make a new key for the service account"),
        (Standing.NO_CREDITS, 0, "has no billing or no quota", "enable billing"),
        (Standing.FORBIDDEN, 0, "may not use Vertex AI in simulated-project", "the role Vertex AI User"),
        (Standing.GOOD, 7200, "finds this machine's clock wrong", "set it by the network (NTP)"),
        (Standing.GOOD, -7200, "finds this machine's clock wrong", "set it by the network (NTP)"),
    ],
)
def test_an_account_at_google(
    rushes: Rushes, google: World, standing: Standing, skew: float, wrong: str, mend: str
) -> None:
    google.simulator.stand(standing)
    google.simulator.tokens.ahead = skew
    result = rushes("doctor", **google.environment())
    line, below = told(result.stdout, "veo3 (video)")
    assert (line[0], wrong in line, mend in below) == ("✗" if mend else "✓", True, True), result.stdout
    assert "PRIVATE" not in result.output
    assert google.simulator.ledger.accepted == []


def test_a_google_out_of_reach(rushes: Rushes, google: World) -> None:
    result = rushes("doctor", **{**google.environment(), "VEO_BASE_URL": "http://127.0.0.1:9"})
    line, mend = told(result.stdout, "veo3 (video)")
    assert "http://127.0.0.1:9 or Google's token endpoint cannot be reached" in line
    assert mend == "look at the network and the proxy"


def test_a_bucket_that_is_not_there(rushes: Rushes, google: World) -> None:
    google.simulator.buckets.missing.add("rushes-clips")
    result = rushes("doctor", **google.environment())
    line, mend = told(result.stdout, "veo3 (video)")
    assert "the bucket of gs://rushes-clips/veo does not exist" in line
    assert mend == "make it, or mend VEO_GCS_URI"
