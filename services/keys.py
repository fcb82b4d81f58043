"""Mint and check API keys."""

import hashlib
import secrets
from collections.abc import Collection
from uuid import UUID

from domain.access import LOCAL, ApiKey, Caller, Scope
from domain.errors import InvalidRequestError, NotAuthenticatedError, Problem
from domain.records import Transaction

PREFIX = "rsh_"
"""What a secret starts with, so that a leaked one can be recognised for what it is."""


def digest(secret: str) -> str:
    """Give the hash under which a secret is known.

    Plain SHA-256 is enough: the secret has 256 random bits, and there is nothing to guess.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


async def create(
    tx: Transaction, *, name: str, scopes: Collection[Scope], project_ids: Collection[UUID] | None = None
) -> tuple[str, ApiKey]:
    """Make a key; give its secret, which is shown this once and kept nowhere.

    Raises:
        InvalidRequestError: it has no name, allows nothing, or is for a project that does not exist.
    """
    problems = []
    if not name.strip():
        problems.append(Problem("name", name, "must not be empty"))
    if not scopes:
        problems.append(Problem("scopes", [], f"allowed: {', '.join(Scope)}"))
    if project_ids is not None and not project_ids:
        problems.append(Problem("project_ids", [], "at least one project, or none at all for every project"))
    missing = [project for project in project_ids or () if await tx.projects.find(project) is None]
    problems.extend(Problem("project_ids", str(project), "there is no such project") for project in missing)
    if problems:
        raise InvalidRequestError(problems)
    secret = PREFIX + secrets.token_urlsafe(32)
    key = await tx.keys.create(name=name, digest=digest(secret), scopes=scopes, project_ids=project_ids)
    return secret, key


async def authenticate(
    tx: Transaction, secret: str | None, *, is_local: bool, any_secret: bool = False
) -> Caller:
    """Tell who is calling.

    Without any keys everyone on this very machine may do everything, and nobody else anything. With
    ``any_secret`` they may send whatever secret they like meanwhile, since some clients cannot send none.

    Raises:
        NotAuthenticatedError: no key, or one that is not valid.
    """
    if secret is not None:
        key = await tx.keys.find(digest(secret))
        if key is None and not (any_secret and is_local and not await tx.keys.any()):
            raise NotAuthenticatedError("this API key is not valid")
        return LOCAL if key is None else caller_of(key)
    if is_local and not await tx.keys.any():
        return LOCAL
    raise NotAuthenticatedError("an API key is needed: Authorization: Bearer rsh_…")


def caller_of(key: ApiKey) -> Caller:
    """Give who calls with this key."""
    return Caller(str(key.id), key.scopes, key.project_ids)
