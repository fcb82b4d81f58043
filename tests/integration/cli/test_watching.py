"""What somebody who watches a film is told of its end."""

import asyncio
from uuid import uuid4

import pytest

from cli.watching import see_joined
from db.engine import Database
from db.records import PostgresRecords
from domain.statuses import JobStatus
from tests.factories import insert_job


@pytest.mark.parametrize("stopped", [True, False])
async def test_a_film_is_seen_as_it_stands(database: Database, *, stopped: bool) -> None:
    project, stop, records = uuid4(), asyncio.Event(), PostgresRecords(database)
    film = await insert_job(database, project_id=project, scene_id=None, kind="film", status="waiting")
    seeing = asyncio.create_task(see_joined(records, project, stop))
    if stopped:
        # Left unfinished, and not cancelled.
        stop.set()
        assert (seen := await seeing)
        assert (seen.id, seen.status) == (film, JobStatus.WAITING)
    else:
        async with records.transaction() as tx:
            await tx.moves.cancel(film)
        assert await seeing is None
