"""How xAI is reached."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import ConfigurationError


class GrokSettings(BaseSettings):
    """The account at xAI."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    xai_api_key: SecretStr | None = Field(
        default=None, description="Key of the xAI account that makes clips and images with Grok Imagine."
    )
    xai_base_url: str = Field(
        default="https://api.x.ai/v1", description="Where xAI's REST API is; ends in /v1."
    )

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
