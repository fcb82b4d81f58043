"""Whom the simulators play."""

from enum import StrEnum


class Simulated(StrEnum):
    """A provider that has a simulator."""

    GROK = "grok"
    """xAI's API, its file store and its hosts of results."""
    VEO3 = "veo3"
    """Vertex AI with Veo and Gemini images, Google's token endpoint and Cloud Storage."""
