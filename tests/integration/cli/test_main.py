"""The command as it is typed: what it says, where it says it, and its exit code."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from cli import migrating
from domain.errors import ConfigurationError, DatabaseUnavailableError
from tests.integration.cli.conftest import Rushes

HEAVY = {"av", "boto3", "sqlalchemy", "psycopg", "pydantic", "uvicorn", "starlette", "httpx", "alembic"}


def test_help_lists_every_command(rushes: Rushes) -> None:
    result = rushes("--help")
    assert result.exit_code == 0
    commands = ("demo", "up", "api", "executor", "migrate", "doctor", "jobs", "import", "keys")
    assert [name for name in commands if name not in result.stdout] == []


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys, cli.main; print(sorted({HEAVY} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"


def test_it_knows_its_version(rushes: Rushes) -> None:
    assert rushes("--version").stdout == f"rushes {version('rushes')}\n"


@pytest.mark.parametrize(
    ("command", "settings", "said"),
    [
        ("executor", {"VIDEO_PROVIDER": "nobody"}, "rushes: VIDEO_PROVIDER is 'nobody'; allowed: "),
        (
            "executor",
            {"VIDEO_CONCURRENCY": "many"},
            "rushes: VIDEO_CONCURRENCY is 'many'; allowed: ",
        ),
        ("up", {"LOG_FORMAT": "xml"}, "rushes: LOG_FORMAT is 'xml'; allowed: auto, json, console"),
        ("executor", {"STORAGE_URL": "ftp://x"}, "rushes: STORAGE_URL is 'ftp://x'; allowed: "),
        (
            "migrate",
            {"DATABASE_URL": "mysql://u:secret@h/d"},
            "rushes: DATABASE_URL is 'mysql://…'; allowed: ",
        ),
        ("demo", {"MOCK_DELAY_SECONDS": "soon"}, "rushes: MOCK_DELAY_SECONDS is 'soon'; allowed: seconds"),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_2(
    rushes: Rushes, command: str, settings: dict[str, str], said: str
) -> None:
    result = rushes(command, **settings)
    assert result.exit_code == 2
    assert result.stderr.startswith(said)
    assert len(result.stderr.splitlines()) == 1
    assert "secret" not in result.output


def test_all_wrong_settings_are_told_at_once(rushes: Rushes) -> None:
    wrong = {
        "LOG_LEVEL": "loud",
        "VIDEO_CONCURRENCY": "many",
        "MAX_RETRIES": "-1",
        "MOCK_DELAY_SECONDS": "soon",
        "MOCK_FAIL": "sometimes",
        "API_PORT": "high",
        "DATABASE_URL": "mysql://h/d",
        "STORAGE_URL": "ftp://x",
        "S3_ENDPOINT_URL": "ftp://x",
    }
    for command in ("up", "executor", "api", "demo"):
        result = rushes(command, **wrong)
        assert result.exit_code == 2
        assert {line.split()[1] for line in result.stderr.splitlines()} == set(wrong)
    unnamed = rushes("up", VIDEO_PROVIDER="nobody", MAX_RETRIES="-1").stderr
    assert {line.split()[1] for line in unnamed.splitlines()} == {"VIDEO_PROVIDER", "MAX_RETRIES"}
    account = rushes("up", VIDEO_PROVIDER="grok", MAX_RETRIES="-1").stderr
    assert {line.split()[1] for line in account.splitlines()} == {"XAI_API_KEY", "MAX_RETRIES"}


def test_a_misspelt_setting_is_told_at_the_start(rushes: Rushes) -> None:
    misspelt = {"VIDEO_CONCURENCY": "1", "DATABASE_URL": "postgresql://u@127.0.0.1:1/d"}
    for command in ("up", "demo"):
        assert "VIDEO_CONCURENCY in the environment is no setting" in rushes(command, **misspelt).stderr
    assert "did you mean VIDEO_CONCURRENCY?" in rushes("doctor", VIDEO_CONCURENCY="1").stdout


def test_a_database_that_is_not_there_is_one_line_without_its_password(rushes: Rushes) -> None:
    result = rushes("executor", DATABASE_URL="postgresql://u:secret@127.0.0.1:1/d")
    assert result.exit_code == 2
    assert result.stderr.startswith("rushes: DATABASE_URL is 'postgresql://u:***@127.0.0.1:1/d'; ")
    assert "secret" not in result.output


@pytest.mark.parametrize("command", [("executor",), ("jobs", "list"), ("keys", "list")])
def test_a_database_without_a_schema_names_the_mend(
    rushes: Rushes, empty_database_url: str, command: tuple[str, ...]
) -> None:
    result = rushes(*command, DATABASE_URL=empty_database_url)
    assert result.exit_code == 2
    assert result.stderr.endswith("run: rushes migrate\n")


def test_migrate_brings_a_database_to_head_and_may_be_repeated(
    rushes: Rushes, empty_database_url: str
) -> None:
    first = rushes("migrate", DATABASE_URL=empty_database_url)
    assert (first.exit_code, "(it was at none)" in first.stdout) == (0, True)
    second = rushes("migrate", DATABASE_URL=empty_database_url)
    assert (second.exit_code, "already" in second.stdout) == (0, True)
    assert rushes("jobs", "list", DATABASE_URL=empty_database_url).exit_code == 0


def test_what_went_wrong_otherwise_is_exit_1(rushes: Rushes) -> None:
    result = rushes("migrate", DATABASE_URL="postgresql://u:secret@127.0.0.1:1/d")
    assert result.exit_code == 1
    assert result.stderr.startswith("rushes: the database is not available")
    assert "secret" not in result.output


def test_debug_shows_where_an_error_came_from(rushes: Rushes) -> None:
    with pytest.raises(DatabaseUnavailableError):
        rushes("--debug", "migrate", DATABASE_URL="postgresql://127.0.0.1:1/d")


def test_a_mistake_of_ours_keeps_its_traceback(rushes: Rushes, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise ExceptionGroup("both", [ConfigurationError("A", None, "b"), ZeroDivisionError()])

    monkeypatch.setattr(migrating, "migrate_database", broken)
    with pytest.raises(ExceptionGroup):
        rushes("migrate")


def test_expected_errors_side_by_side_are_a_line_each(
    rushes: Rushes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        errors = [ConfigurationError("A", "1", "b"), DatabaseUnavailableError("gone\nfor good")]
        raise ExceptionGroup("outer", [ExceptionGroup("inner", errors)])

    monkeypatch.setattr(migrating, "migrate_database", broken)
    result = rushes("migrate")
    assert (result.exit_code, result.stderr) == (2, "rushes: A is '1'; b\nrushes: gone for good\n")


def test_a_home_that_cannot_be_written_is_named(rushes: Rushes, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = rushes("executor", RUSHES_HOME=str(tmp_path / "file" / "home"))
    assert result.exit_code == 2
    assert "RUSHES_HOME" in result.stderr or "STORAGE_URL" in result.stderr
