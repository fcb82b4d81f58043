"""The generated pages say what the code says."""

import importlib

import pytest
from pydantic_settings import BaseSettings

from cli.every_setting import EVERY_SETTING
from cli.reference import FOLDER, PAGES
from cli.settings import names
from db import tables
from domain.failures import ErrorCode

PROMISED = {
    "VIDEO_PROVIDER", "IMAGE_PROVIDER", "VIDEO_MODEL", "IMAGE_MODEL", "DATABASE_URL", "STORAGE_URL",
    "S3_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "RUSHES_HOME", "POLL_INTERVAL_SECONDS",
    "VIDEO_CONCURRENCY", "IMAGE_CONCURRENCY", "FILM_CONCURRENCY", "VIDEO_POLLS_PER_SECOND", "MAX_RETRIES",
    "SUBMIT_RECOVERY_SECONDS", "DRAIN_SECONDS", "MOCK_DELAY_SECONDS", "API_HOST", "API_PORT",
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name: str) -> None:
    """`python -m cli.reference` mends what fails here."""
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name]()


def test_every_promised_setting_exists() -> None:
    there = {
        name
        for kind in EVERY_SETTING.values()
        for key, field in kind.model_fields.items()
        for name in names(key, field)
    }
    assert there >= PROMISED


def test_no_class_of_settings_is_left_out() -> None:
    root = FOLDER.parents[1]
    packages = {name.partition(".")[0] for name in (kind.__module__ for kind in EVERY_SETTING.values())}
    for path in (path for package in packages for path in (root / package).rglob("settings.py")):
        importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))
    ours = {kind for kind in BaseSettings.__subclasses__() if kind.__module__.partition(".")[0] in packages}
    assert ours == set(EVERY_SETTING.values())


def test_every_setting_is_described() -> None:
    kinds = EVERY_SETTING.values()
    bare = [key for kind in kinds for key, field in kind.model_fields.items() if not field.description]
    assert bare == []


def test_every_error_is_on_its_page() -> None:
    page = PAGES["errors.md"]()
    assert [code for code in ErrorCode if f"| `{code}` |" not in page] == []


def test_every_column_of_a_job_is_on_its_page() -> None:
    page = PAGES["jobs-table.md"]()
    assert [name for name in tables.jobs.columns.keys() if f"\n| `{name}` | " not in page] == []  # noqa: SIM118 # names, not columns
    assert "| `duration_seconds` | double precision | empty | you |" in page
    assert "| `status` | text | `'queued'` | you |" in page
    assert "| `project_id` | uuid | must be given | you |" in page
