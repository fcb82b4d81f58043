"""How the simulators of ``rushes simulate`` behave where the command line does not say."""

from decimal import Decimal
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from providers.simulators.chat import ChatFault


class SimulatorSettings(BaseSettings):
    """The pace, the price and the faults of a simulated provider."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    simulate_delay_seconds: float = Field(
        default=5.0, ge=0, le=86_400, description="How long a generation of rushes simulate takes."
    )
    simulate_price_per_second: Decimal | None = Field(
        default=None,
        ge=0,
        le=1_000,
        description="USD that rushes simulate charges for a second of clip. Unset: what the provider lists.",
    )
    simulate_faults: str = Field(
        default="",
        description="Faults that rushes simulate plays for every request, such as rate_limited=2; "
        "a prompt asks for its own with [sim:NAME].",
    )
    simulate_chat: ChatFault | None = Field(
        default=None,
        description="A fault that rushes simulate plays for every prompt that it is to write; a shot asks "
        "for its own with [chat:NAME].",
    )
    rushes_home: Path = Field(
        default=Path("./var"), description="Folder for everything kept on this machine."
    )
