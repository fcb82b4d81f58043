"""A bucket of ours that xAI puts clips into itself, by a signed address of each attempt's own.

Teams with Zero Data Retention have to give one (xAI's REST reference); for others it replaces the copy in
xAI's file store. The client is boto3's, used to sign and to look; the bytes go by httpx.
"""

import asyncio
import re
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from domain.errors import ConfigurationError
from domain.failures import ErrorCode
from domain.provider import ProviderError
from providers.grok.settings import GrokSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PUT_SECONDS = 12 * 3_600
"""How long xAI may put a clip there: far longer than any generation takes."""
_GET_SECONDS = 3_600
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_URI = re.compile(r"s3://([^/]+)/?(.*)")


class Uploads:
    """Signs addresses under ``s3://bucket/prefix``, and looks whether something landed there."""

    def __init__(self, client: "S3Client", bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self.place = f"s3://{bucket}/{prefix}".rstrip("/")

    def key(self, landing: str) -> str:
        """Give the name under which an attempt's clip lands.

        No clip's suffix: only what was verified has that in a store of ours.
        """
        return f"{self._prefix}/{landing}.unverified".lstrip("/")

    async def put_url(self, key: str) -> str:
        """Sign an address that takes one PUT."""
        return await self._signed("put_object", key, _PUT_SECONDS)

    async def get_url(self, key: str) -> str:
        """Sign an address to fetch it from."""
        return await self._signed("get_object", key, _GET_SECONDS)

    async def _signed(self, method: str, key: str, seconds: int) -> str:
        given = {"Bucket": self._bucket, "Key": key}
        try:
            return await asyncio.to_thread(self._client.generate_presigned_url, method, given, seconds)
        except BotoCoreError as error:
            raise _out_of_reach(self.place, error) from error

    async def has(self, key: str) -> bool:
        """Tell whether a clip landed. Objects appear whole or not at all.

        Raises:
            ProviderError: the bucket cannot be asked now.
        """
        try:
            await asyncio.to_thread(self._client.head_object, Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                return False
            raise _out_of_reach(self.place, error) from error
        except BotoCoreError as error:
            raise _out_of_reach(self.place, error) from error
        return True

    async def aclose(self) -> None:
        """Close connections."""
        await asyncio.to_thread(self._client.close)


def uploads_of(settings: GrokSettings) -> Uploads | None:
    """Give the bucket that the settings name, if they do.

    Raises:
        ConfigurationError: boto3 cannot use the settings.
    """
    if settings.xai_upload_uri is None:
        return None
    found = _URI.fullmatch(settings.xai_upload_uri)
    assert found, "the settings were checked"
    key, secret, token = (
        None if value is None else value.get_secret_value()
        for value in (settings.aws_access_key_id, settings.aws_secret_access_key, settings.aws_session_token)
    )
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if settings.s3_endpoint_url else "auto"},
        connect_timeout=5,
        read_timeout=20,
    )
    try:
        session = boto3.session.Session(key, secret, token, region_name=settings.aws_default_region)
        client: S3Client = session.client("s3", endpoint_url=settings.s3_endpoint_url, config=config)
    except (BotoCoreError, ValueError) as error:
        advice = "mend AWS_* and S3_ENDPOINT_URL, which name the bucket's server and account"
        raise ConfigurationError("XAI_UPLOAD_URI", settings.xai_upload_uri, advice) from error
    return Uploads(client, found[1], found[2].strip("/"))


def _out_of_reach(place: str, error: Exception) -> ProviderError:
    said = f"{place} cannot be asked; look at XAI_UPLOAD_URI, AWS_* and S3_ENDPOINT_URL"
    return ProviderError(ErrorCode.PROVIDER_TRANSIENT, said, raw=type(error).__name__)
