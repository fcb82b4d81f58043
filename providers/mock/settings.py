"""How the mock provider behaves."""

import re
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import ConfigurationError
from providers.mock.script import Script, ScriptError, parse

_RANGE = re.compile(r"(\d+(?:\.\d+)?)(?:\s*-\s*(\d+(?:\.\d+)?))?")


class MockSettings(BaseSettings):
    """The mock's pace, its failures and where it keeps its books."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    mock_delay_seconds: str = Field(
        default="5-10",
        description="How long a mock generation takes: a number of seconds, or a range such as 5-10.",
    )
    mock_fail: str = Field(
        default="",
        description="Failures that the mock plays for every job, such as reject=2,truncated=1.",
    )
    rushes_home: Path = Field(
        default=Path("./var"), description="Folder for everything kept on this machine."
    )

    @field_validator("mock_delay_seconds")
    @classmethod
    def _is_a_range(cls, value: str) -> str:
        _delay(value)
        return value

    @field_validator("mock_fail")
    @classmethod
    def _is_a_script(cls, value: str) -> str:
        try:
            parse(value)
        except ScriptError as error:
            raise ConfigurationError("MOCK_FAIL", value, error.message) from error
        return value

    @property
    def delay(self) -> tuple[float, float]:
        """The shortest and the longest generation, in seconds."""
        return _delay(self.mock_delay_seconds)

    @property
    def script(self) -> Script:
        """The failures of every job."""
        return parse(self.mock_fail)

    @property
    def ledger_path(self) -> Path:
        """The file with everything that the mock accepted."""
        return self.rushes_home / "mock" / "ledger.sqlite3"


def _delay(value: str) -> tuple[float, float]:
    found = _RANGE.fullmatch(value.strip())
    shortest = float(found[1]) if found else 0.0
    longest = float(found[2] or found[1]) if found else -1.0
    if longest < shortest:
        raise ConfigurationError(
            "MOCK_DELAY_SECONDS", value, "allowed: seconds such as 0 or 2.5, or a range such as 5-10"
        )
    return shortest, longest
