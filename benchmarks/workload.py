"""Jobs to work on, inserted as an application would: plain SQL, nothing but the columns that matter."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import select

from db.credits import CreditStore
from db.engine import Database
from db.tables import jobs
from domain.credits import CreditTerms

PROMPT = "a door opens on a long corridor, slow dolly in, dust in the light, somebody hums " * 3
_ADD = """
INSERT INTO video_generation_jobs (project_id, scene_id, prompt, duration_seconds, resolution)
SELECT CAST(md5('project ' || n %% %(projects)s) AS uuid),
       CAST(md5('scene ' || n %% %(projects)s || ' ' || n / %(projects)s %% %(scenes)s) AS uuid),
       %(prompt)s, %(seconds)s, %(resolution)s
FROM generate_series(0, %(count)s - 1) n
"""
_ADD_ONE = """
INSERT INTO video_generation_jobs (project_id, scene_id, prompt, duration_seconds)
VALUES (%(project)s, %(scene)s, %(prompt)s, 8)
"""


def add_jobs(
    address: str,
    count: int,
    *,
    projects: int = 10,
    scenes: int = 5,
    seconds: float = 8,
    resolution: str | None = None,
) -> None:
    """Queue jobs, spread evenly over films and the scenes of each, and let the planner know."""
    values: dict[str, Any] = {"projects": projects, "scenes": scenes, "count": count}
    values |= {"seconds": seconds, "resolution": resolution, "prompt": PROMPT}
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_ADD, values)
        connection.execute("VACUUM ANALYZE")


async def pay_for(database: Database, price: Decimal) -> None:
    """Hold for every queued job, as an order does: all jobs of a film at once."""
    queued = select(jobs.c.project_id, jobs.c.id).where(jobs.c.status == "queued")
    async with database.transaction() as connection:
        store = CreditStore(connection, CreditTerms())
        films: dict[UUID, dict[UUID, Decimal]] = {}
        for project, job in await connection.execute(queued):
            films.setdefault(project, {})[job] = price
        for project, costs in films.items():
            await store.grant(project, price * len(costs), key=str(project), note=None)
            await store.hold(project, costs, project)


def add_job(connection: psycopg.Connection[Any], project: Any, scene: Any) -> None:
    """Queue one job of a film."""
    connection.execute(_ADD_ONE, {"project": project, "scene": scene, "prompt": PROMPT})
