"""Which Gemini, and where its pictures wait."""

from pathlib import Path

from pydantic import Field

from providers.vertex.settings import GoogleSettings


class GeminiSettings(GoogleSettings):
    """The project, the image model where its id is not in the table yet, and where pictures wait."""

    image_model: str | None = Field(
        default=None,
        description="Unset: gemini-nano-banana-2.1. A newer id of a known family is taken as one of it.",
    )
    rushes_home: Path = Field(
        default=Path("./var"), description="Folder for everything kept on this machine."
    )

    @property
    def spool(self) -> Path:
        """Where pictures wait until they are stored."""
        return self.rushes_home / "gemini"
