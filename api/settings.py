"""How the API is reached, and how much it takes."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """Address and limits of the HTTP API."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    api_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on. Without API keys only a loopback address is allowed.",
    )
    api_port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=8000, description="Port to listen on; 0 takes a free one."
    )
    api_allowed_hosts: str = Field(
        default="",
        description="Further names, separated by commas, under which the API may be called, such as "
        "rushes.example.com. A * allows every name, and only with API keys.",
    )
    api_max_body_bytes: Annotated[int, Field(ge=1_024, le=64 * 1024 * 1024)] = Field(
        default=4 * 1024 * 1024, description="Largest request body."
    )
    api_rate_per_second: Annotated[float, Field(gt=0, le=100_000)] = Field(
        default=50.0, description="Requests a second that each API key may make; twice as many at once."
    )
    api_link_seconds: Annotated[int, Field(ge=60, le=7 * 24 * 3_600)] = Field(
        default=3_600, description="How long the media links in answers play."
    )

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """API_ALLOWED_HOSTS, name by name."""
        return tuple(name for part in self.api_allowed_hosts.split(",") if (name := part.strip().lower()))
