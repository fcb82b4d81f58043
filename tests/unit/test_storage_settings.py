from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from domain.errors import ConfigurationError
from storage.folder import FolderStore
from storage.location import Bucket, Folder, parse_endpoint, parse_location
from storage.open import open_store
from storage.s3 import S3Store
from storage.settings import StorageSettings

HOME = Path("/home/of/rushes")
SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave no setting of the machine's: neither variables nor a .env file, nor files of AWS."""
    for name in StorageSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("file:", Folder(HOME / "storage")),
        ("file:///clips", Folder(Path("/clips"))),
        ("file:/clips/of%20mine", Folder(Path("/clips/of mine"))),
        ("file://localhost/clips", Folder(Path("/clips"))),
        ("file:clips", Folder(Path("clips"))),
        ("s3://bucket", Bucket("bucket", "")),
        ("s3://bucket/", Bucket("bucket", "")),
        ("s3://my.bucket-1/films/2026/", Bucket("my.bucket-1", "films/2026")),
        ("s3://Old_Bucket/a", Bucket("Old_Bucket", "a")),
    ],
)
def test_a_location_is_read(url: str, expected: Folder | Bucket) -> None:
    assert parse_location(url, HOME) == expected


@pytest.mark.parametrize(
    "url",
    [
        "/clips",
        "clips",
        "gs://bucket",
        "https://bucket.s3.amazonaws.com",
        "s3:",
        "s3://",
        "s3:bucket",
        "s3://b",
        "s3://-bucket",
        "s3://bucket:9000/a",
        "s3://bucket/a/../b",
        "s3://bucket//a//b",
        "s3://bucket/a?region=eu",
        "file://server/clips",
        "file:/clips#1",
    ],
)
def test_a_malformed_location_is_named_with_what_is_allowed(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_location(url, HOME)
    assert caught.value.setting == "STORAGE_URL"
    assert caught.value.value == url
    assert "allowed" in caught.value.allowed or "must have a name" in caught.value.allowed


@pytest.mark.parametrize("url", [f"s3://key:{SECRET}@bucket/a", f"s3://{SECRET}@bucket", "file://[oops/a"])
def test_a_location_with_a_secret_in_it_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="STORAGE_URL") as caught:
        parse_location(url, HOME)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url", [None, "http://127.0.0.1:9000", "https://account.r2.example", "http://minio:9000/"]
)
def test_an_endpoint_is_read(url: str | None) -> None:
    assert parse_endpoint(url) == url


@pytest.mark.parametrize(
    "url", ["127.0.0.1:9000", "minio", "ftp://host", "http://", "http://host:port", "http://h?a"]
)
def test_a_malformed_endpoint_is_named(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"S3_ENDPOINT_URL is .*; allowed: http://host:port"):
        parse_endpoint(url)


def test_an_endpoint_with_a_secret_in_it_is_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="S3_ENDPOINT_URL is '\\(not shown\\)'") as caught:
        parse_endpoint(f"http://key:{SECRET}@host")
    assert SECRET not in str(caught.value)


def test_without_settings_a_folder_under_home_is_used(tmp_path: Path) -> None:
    store = open_store(StorageSettings())
    assert isinstance(store, FolderStore)
    assert store.root == tmp_path / "var" / "storage"


def test_empty_variables_count_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_URL", "")
    monkeypatch.setenv("S3_ENDPOINT_URL", "")
    settings = StorageSettings()
    assert (settings.storage_url, settings.s3_endpoint_url) == ("file:", None)


@pytest.mark.parametrize("name", ["AWS_DEFAULT_REGION", "AWS_REGION"])
def test_credentials_and_region_may_stand_in_the_file(tmp_path: Path, name: str) -> None:
    # boto3 itself reads the environment alone.
    (tmp_path / ".env").write_text(
        f"STORAGE_URL=s3://bucket/a\nAWS_ACCESS_KEY_ID=AKIDEXAMPLE\nAWS_SECRET_ACCESS_KEY={SECRET}\n{name}=eu-west-3\n"
    )
    settings = StorageSettings()
    assert SECRET not in repr(settings)
    store = open_store(settings)
    assert isinstance(store, S3Store)
    assert store._client.meta.region_name == "eu-west-3"
    url = store._client.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "a"})
    assert "X-Amz-Credential=AKIDEXAMPLE%2F" in url
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url


@pytest.mark.parametrize(
    ("given", "missing"),
    [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")],
)
def test_half_of_the_credentials_are_not_enough(
    monkeypatch: pytest.MonkeyPatch, given: str, missing: str
) -> None:
    monkeypatch.setenv("STORAGE_URL", "s3://bucket")
    monkeypatch.setenv(given, SECRET)
    with pytest.raises(ConfigurationError, match=f"{missing} is not set") as caught:
        open_store(StorageSettings())
    assert SECRET not in str(caught.value)


def test_an_unknown_profile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "studio")
    with pytest.raises(ConfigurationError, match="AWS_PROFILE is 'studio'; there is no such profile"):
        open_store(StorageSettings(storage_url="s3://bucket"))


def test_an_impossible_region_is_named() -> None:
    with pytest.raises(ConfigurationError, match="AWS_DEFAULT_REGION is 'not a region'"):
        open_store(StorageSettings(storage_url="s3://bucket", aws_default_region="not a region"))


async def test_a_machine_without_credentials_is_told_what_to_set() -> None:
    store = open_store(StorageSettings(storage_url="s3://bucket", s3_endpoint_url="http://127.0.0.1:9"))
    with pytest.raises(ConfigurationError, match=r"AWS_ACCESS_KEY_ID is not set; .*AWS_SECRET_ACCESS_KEY"):
        await store.prepare()
    await store.aclose()


def test_a_timeout_must_be_one() -> None:
    with pytest.raises(ValidationError, match="storage_timeout"):
        StorageSettings(storage_timeout=timedelta(0))
