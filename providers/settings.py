"""Which providers make what."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProviderSettings(BaseSettings):
    """The providers and models of jobs that name none."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    video_provider: str = Field(
        default="mock", description="Who makes clips: a built-in provider or an installed plug-in."
    )
    image_provider: str | None = Field(
        default=None, description="Who makes start frames. Unset: goes with the video provider."
    )
    video_model: str | None = Field(default=None, description="Unset: the video provider's first model.")
    image_model: str | None = Field(default=None, description="Unset: the image provider's first model.")
    prompt_writer: Literal["template", "grok", "gemini"] = Field(
        default="template",
        description="Who writes video prompts for shots that have none. template composes them of image "
        "prompt and narration; the others ask a language model, which costs money, and compose what it does "
        "not write in time.",
    )
    prompt_model: str | None = Field(
        default=None, description="Of the prompt writer. Unset: grok-4.3 or gemini-3.5-flash."
    )
