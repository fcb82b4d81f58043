"""What the entry point names: Acme as the environment configures it."""

from collections.abc import Sequence

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import ConfigurationError
from domain.provider import Provider


class AcmeSettings(BaseSettings):
    """The account at Acme."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    acme_api_key: SecretStr | None = Field(default=None, description="Key of the account at Acme.")
    acme_base_url: str = Field(default="https://api.acme.example/v1", description="Where Acme's API is.")


def providers() -> Sequence[Provider]:
    """Give one provider for each kind that Acme makes.

    Raises:
        ConfigurationError: there is no key, so that Acme is not configured.
    """
    settings = AcmeSettings()
    if settings.acme_api_key is None:
        raise ConfigurationError("ACME_API_KEY", None, "set it to use acme")
    # Only now: Rushes calls this at every start, chosen or not.
    from rushes_acme.adapter import AcmeVideos  # noqa: PLC0415 # see above

    return (AcmeVideos(settings.acme_base_url, settings.acme_api_key.get_secret_value()),)
