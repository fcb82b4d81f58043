"""What is asked of AWS itself, which no local server stands for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from storage.s3_bucket import make_sure_of_bucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(params=["us-east-1", "eu-west-3"])
def aws(request: pytest.FixtureRequest) -> Iterator[tuple["S3Client", Stubber]]:
    session = boto3.session.Session("AKIDEXAMPLE", "secret", region_name=request.param)
    client: S3Client = session.client("s3", endpoint_url=f"https://s3.{request.param}.amazonaws.com")
    with Stubber(client) as stub:
        stub.add_client_error("list_objects_v2", "NoSuchBucket", http_status_code=404)
        yield client, stub
        stub.assert_no_pending_responses()
    client.close()


def creation(client: "S3Client") -> dict[str, Any]:
    region = client.meta.region_name
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    return {"Bucket": "films", **place}


def test_a_bucket_is_made_in_its_region(aws: tuple["S3Client", Stubber]) -> None:
    client, stub = aws
    stub.add_response("create_bucket", {}, creation(client))
    stub.add_response(
        "put_bucket_lifecycle_configuration", {}, {"Bucket": "films", "LifecycleConfiguration": ANY}
    )
    make_sure_of_bucket(client, "films", "a")


def test_a_bucket_that_another_process_just_made_is_used(aws: tuple["S3Client", Stubber]) -> None:
    client, stub = aws
    stub.add_client_error("create_bucket", "BucketAlreadyOwnedByYou", http_status_code=409)
    stub.add_response(
        "put_bucket_lifecycle_configuration", {}, {"Bucket": "films", "LifecycleConfiguration": ANY}
    )
    make_sure_of_bucket(client, "films", "a")


def test_a_bucket_of_somebody_else_is_not(aws: tuple["S3Client", Stubber]) -> None:
    client, stub = aws
    stub.add_client_error("create_bucket", "BucketAlreadyExists", http_status_code=409)
    with pytest.raises(ClientError, match="BucketAlreadyExists"):
        make_sure_of_bucket(client, "films", "a")
