"""Where addresses that users supply may lead."""

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from fetching.hosts import Hosts


class FetchSettings(BaseSettings):
    """What the guarded client may reach beside the public internet."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    fetch_private_hosts: str = Field(
        default="",
        description="Hosts on private networks that frames may be fetched from and webhooks sent to, "
        "separated by commas, each with or without a port: frames.internal, 10.0.0.5:9000. Unset: public "
        "addresses alone.",
    )

    @field_validator("fetch_private_hosts")
    @classmethod
    def _are_hosts(cls, names: str) -> str:
        Hosts.of(names)
        return names
