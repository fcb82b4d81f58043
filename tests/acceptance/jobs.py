"""What a caller of ours does with plain SQL, and what it finds."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

INSERT = """
INSERT INTO video_generation_jobs (project_id, scene_id, prompt, duration_seconds)
SELECT %(project)s, %(scene)s, %(prompt)s, %(seconds)s FROM generate_series(1, %(jobs)s) RETURNING id
"""


def insert_jobs(
    url: str, *, jobs: int = 1, prompt: str = "A lighthouse at dusk, slow push-in.", seconds: float = 1.0
) -> list[UUID]:
    """Insert jobs of a new scene of a new project, as any program would; give their ids."""
    values = {"project": uuid4(), "scene": uuid4(), "prompt": prompt, "seconds": seconds, "jobs": jobs}
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(INSERT, values)]


def read_job(url: str, job: UUID) -> Row:
    """Read one row."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        found = connection.execute("SELECT * FROM video_generation_jobs WHERE id = %s", [job]).fetchone()
    assert found is not None
    return found


def read_attempts(url: str, job: UUID) -> list[Row]:
    """Read a job's attempts, the first one first."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        query = "SELECT * FROM job_attempts WHERE job_id = %s ORDER BY number"
        return connection.execute(query, [job]).fetchall()


def has_status(url: str, job: UUID, *statuses: str) -> Callable[[], bool]:
    """Give a condition to wait for."""
    return lambda: read_job(url, job)["status"] in statuses
