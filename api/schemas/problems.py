"""Errors as they are answered."""

from typing import Any

from pydantic import Field

from api.schemas.base import Answered


class ProblemEntry(Answered):
    """One thing that is wrong with a request."""

    field: str = Field(description="Path of the field, such as scenes[0].shots[1].duration_seconds.")
    value: Any = Field(description="What was sent, shortened.")
    allowed: str = Field(description="What is allowed instead.")
    shot: str | None = Field(description="Label of the shot that it concerns.")


class ProblemDocument(Answered):
    """A problem document (RFC 9457), sent as application/problem+json."""

    type: str
    title: str
    status: int
    detail: str = Field(description="A sentence for a person.")
    code: str = Field(description="Stable; branch on this.")
    problems: list[ProblemEntry]
