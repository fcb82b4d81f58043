"""The boto3 client, with the settings that S3-compatible servers need."""

from typing import TYPE_CHECKING

import boto3
from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.config import Config
from s3transfer.manager import TransferManager

from domain.errors import ConfigurationError
from storage.settings import StorageSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_SIZE = 16 * 1024 * 1024
"""Bytes. Most clips go whole in one request; 10,000 parts hold 156 GiB, and boto3 takes larger ones above."""
REQUESTS = 8
"""Requests of uploads in flight at once, over all uploads.

They stream from the file; signing and sending took 2.3 MiB each when 1 GiB was uploaded.
"""
UPLOADS = 16
"""Files being hashed, sent or confirmed at once."""
CALLS = 16
"""Other requests in flight at once."""
_ATTEMPTS = 3
_LONGEST_CONNECT = 5.0


def make_client(settings: StorageSettings, endpoint: str | None) -> "S3Client":
    """Give a client on which every wait has an end.

    Raises:
        ConfigurationError: one half of the credentials is missing.
        BotoCoreError, ValueError: boto3 cannot use the settings.
    """
    seconds = settings.storage_timeout.total_seconds()
    config = Config(
        signature_version="s3v4",
        # R2, Google Cloud Storage and older Ceph refuse the newer checksums that boto3 sends by default.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={
            # Few servers have a name for each bucket in their DNS.
            "addressing_style": "path" if endpoint else "auto",
            # In place of those checksums: the server refuses bytes that do not match the signature.
            "payload_signing_enabled": True,
        },
        connect_timeout=min(seconds, _LONGEST_CONNECT),
        read_timeout=seconds,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=REQUESTS + UPLOADS + CALLS,
        tcp_keepalive=True,
    )
    key, secret, token = _credentials(settings)
    session = boto3.session.Session(key, secret, token, region_name=settings.aws_default_region)
    client: S3Client = session.client("s3", endpoint_url=endpoint, config=config)
    return client


def make_transfers(client: "S3Client") -> TransferManager:
    """Give what uploads large files in parts, with threads of its own."""
    config = TransferConfig(
        multipart_threshold=PART_SIZE,
        multipart_chunksize=PART_SIZE,
        max_concurrency=REQUESTS,
        # The other client that boto3 may choose, CRT, has checksums and retries of its own.
        preferred_transfer_client="classic",
    )
    return create_transfer_manager(client, config)


def _credentials(settings: StorageSettings) -> tuple[str | None, str | None, str | None]:
    """Give the settings' credentials; without any, boto3 looks for some itself."""
    key, secret, token = (
        settings.aws_access_key_id,
        settings.aws_secret_access_key,
        settings.aws_session_token,
    )
    if key and secret:
        return key.get_secret_value(), secret.get_secret_value(), token.get_secret_value() if token else None
    if key or secret:
        missing = "AWS_SECRET_ACCESS_KEY" if key else "AWS_ACCESS_KEY_ID"
        raise ConfigurationError(missing, None, "it goes with the other half of the pair, which is set")
    return None, None, None
