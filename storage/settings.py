"""Where results are kept and how to reach it."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.durations import plain_seconds


class StorageSettings(BaseSettings):
    """Where the store is, and how long its answers may take.

    What is left out of the AWS variables here (profiles, roles, certificates) boto3 finds by itself in the
    environment and on the machine. The keys stand here because boto3 does not read ``.env``.
    """

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    storage_url: str = Field(
        default="file:",
        description="file: (the folder storage under RUSHES_HOME), file:/some/folder, or s3://bucket/prefix.",
    )
    rushes_home: Path = Field(
        default=Path("./var"), description="Folder for everything kept on this machine."
    )
    s3_endpoint_url: str | None = Field(
        default=None,
        description="Address of an S3-compatible server such as MinIO, Ceph or R2. Unset: AWS. "
        "Browsers fetch clips from it, so it must be an address that they can reach too.",
    )
    storage_timeout: Annotated[timedelta, BeforeValidator(plain_seconds)] = Field(
        default=timedelta(seconds=20),
        gt=timedelta(0),
        description="Longest wait for the store's next answer; each request is tried three times.",
    )
    aws_access_key_id: SecretStr | None = Field(default=None, description="Unset: boto3's own search.")
    aws_secret_access_key: SecretStr | None = Field(default=None, description="Unset: boto3's own search.")
    aws_session_token: SecretStr | None = Field(
        default=None, description="Only with temporary AWS credentials."
    )
    aws_default_region: str | None = Field(
        default=None,
        validation_alias=AliasChoices("AWS_DEFAULT_REGION", "AWS_REGION"),
        description="Region of the bucket. AWS_REGION does as well. Unset: boto3's own search.",
    )
