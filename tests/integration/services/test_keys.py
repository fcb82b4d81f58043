"""Making API keys."""

from uuid import uuid4

import pytest

from db.engine import Database
from db.records import PostgresRecords
from domain.access import Scope
from domain.errors import InvalidRequestError
from domain.films import NewProject
from services import keys


async def test_a_key_is_known_by_its_digest_alone(database: Database) -> None:
    async with PostgresRecords(database).transaction() as tx:
        project = (await tx.projects.create(NewProject(title="Film"))).project
        secret, key = await keys.create(
            tx, name="studio", scopes=[Scope.READ, Scope.RENDER], project_ids=[project.id]
        )
        assert await tx.keys.find(keys.digest(secret)) == key
        assert await tx.keys.find(secret) is None
    assert (key.name, key.scopes) == ("studio", frozenset({Scope.READ, Scope.RENDER}))
    assert key.project_ids == frozenset({project.id})


async def test_everything_wrong_with_a_key_is_said_at_once(database: Database) -> None:
    nowhere = uuid4()
    async with PostgresRecords(database).transaction() as tx:
        with pytest.raises(InvalidRequestError) as refused:
            await keys.create(tx, name=" ", scopes=[], project_ids=[nowhere])
        with pytest.raises(InvalidRequestError) as bound_to_nothing:
            await keys.create(tx, name="k", scopes=[Scope.READ], project_ids=[])
        assert not await tx.keys.any()
    assert [problem.field for problem in refused.value.problems] == ["name", "scopes", "project_ids"]
    assert [problem.field for problem in bound_to_nothing.value.problems] == ["project_ids"]


async def test_two_keys_are_never_alike(database: Database) -> None:
    async with PostgresRecords(database).transaction() as tx:
        secrets = {(await keys.create(tx, name="k", scopes=[Scope.READ]))[0] for _ in range(20)}
    assert len(secrets) == 20
