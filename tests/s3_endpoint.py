"""An S3 server for tests: the one that the environment names, or moto in a thread of this process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from pydantic import SecretStr

from storage.settings import StorageSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class S3Endpoint:
    """A server, credentials for it, and a bucket of this run's own."""

    url: str
    key: str
    secret: str
    region: str
    bucket: str
    is_real: bool
    """Whether it is a real server, which checks signatures; moto takes any."""

    def client(self) -> "S3Client":
        client: S3Client = boto3.session.Session(self.key, self.secret, region_name=self.region).client(
            "s3", endpoint_url=self.url, config=Config(s3={"addressing_style": "path"})
        )
        return client

    def settings(self, prefix: str, **others: Any) -> StorageSettings:
        """Give settings for a store under a prefix of the bucket."""
        values: dict[str, Any] = {
            "storage_url": f"s3://{self.bucket}/{prefix}",
            "s3_endpoint_url": self.url,
            "aws_access_key_id": SecretStr(self.key),
            "aws_secret_access_key": SecretStr(self.secret),
            "aws_default_region": self.region,
        }
        return StorageSettings(**values | others)

    def environment(self, prefix: str) -> dict[str, str]:
        """Give the same settings for a process."""
        return {
            "STORAGE_URL": f"s3://{self.bucket}/{prefix}",
            "S3_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": self.region,
        }

    def names(self, prefix: str) -> list[str]:
        """List what is under a prefix; an upload left unfinished has ``(unfinished)`` behind its name."""
        client = self.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        whole = [item["Key"] for page in pages for item in page.get("Contents", [])]
        uploads = client.list_multipart_uploads(Bucket=self.bucket, Prefix=prefix).get("Uploads", [])
        client.close()
        return sorted([*whole, *(f"{upload['Key']} (unfinished)" for upload in uploads)])


@contextmanager
def _bucket(endpoint: S3Endpoint) -> Iterator[S3Endpoint]:
    client = endpoint.client()
    client.create_bucket(Bucket=endpoint.bucket)
    yield endpoint
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=endpoint.bucket):
        for item in page.get("Contents", []):
            client.delete_object(Bucket=endpoint.bucket, Key=item["Key"])
    client.delete_bucket(Bucket=endpoint.bucket)
    client.close()


@contextmanager
def _moto() -> Iterator[str]:
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 # a second to import, only for tests that use it

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[S3Endpoint]:
    """Give a server with an empty bucket, which is gone afterwards.

    A real one where ``S3_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY`` are set.
    """
    bucket = f"rushes-test-{uuid4().hex[:16]}"
    given = os.environ.get("S3_ENDPOINT_URL")
    if given:
        region = os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
        key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
        with _bucket(S3Endpoint(given, key, secret, region, bucket, is_real=True)) as endpoint:
            yield endpoint
        return
    with _moto() as url:
        local = S3Endpoint(url, "testing", "testing", "us-east-1", bucket, is_real=False)
        with _bucket(local) as endpoint:
            yield endpoint
