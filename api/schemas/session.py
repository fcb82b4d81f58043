"""Sessions on the wire."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import Answered, Asked
from domain.access import Caller, Scope


class SessionIn(Asked):
    """A key to open a session with."""

    key: Annotated[str, Field(min_length=1, max_length=200)] = Field(examples=["rsh_…"])


class SessionOut(Answered):
    """What a caller may do."""

    scopes: list[Scope] = Field(description="Each includes the ones before it: read, render, admin.")
    project_ids: list[UUID] | None = Field(description="The only projects it sees; null for all.")

    @classmethod
    def of(cls, caller: Caller) -> Self:
        """Give a caller as it is answered."""
        projects = None if caller.project_ids is None else sorted(caller.project_ids)
        return cls(scopes=sorted(caller.scopes), project_ids=projects)
