"""Real processes on a real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance import stepper
from tests.acceptance.films import Connection, connect
from tests.acceptance.processes import Processes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def rushes(tmp_path: Path, home: Path, database_url: str) -> Iterator[Processes]:
    """Start ``rushes`` commands on a fresh database at head; whatever still runs is killed at the end."""
    with Processes(
        tmp_path, RUSHES_HOME=str(home), DATABASE_URL=database_url, MOCK_DELAY_SECONDS="0"
    ) as processes:
        yield processes


@pytest.fixture
def steps(rushes: Processes, tmp_path: Path) -> Processes:
    """Install the stepper for the processes of this test, as a plug-in is installed."""
    info = tmp_path / "plug-in" / "rushes_stepper-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rushes-stepper\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[rushes.providers]\n{stepper.NAME} = tests.acceptance.stepper:providers\n"
    )
    rushes.settings |= {
        "PYTHONPATH": f"{info.parent}:{ROOT}",
        "VIDEO_PROVIDER": stepper.NAME,
        "STEP_FILE": str(tmp_path / "reached"),
        "STEP_GO": str(tmp_path / "go"),
    }
    return rushes


@pytest.fixture
def table(database_url: str) -> Iterator[Connection]:
    """Give a connection as an application would have one."""
    with connect(database_url) as connection:
        yield connection
