"""The providers' wire formats on this machine: the same command, the real adapters, pretended money."""

import json
import shlex
import signal
import stat
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import av
import pytest

from tests.acceptance.films import connect, insert, job
from tests.acceptance.processes import Process, Processes
from tests.acceptance.waiting import until

pytestmark = pytest.mark.timeout(300)

FILM = json.loads((Path(__file__).parents[2] / "cli" / "demo_film.json").read_text())
SECONDS = sum(shot["duration_seconds"] for scene in FILM["scenes"] for shot in scene["shots"])


def simulated(rushes: Processes, *arguments: str) -> tuple[Process, dict[str, str]]:
    """Start a simulator; give it with the environment that its file exports."""
    file = rushes.folder / "simulated.env"
    simulator = rushes("simulate", *arguments, "--env-file", str(file))
    until(lambda: file.exists() or not simulator.running, what="the file of the environment")
    assert simulator.running, simulator.output()
    lines = [shlex.split(line) for line in file.read_text().splitlines()]
    assert all(line[0] == "export" for line in lines)
    return simulator, dict(line[1].split("=", 1) for line in lines)


def books(simulator: Process) -> Mapping[str, Any]:
    address = simulator.wait_for_print("/_simulator/submissions").split()[-1]
    with urlopen(address) as answer:
        found: Mapping[str, Any] = json.load(answer)
    return found


@pytest.mark.parametrize(
    ("arguments", "model", "price"),
    [
        (("grok",), "grok-imagine-video-1.5-lite", "0.03"),
        (("veo3",), "veo-3.1-lite-generate-001", "0.05"),
        (("veo3", "--inline"), "veo-3.1-lite-generate-001", "0.05"),
    ],
    ids=["grok", "veo3 by bucket", "veo3 inline"],
)
def test_the_demo_is_rendered_at_the_providers_prices(
    rushes: Processes, database_url: str, home: Path, arguments: tuple[str, ...], model: str, price: str
) -> None:
    simulator, environment = simulated(rushes, *arguments, "--delay", "1")
    assert environment["VIDEO_PROVIDER"] == arguments[0]
    demo = rushes(
        "demo", "--exit", **environment, VIDEO_MODEL=model, VIDEO_CONCURRENCY="9", API_PORT="0"
    )  # fmt: skip
    assert demo.wait(200.0) == 0, demo.output() + simulator.output()
    assert demo.wait_for_print("at the prices that the simulator pretends"), "and nobody had to say yes"

    with connect(database_url) as connection:
        jobs = connection.execute("SELECT * FROM video_generation_jobs WHERE kind = 'video'").fetchall()
    assert {row["status"] for row in jobs} == {"completed"}
    for row in jobs:
        assert row["actual_cost"] == Decimal(str(row["duration_seconds"])) * Decimal(price)
        with av.open(home / "storage" / row["storage_path"]) as clip:
            assert clip.duration is not None
            assert abs(clip.duration / av.time_base - row["duration_seconds"]) < 0.25
            assert sum(1 for _ in clip.decode(video=0)) > 0
    said = books(simulator)
    made = [row for row in said["data"] if row["model"] == model]
    assert len(made) == len(jobs), "each is paid once"
    assert sum(Decimal(row["cost"]) for row in made) == Decimal(price) * SECONDS
    assert simulator.stop() == 0
    assert any("accepted" in line for line in simulator.printed), "a line for each request"
    assert "PRIVATE KEY" not in simulator.output() + demo.output()


def test_a_key_for_one_simulator_is_its_owners_alone(rushes: Processes) -> None:
    simulator, environment = simulated(rushes, "veo3")
    key = Path(environment["GOOGLE_APPLICATION_CREDENTIALS"])
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert json.loads(key.read_text())["token_uri"] == f"{environment['VEO_BASE_URL']}/token"
    simulator.signal(signal.SIGINT)
    assert simulator.wait() == 0
    assert not (rushes.folder / "simulated.env").exists(), "what it says is not true any more"
    assert simulator.wait_for_print("0 accepted, 0.00 USD charged")


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (("grok", "--host", "0.0.0.0"), {}, "--host is '0.0.0.0'; allowed: localhost"),
        (("veo3", "--host", "example.com"), {}, "--host is 'example.com'; allowed: localhost"),
        (("grok", "--faults", "nonsense"), {}, "SIMULATE_FAULTS is 'nonsense'; the simulator knows no"),
        (("veo3",), {"SIMULATE_FAULTS": "nonsense"}, "SIMULATE_FAULTS is 'nonsense'; allowed: array"),
        (("grok",), {"SIMULATE_DELAY_SECONDS": "long"}, "SIMULATE_DELAY_SECONDS is 'long'"),
    ],
)
def test_what_it_refuses(
    rushes: Processes, arguments: tuple[str, ...], settings: dict[str, str], said: str
) -> None:
    refused = rushes("simulate", *arguments, **settings)
    assert refused.wait() == 2, refused.output()
    assert said in refused.errors[0]


def test_a_port_that_is_taken_is_named(rushes: Processes) -> None:
    first, environment = simulated(rushes, "grok")
    port = environment["XAI_BASE_URL"].rpartition(":")[2].removesuffix("/v1")
    second = rushes("simulate", "veo3", "--port", port)
    assert second.wait() == 2
    assert f"--port is '{port}'; it cannot be listened on" in second.errors[0]
    assert first.stop() == 0


def test_a_price_and_faults_of_its_own(rushes: Processes, database_url: str) -> None:
    simulator, environment = simulated(
        rushes, "grok", "--delay", "0", "--price", "0.5", "--faults", "rate_limited=1, download_error=1"
    )
    executor = rushes("executor", **environment)
    executor.wait_for("executor_ready")
    with connect(database_url) as connection:
        made = insert(connection, seconds=3, resolution="480p")
        until(lambda: job(connection, made)["status"] in {"completed", "failed"}, seconds=120)
        row = job(connection, made)
    assert (row["status"], row["error_message"]) == ("completed", None), executor.output()
    assert row["actual_cost"] == Decimal("1.5"), "what was charged, not what was quoted"
    assert Decimal(books(simulator)["paid"]) == Decimal("1.5")
    assert any(line.startswith("429 POST") for line in simulator.printed)
