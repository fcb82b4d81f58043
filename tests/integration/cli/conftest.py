"""Commands in this process, on a database of the test's own."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from cli.main import app

Rushes = Callable[..., Result]


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def rushes(database_url: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rushes:
    """Run a command with settings; ``input`` is its stdin."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: str | None = None, **settings: str) -> Result:
        env = {"DATABASE_URL": database_url, "RUSHES_HOME": str(home), "MOCK_DELAY_SECONDS": "0", **settings}
        return CliRunner().invoke(app, list(arguments), env=env, input=stdin, catch_exceptions=False)

    return run
