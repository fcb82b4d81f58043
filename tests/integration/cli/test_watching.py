"""What somebody who watches a film is told of its end."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest

from cli.watching import Clip, Watch, Watched, see_joined, see_rendered
from db.engine import Database, parse_url
from db.records import PostgresRecords
from domain.errors import DatabaseUnavailableError
from domain.statuses import JobStatus
from tests.factories import insert_job
from tests.tcp_proxy import wire


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


async def test_nothing_is_said_of_clips_that_nobody_can_see(database: Database, database_url: str) -> None:
    """Or a demo that is stopped while the database is away says that all of its 0 clips are stored."""
    project, stop, was_shown = uuid4(), asyncio.Event(), asyncio.Event()
    job = await insert_job(database, project_id=project, scene_id=uuid4())
    shown = list[Sequence[Clip]]()

    def show(clips: Sequence[Clip]) -> None:
        shown.append(clips)
        was_shown.set()

    async with wire(database_url) as line:
        through = Database(parse_url(line.url), name="rushes-test", timeout=timedelta(seconds=0.5))
        watch = Watch(PostgresRecords(through), [Watched(project, job, "1A", "Dawn")], typical_seconds=1)
        seeing = asyncio.create_task(see_rendered(watch, show, stop))
        await was_shown.wait()
        line.stall()
        stop.set()
        with pytest.raises(DatabaseUnavailableError):
            await seeing
        await through.close()
    assert [[clip.job.id for clip in clips] for clips in shown] == [[job]], "what was seen last stays"
