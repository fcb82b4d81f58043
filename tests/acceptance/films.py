"""What an application does with plain SQL, and what it then sees."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import DictRow, dict_row

from providers.mock.ledger import Accepted, Ledger

Connection = psycopg.Connection[DictRow]


def connect(url: str) -> Connection:
    """Open a connection as an application in any language would."""
    return psycopg.connect(url, autocommit=True, row_factory=dict_row)


def insert(
    connection: Connection, *, prompt: str = "a lamp swings", seconds: float = 1.0, **more: Any
) -> UUID:
    """Insert a job with nothing but what must be given, and what else is named."""
    values = {
        "project_id": uuid4(),
        "scene_id": uuid4(),
        "prompt": prompt,
        "duration_seconds": seconds,
        **more,
    }
    columns = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    statement = f"INSERT INTO video_generation_jobs ({columns}) VALUES ({places}) RETURNING id"
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return UUID(str(row["id"]))


def job(connection: Connection, job_id: UUID) -> DictRow:
    """Give a job as it stands."""
    row = connection.execute("SELECT * FROM video_generation_jobs WHERE id = %s", (job_id,)).fetchone()
    assert row is not None
    return row


def attempts(connection: Connection, job_id: UUID) -> list[DictRow]:
    """Give a job's attempts in order."""
    return connection.execute(
        "SELECT * FROM job_attempts WHERE job_id = %s ORDER BY number", (job_id,)
    ).fetchall()


def statuses(connection: Connection) -> dict[str, int]:
    """Count the jobs by status."""
    found = connection.execute("SELECT status, count(*) AS n FROM video_generation_jobs GROUP BY status")
    return {row["status"]: row["n"] for row in found}


def history(connection: Connection, job_id: UUID) -> list[str]:
    """Give the statuses that a job went through."""
    found = connection.execute(
        "SELECT data ->> 'status' AS status FROM job_events WHERE job_id = %s "
        "AND data ->> 'status' IS DISTINCT FROM data ->> 'previous_status' ORDER BY id",
        (job_id,),
    )
    return [row["status"] for row in found]


def ledger(home: Path) -> Ledger:
    """Open the mock's books: what was really submitted, and paid."""
    return Ledger(home / "mock" / "ledger.sqlite3")


def most_at_once(entries: Iterable[Accepted]) -> int:
    """Count the generations that the provider had in hand at the same time, at most."""
    moments = [moment for e in entries for moment in ((e.accepted_at, 1), (e.ready_at, -1))]
    now, most = 0, 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    return most
