"""Health on the wire."""

from typing import Literal

from api.schemas.base import Answered


class Alive(Answered):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Check(Answered):
    """One thing that the API depends on."""

    name: str
    ok: bool
    reason: str | None


class Readiness(Answered):
    """Whether requests can be served, and if not, why."""

    status: Literal["ready", "unready"]
    checks: list[Check]
