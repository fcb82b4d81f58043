"""Health on the wire."""

from typing import Literal, Self

from pydantic import Field

from api.schemas.base import Answered


class Alive(Answered):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Check(Answered):
    """One thing that the API depends on."""

    name: str
    ok: bool
    reason: str | None = Field(description="Null where it is ok, or where the caller may not know.")


class Readiness(Answered):
    """Whether requests can be served, and if not, why."""

    status: Literal["ready", "unready"]
    checks: list[Check]

    def without_reasons(self) -> Self:
        """Give the same without what went wrong."""
        return self.model_copy(
            update={"checks": [check.model_copy(update={"reason": None}) for check in self.checks]}
        )
