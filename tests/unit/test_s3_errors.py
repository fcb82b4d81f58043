"""Each way in which an S3 store refuses: which setting it is about, and that no secret is told."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from domain.errors import StorageError
from storage.errors import MisconfiguredError
from storage.s3_errors import S3Place, translate

ENDPOINT = "http://minio:9000"
MINIO = S3Place("s3://films/a", ENDPOINT, "us-east-1", "AKID… (20 characters)")
AWS = S3Place("s3://films/a", None, "eu-west-3", None)


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "The store's own words."}}, "PutObject")


@pytest.mark.parametrize(
    ("code", "setting", "value"),
    [
        ("InvalidAccessKeyId", "AWS_ACCESS_KEY_ID", "AKID… (20 characters)"),
        ("SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY", "(not shown)"),
        ("ExpiredToken", "AWS_SESSION_TOKEN", "(not shown)"),
        ("InvalidToken", "AWS_SESSION_TOKEN", "(not shown)"),
        ("AccessDenied", "STORAGE_URL", "s3://films/a"),
        ("403", "STORAGE_URL", "s3://films/a"),
        ("NoSuchBucket", "STORAGE_URL", "s3://films/a"),
        ("BucketAlreadyExists", "STORAGE_URL", "s3://films/a"),
        ("PermanentRedirect", "AWS_DEFAULT_REGION", "us-east-1"),
        ("AuthorizationHeaderMalformed", "AWS_DEFAULT_REGION", "us-east-1"),
        ("405", "S3_ENDPOINT_URL", ENDPOINT),
    ],
)
def test_a_refusal_that_a_setting_mends_names_it(code: str, setting: str, value: str) -> None:
    found = translate(refusal(code), MINIO, "take a.mp4")
    assert isinstance(found, MisconfiguredError)
    assert (found.problem.setting, found.problem.value) == (setting, value)
    assert "The store's own words." in found.message


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "ServiceUnavailable", "503", "QuotaExceeded"])
def test_a_refusal_that_may_pass_is_no_settings_fault(code: str) -> None:
    found = translate(refusal(code), MINIO, "take a.mp4")
    assert type(found) is StorageError
    assert found.message == f"S3_ENDPOINT_URL {ENDPOINT} could not take a.mp4: {code}: The store's own words."


@pytest.mark.parametrize("code", ["", "502"])
def test_a_proxys_page_for_a_store_that_is_away_is_no_settings_fault(code: str) -> None:
    metadata = {"HTTPStatusCode": 502, "HTTPHeaders": {"content-type": "text/html"}}
    error = ClientError({"Error": {"Code": code}, "ResponseMetadata": metadata}, "PutObject")  # type: ignore[typeddict-item] # the parts that matter
    found = translate(error, MINIO, "take a.mp4")
    assert type(found) is StorageError
    assert "502" in found.message


def test_a_wrong_clock_is_named() -> None:
    assert "clock differs" in translate(refusal("RequestTimeTooSkewed"), MINIO, "take a.mp4").message


def test_without_an_endpoint_it_is_aws_that_speaks() -> None:
    assert translate(refusal("400"), AWS, "take a.mp4").message.startswith(
        "AWS S3 in eu-west-3 could not take"
    )
    assert "(found by boto3)" in translate(refusal("AccessDenied"), AWS, "take a.mp4").message


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url=ENDPOINT),
        ConnectTimeoutError(endpoint_url=ENDPOINT),
        ReadTimeoutError(endpoint_url=ENDPOINT),
        BrokenPipeError(),
    ],
)
def test_a_store_that_cannot_be_reached_is_named(error: Exception) -> None:
    found = translate(error, MINIO, "take a.mp4")
    assert type(found) is StorageError
    assert found.message.startswith(f"S3_ENDPOINT_URL {ENDPOINT} could not take a.mp4: ")
    assert not found.message.endswith(": ")


@pytest.mark.parametrize(
    ("error", "setting"),
    [
        (NoCredentialsError(), "AWS_ACCESS_KEY_ID"),
        (SSLError(endpoint_url=ENDPOINT, error=OSError("certificate verify failed")), "S3_ENDPOINT_URL"),
        (ResponseParserError("invalid XML received"), "S3_ENDPOINT_URL"),
    ],
)
def test_what_keeps_an_answer_from_coming_is_named(error: Exception, setting: str) -> None:
    found = translate(error, MINIO, "take a.mp4")
    assert isinstance(found, MisconfiguredError)
    assert found.problem.setting == setting
