"""Kill the executor at every step of a job at xAI or Google: nothing is paid twice, nothing is lost."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance import stepper
from tests.acceptance.films import Connection, attempts, history, insert, job
from tests.acceptance.processes import Processes
from tests.acceptance.waiting import until
from tests.grok_server import KEY, simulating
from tests.vertex import GCS, LITE, simulated

STEPS = [
    stepper.CLAIM,
    stepper.AFTER_SUBMIT,
    stepper.POLL,
    stepper.OPEN,
    stepper.MIDWAY,
    stepper.DOWNLOADED,
    stepper.UPLOAD,
    stepper.UPLOADED,
]
"""All but the one right before the POST."""


@dataclass(frozen=True)
class Account:
    """An account at a simulated provider."""

    settings: Mapping[str, str]
    paid: Callable[[], list[str]]
    """Where each generation that was started lands."""
    landing: Callable[[str, str], str]
    """Where an attempt of a job is to land."""


@pytest.fixture(params=["grok", "veo3"])
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Account]:
    """Serve one of the simulators."""
    if request.param == "grok":
        with simulating(tmp_path / "xai") as xai:

            def files() -> list[str]:
                with xai.books() as ledger:
                    return [str(row.filename) for row in ledger.all()]

            settings = {"STEP_OVER": "grok", "XAI_API_KEY": KEY, "XAI_BASE_URL": xai.base_url}
            yield Account(settings, files, lambda made, tried: f"{made}-{tried}")
        return
    with simulated(tmp_path) as world:
        accepted = world.simulator.ledger.accepted
        settings = {"STEP_OVER": "veo3", "VIDEO_MODEL": LITE, **world.environment()}
        yield Account(
            settings,
            lambda: [str(submit.storage_uri) for submit in accepted],
            lambda made, tried: f"{GCS}/{made}/{tried}/",
        )


@pytest.mark.timeout(240)
@pytest.mark.parametrize("step", STEPS)
def test_killed_at(
    steps: Processes, account: Account, table: Connection, tmp_path: Path, home: Path, step: str
) -> None:
    doomed = steps("executor", **account.settings, STEP_AT=step)
    doomed.wait_for("executor_ready")
    made = insert(table, seconds=4.0, resolution="720p")
    until((tmp_path / "reached").exists, what=step)
    doomed.kill()

    heir = steps("executor", **account.settings)
    until(lambda: job(table, made)["status"] in {"completed", "failed"}, seconds=150)
    found, (tried,) = job(table, made), attempts(table, made)
    assert found["status"] == "completed", heir.output()
    assert tried["state"] == "succeeded"
    (paid,) = account.paid()
    assert account.landing(str(made), str(tried["id"])) in paid
    assert found["attempt_count"] == 1, "no retry was used up"
    assert history(table, made)[-3:] == ["generating", "uploading", "completed"]
    assert list((home / "storage").rglob("*.mp4")) == [home / "storage" / found["storage_path"]]


@pytest.mark.timeout(240)
def test_killed_before_the_post(
    steps: Processes, account: Account, table: Connection, tmp_path: Path
) -> None:
    """The intent is committed, and nobody can know that nothing was sent: a person decides after a search."""
    settings = {**account.settings, "SUBMIT_RECOVERY_SECONDS": "15"}
    doomed = steps("executor", **settings, STEP_AT=stepper.BEFORE_SUBMIT)
    doomed.wait_for("executor_ready")
    made = insert(table, seconds=4.0, resolution="720p")
    until((tmp_path / "reached").exists, what="the intent")
    doomed.kill()

    heir = steps("executor", **settings)
    until(lambda: job(table, made)["status"] in {"completed", "failed"}, seconds=150)
    found, (tried,) = job(table, made), attempts(table, made)
    assert (found["status"], found["error_code"]) == ("failed", "submit_unknown"), heir.output()
    assert tried["state"] == "unknown"
    assert account.paid() == []
