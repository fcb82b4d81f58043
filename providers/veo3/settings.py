"""Which Veo."""

from pydantic import Field

from providers.vertex.settings import GoogleSettings


class VeoSettings(GoogleSettings):
    """The project, and the model that clips are made with where its id is not in the table yet."""

    video_model: str | None = Field(
        default=None,
        description="Unset: veo-3.1-generate-001. A newer id of a known family is taken as one of it.",
    )
