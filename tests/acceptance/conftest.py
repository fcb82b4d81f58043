"""Real processes on a real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.processes import Processes


@pytest.fixture
def rushes(tmp_path: Path, home: Path, database_url: str) -> Iterator[Processes]:
    """Start ``rushes`` commands on a fresh database at head; whatever still runs is killed at the end."""
    with Processes(
        tmp_path, RUSHES_HOME=str(home), DATABASE_URL=database_url, MOCK_DELAY_SECONDS="0"
    ) as processes:
        yield processes
