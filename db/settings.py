"""How to reach the database."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.credits import CreditTerms
from domain.durations import plain_seconds


class CreditSettings(BaseSettings):
    """Whether credits are held; the API and all executors on one database have to agree."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    credits: Literal["off", "on"] = Field(
        default="off",
        description="Whether every generation is held for out of its project's credits before it is queued "
        "or claimed. The API and all executors on one database have to agree.",
    )

    credits_welcome: Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6)] = Field(
        default=Decimal(0),
        description="USD that every project is granted, once, when its account is opened.",
    )

    @property
    def terms(self) -> CreditTerms | None:
        """On which terms credits are held, if they are."""
        return CreditTerms(self.credits_welcome) if self.credits == "on" else None


class DatabaseSettings(BaseSettings):
    """Where the database is and how long its answers may take."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: str | None = Field(
        default=None,
        description="PostgreSQL 14 or later, such as postgresql://user:password@host/name. "
        "Unset: a PostgreSQL of its own under RUSHES_HOME.",
    )
    rushes_home: Path = Field(
        default=Path("./var"), description="Folder for everything kept on this machine."
    )
    database_timeout: Annotated[timedelta, BeforeValidator(plain_seconds)] = Field(
        default=timedelta(seconds=10),
        gt=timedelta(0),
        description="Longest wait for one transaction. Above any healthy answer (milliseconds), below the "
        "time after which an executor counts as dead.",
    )
