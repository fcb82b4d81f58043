"""Who may ask for what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Scope(StrEnum):
    """What a key allows; each scope includes the ones before it."""

    READ = "read"
    """Look at everything."""
    RENDER = "render"
    """Create projects, render, cancel, retry: spend money."""
    ADMIN = "admin"
    """Whatever else there is."""


_INCLUDES = {
    Scope.READ: frozenset(Scope),
    Scope.RENDER: frozenset({Scope.RENDER, Scope.ADMIN}),
    Scope.ADMIN: frozenset({Scope.ADMIN}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One row of ``api_keys``; the secret itself is nowhere, only its hash."""

    id: UUID
    name: str
    scopes: frozenset[Scope]
    project_ids: frozenset[UUID] | None
    """The only projects it is for; ``None`` for all."""
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever makes a request."""

    name: str
    """Stable name of the caller; idempotency keys and rates are counted under it."""
    scopes: frozenset[Scope]
    project_ids: frozenset[UUID] | None = None
    """The only projects that exist for this caller; ``None`` for all."""

    def may(self, scope: Scope) -> bool:
        """Tell whether the caller has ``scope``, by itself or in a larger one."""
        return not self.scopes.isdisjoint(_INCLUDES[scope])

    def sees(self, project: UUID) -> bool:
        """Tell whether this project exists for the caller."""
        return self.project_ids is None or project in self.project_ids


LOCAL = Caller("local", frozenset({Scope.ADMIN}))
"""Someone on this very machine, while there are no keys."""
