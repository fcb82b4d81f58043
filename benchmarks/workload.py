"""Jobs to work on, inserted as an application would: plain SQL, nothing but the required columns."""

import psycopg

PROJECTS = 10
SCENES = 50


def add_jobs(address: str, count: int, *, projects: int = PROJECTS, scenes: int = SCENES) -> None:
    """Queue jobs, spread evenly over films and their scenes, and let the planner know."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            """
            INSERT INTO video_generation_jobs (project_id, scene_id, prompt, duration_seconds)
            SELECT CAST(md5('project ' || n %% %(projects)s) AS uuid),
                   CAST(md5('scene ' || n %% %(projects)s || ' ' || n / %(projects)s %% %(scenes)s) AS uuid),
                   repeat('a door opens on a long corridor, slow dolly in ', 6), 8
            FROM generate_series(0, %(count)s - 1) n
            """,
            {"projects": projects, "scenes": max(1, scenes // projects), "count": count},
        )
        connection.execute("VACUUM ANALYZE")
