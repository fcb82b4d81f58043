"""Vertex AI as the environment configures it."""

from domain.errors import ConfigurationError
from providers.vertex.client import Vertex
from providers.vertex.settings import GoogleSettings


def connect(settings: GoogleSettings, provider: str) -> Vertex:
    """Connect ``provider`` to the project in the settings.

    Raises:
        ConfigurationError: no project, no credentials, or google-auth is not installed.
    """
    assert settings.project
    try:
        # Comes with the extra [veo]: Rushes starts without it unless a provider at Google is configured.
        from providers.vertex.credentials import GoogleTokens  # noqa: PLC0415 # an optional library
    except ImportError as error:
        advice = "it needs google-auth; install Rushes with its extra [veo]: pip install '.[veo]'"
        raise ConfigurationError(f"the provider {provider}", None, advice) from error
    return Vertex(settings, GoogleTokens.find(settings.google_application_credentials))
