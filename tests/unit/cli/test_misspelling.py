"""Variables that are nearly settings are named, and nobody else's are."""

from pathlib import Path

import pytest

from cli.every_setting import EVERY_SETTING
from cli.misspelling import misspellings
from cli.settings import names

FOREIGN = [
    "AWS_PROFILE", "AWS_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGIONS", "DATABASE_USER", "DATABASE_HOST",
    "DATABASE_PORT", "OPENAI_API_KEY", "PATH", "HOME", "HOST", "PORT", "LOG_FILE", "LOG_DIR",
    "GOOGLE_API_KEY", "GOOGLE_CLOUD_ZONE", "POSTGRES_URL", "REDIS_URL", "S3_BUCKET", "IMAGE_NAME",
    "VIDEO_CODEC", "PYTHONPATH", "RUSHES_REQUIRE_ALL", "TEST_DATABASE_URL", "API_TOKEN", "XDG_RUNTIME_DIR",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "likely"),
    [
        ("VIDEO_CONCURENCY", "VIDEO_CONCURRENCY"),
        ("VIDEOCONCURRENCY", "VIDEO_CONCURRENCY"),
        ("VIDEO_PROVIDR", "VIDEO_PROVIDER"),
        ("MOCK_DELAY", "MOCK_DELAY_SECONDS"),
        ("MAX_RETRY", "MAX_RETRIES"),
        ("API_ALLOWED_HOST", "API_ALLOWED_HOSTS"),
        ("STORAGE_URI", "STORAGE_URL"),
    ],
)
def test_a_misspelt_one_is_told_with_what_was_likely_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, likely: str
) -> None:
    monkeypatch.setenv(name, "1")
    (tmp_path / ".env").write_text(f"{name.lower()}=1\nVIDEO_PROVIDER=mock\nSOMETHING_ELSE=9\n")
    found = {(each.place, each.name.upper(), each.likely) for each in misspellings()}
    assert found == {("in the environment", name, likely), ("in .env", name, likely)}


def test_those_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours = [
        name
        for kind in EVERY_SETTING.values()
        for key, field in kind.model_fields.items()
        for name in names(key, field)
    ]
    for name in (*FOREIGN, *ours):
        monkeypatch.setenv(name, "1")
    (tmp_path / ".env").write_text("".join(f"{name}=1\n" for name in (*FOREIGN, *ours)))
    assert list(map(str, misspellings())) == []
