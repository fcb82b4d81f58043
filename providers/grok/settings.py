"""How xAI is reached."""

import re
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import ConfigurationError


class GrokSettings(BaseSettings):
    """The account at xAI."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    xai_api_key: SecretStr | None = Field(
        default=None, description="Key of the xAI account that makes clips and images with Grok Imagine."
    )
    xai_base_url: str = Field(
        default="https://api.x.ai/v1", description="Where xAI's REST API is; ends in /v1."
    )

    xai_upload_uri: str | None = Field(
        default=None,
        description="s3://bucket/prefix that xAI puts clips into itself, by signed addresses that it must be "
        "able to reach. Needed by teams with Zero Data Retention. Unset: xAI's file store keeps a copy.",
    )
    s3_endpoint_url: str | None = Field(default=None, description="Server of that bucket. Unset: AWS.")
    aws_access_key_id: SecretStr | None = Field(default=None, description="Unset: boto3's own search.")
    aws_secret_access_key: SecretStr | None = Field(default=None, description="Unset: boto3's own search.")
    aws_session_token: SecretStr | None = Field(
        default=None, description="Only with temporary AWS credentials."
    )
    aws_default_region: str | None = Field(
        default=None,
        validation_alias=AliasChoices("AWS_DEFAULT_REGION", "AWS_REGION"),
        description="Region of the bucket. Unset: boto3's own search.",
    )

    @field_validator("xai_upload_uri")
    @classmethod
    def _is_a_folder(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(
            r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s?#]*)?", value
        ):
            raise ConfigurationError("XAI_UPLOAD_URI", value, "a bucket and a prefix, such as s3://clips/xai")
        return value

    @field_validator("xai_base_url")
    @classmethod
    def _is_an_api(cls, value: str) -> str:
        url = urlsplit(value.rstrip("/"))
        # Elsewhere every call would be a 404, which looks like a model that is gone.
        if url.scheme not in {"http", "https"} or not url.hostname or not url.path.endswith("/v1"):
            raise ConfigurationError(
                "XAI_BASE_URL", value, "allowed: an address that ends in /v1, such as https://api.x.ai/v1"
            )
        return value.rstrip("/")

    @property
    def key(self) -> str:
        """The key, fit for a header.

        Raises:
            ConfigurationError: it is not set, or cannot be a key.
        """
        if self.xai_api_key is None:
            raise ConfigurationError(
                "XAI_API_KEY", None, "make a key in xAI's console and set it to use grok"
            )
        key = self.xai_api_key.get_secret_value().strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            # Its value is a secret, however wrong it is.
            raise ConfigurationError("XAI_API_KEY", "***", "allowed: printable ASCII without spaces")
        return key
