"""Where Vertex AI is and who we are there."""

import re
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import ConfigurationError

_BUCKET = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/[^\s?#]*)?")
_URL = re.compile(r"https?://[^\s/]+(/[^\s?#]*)?")
_VERSION = re.compile(r"/v\d\w*$")
_STORAGE = "https://storage.googleapis.com"


class GoogleSettings(BaseSettings):
    """A project at Google. The names are those that Google's own libraries read."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    google_cloud_project: str | None = Field(
        default=None, description="The project that pays. Unset: veo3 and gemini are not configured."
    )
    google_cloud_location: str = Field(
        default="us-central1",
        description="Region of Vertex AI; Veo 3.1 is offered in us-central1 alone.",
    )
    google_application_credentials: Path | None = Field(
        default=None,
        description="Key file. Unset: what gcloud or the machine's own service account provides.",
    )
    veo_base_url: str | None = Field(
        default=None, description="Another address for Vertex AI, such as a simulator's, without a version."
    )
    veo_gcs_uri: str | None = Field(
        default=None,
        description="gs://bucket/prefix that Veo writes clips to. Recommended: lost answers are found there.",
    )
    veo_frame_buckets: str = Field(
        default="",
        description="gs://bucket, or gs://bucket/folder, that Veo may read gs:// frames from with your "
        "project's rights, whoever names them; separated by commas. Unset: none.",
    )
    storage_emulator_host: str | None = Field(
        default=None, description="Another address for Cloud Storage; no credentials are sent to it."
    )

    @field_validator("veo_base_url")
    @classmethod
    def _is_a_base(cls, value: str | None) -> str | None:
        base = None if value is None else value.rstrip("/")
        if base is not None and (not _URL.fullmatch(base) or _VERSION.search(base)):
            raise ConfigurationError("VEO_BASE_URL", value, "an address without a version, http://host:port")
        return base

    @field_validator("veo_gcs_uri")
    @classmethod
    def _is_a_folder(cls, value: str | None) -> str | None:
        if value is not None and not _BUCKET.fullmatch(value):
            raise ConfigurationError("VEO_GCS_URI", value, "a bucket and a prefix, such as gs://clips/veo")
        return None if value is None else value.rstrip("/")

    @field_validator("veo_frame_buckets")
    @classmethod
    def _are_folders(cls, value: str) -> str:
        if not all(map(_BUCKET.fullmatch, _parts(value))):
            allowed = (
                "buckets or folders in them, separated by commas, such as gs://frames,gs://shots/approved"
            )
            raise ConfigurationError("VEO_FRAME_BUCKETS", value, allowed)
        return value

    @field_validator("storage_emulator_host")
    @classmethod
    def _has_a_scheme(cls, value: str | None) -> str | None:
        url = None if value is None else value.rstrip("/")
        # Google's libraries accept a bare host as well.
        return f"http://{url}" if url and "://" not in url else url

    @model_validator(mode="after")
    def _names_fit_a_path(self) -> Self:
        for name in ("google_cloud_project", "google_cloud_location"):
            value = getattr(self, name)
            if value is not None and not re.fullmatch(r"[a-z0-9][a-z0-9.:_-]*", value):
                raise ConfigurationError(name.upper(), value, "an id of lower-case letters, digits, dashes")
        return self

    @property
    def project(self) -> str:
        """The project.

        Raises:
            ConfigurationError: it is not set, so that nothing at Google is configured.
        """
        if self.google_cloud_project is None:
            raise ConfigurationError("GOOGLE_CLOUD_PROJECT", None, "name the Google Cloud project that pays")
        return self.google_cloud_project

    @property
    def frame_addresses(self) -> tuple[str, ...]:
        """What addresses of frames begin with that Google may read."""
        return tuple(f"{part.rstrip('/')}/" for part in _parts(self.veo_frame_buckets))

    @property
    def storage_url(self) -> str:
        """Where Cloud Storage answers."""
        return self.storage_emulator_host or _STORAGE

    def host(self, location: str) -> str:
        """Give the address of Vertex AI in a location, as google-genai's ``_api_client.py`` does."""
        if self.veo_base_url:
            return self.veo_base_url
        if location == "global":
            return "https://aiplatform.googleapis.com"
        if location in {"us", "eu"}:
            return f"https://aiplatform.{location}.rep.googleapis.com"
        return f"https://{location}-aiplatform.googleapis.com"


def _parts(names: str) -> list[str]:
    return [part.strip() for part in names.split(",") if part.strip()]
