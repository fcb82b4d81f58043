"""How an executor works."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.provider import Provider
from domain.rates import Rate, rates_of
from domain.statuses import JobKind

Seconds = Annotated[float, Field(gt=0, le=86_400)]
Places = Annotated[int, Field(ge=0, le=1_000_000)]
PerSecond = Annotated[float, Field(gt=0, le=100_000)]


class ExecutorSettings(BaseSettings):
    """Limits and waits of one executor; executors on one database should agree on the limits."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    poll_interval_seconds: Seconds = Field(
        default=5.0, description="How often to look for jobs when no notification came."
    )
    video_concurrency: Places = Field(
        default=3, description="Clips generated at the same time per provider, over all executors."
    )
    image_concurrency: Places = Field(
        default=3, description="Images generated at the same time per provider, over all executors."
    )
    film_concurrency: Annotated[int, Field(ge=0, le=64)] = Field(
        default=1, description="Films stitched at the same time by one executor; 0 for none."
    )
    max_retries: Annotated[int, Field(ge=0, le=100)] = Field(
        default=3, description="Generations after the first, for jobs that do not say."
    )
    submit_recovery_seconds: Seconds = Field(
        default=900.0, description="How long to look for a submission whose answer was lost."
    )
    drain_seconds: Annotated[float, Field(ge=0, le=3_600)] = Field(
        default=30.0, description="How long a stopping executor may finish what it cannot hand over."
    )
    video_submits_per_second: PerSecond | None = Field(
        default=None,
        description="Clips asked for per second, for each model and over all executors. "
        "Unset: what the provider lets in.",
    )
    video_polls_per_second: PerSecond | None = Field(
        default=None,
        description="Status questions per second about clips, for each model and over all executors. "
        "Unset: what suits the provider.",
    )
    image_submits_per_second: PerSecond | None = Field(
        default=None,
        description="Images asked for per second, for each model and over all executors. "
        "Unset: what the provider lets in.",
    )
    image_polls_per_second: PerSecond | None = Field(
        default=None,
        description="Status questions per second about images, for each model and over all executors. "
        "Unset: what suits the provider.",
    )
    upload_concurrency: Annotated[int, Field(ge=1, le=256)] = Field(
        default=8, description="Clips stored at the same time by one executor."
    )

    def rates(self, provider: Provider) -> Mapping[str, Rate]:
        """Give the rates of a provider's models: these settings, or else the models' own."""
        if provider.kind is JobKind.IMAGE:
            submits, polls = self.image_submits_per_second, self.image_polls_per_second
        else:
            submits, polls = self.video_submits_per_second, self.video_polls_per_second
        return rates_of(provider.models, submits=submits, polls=polls)
