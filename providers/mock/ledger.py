"""The mock's books: what it accepted and what that cost. They outlive every process, as a real provider does.

One SQLite file, in WAL mode so that many processes may read and write it. Its rows are what tests count:
a second submission under the same key is a second row, since real providers take no key either.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from domain.frames import Frame
from domain.provider import Attempt
from domain.requests import GenerationRequest
from providers.mock.script import Marker, Script, parse

_BUSY_SECONDS = 10.0
"""Longest wait for another process's write, which takes well under a millisecond."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS submissions (
    handle_id   TEXT PRIMARY KEY,
    attempt_id  TEXT NOT NULL,
    job_id      TEXT NOT NULL,
    number      INTEGER NOT NULL,
    request     TEXT NOT NULL,
    script      TEXT NOT NULL,
    fate        TEXT NOT NULL,
    cost        TEXT NOT NULL,
    accepted_at REAL NOT NULL,
    ready_at    REAL NOT NULL,
    cancelled_at REAL
);
CREATE INDEX IF NOT EXISTS submissions_by_attempt ON submissions (attempt_id);
CREATE INDEX IF NOT EXISTS submissions_by_job ON submissions (job_id);
CREATE TABLE IF NOT EXISTS frames (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS keys (attempt_id TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS played (
    scope TEXT, marker TEXT, times INTEGER NOT NULL, first_at REAL NOT NULL, PRIMARY KEY (scope, marker)
);
"""


class Fate(StrEnum):
    """How an accepted generation ends."""

    SUCCESS = "success"
    FAIL = "fail"
    BLOCKED = "blocked"
    NEVER = "never"


class KeyState(StrEnum):
    """What is known of an attempt that has no submission."""

    CLOSED = "closed"
    """Given up by ``recover``: a late submit under it is refused."""
    LOST = "lost"
    """Scripted to stay unknown for ever."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One submission that the mock accepted. Times are Unix seconds, the cost is USD."""

    handle_id: str
    attempt_id: UUID
    job_id: UUID
    number: int
    request: GenerationRequest
    script: Script
    fate: Fate
    cost: Decimal
    accepted_at: float
    ready_at: float
    cancelled_at: float | None


class Ledger:
    """The books in one file, opened at the first use. Each instance belongs to one thread."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._opened: sqlite3.Connection | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the right to write: what is done within happens as one step, or not at all."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def now(self) -> float:
        """Give the wall clock, which all processes share."""
        return self._clock()

    def accept(self, attempt: Attempt, script: Script, fate: Fate, *, cost: Decimal, delay: float) -> str:
        """Write down one accepted and paid submission; give its handle."""
        now = self.now()
        row = {
            "handle_id": f"mock-{uuid4().hex}",
            "attempt_id": str(attempt.id),
            "job_id": str(attempt.job_id),
            "number": attempt.number,
            "request": json.dumps(attempt.request.to_json()),
            "script": str(script),
            "fate": fate,
            "cost": str(cost),
            "accepted_at": now,
            "ready_at": now + delay,
        }
        self._connection().execute(
            "INSERT INTO submissions VALUES (:handle_id, :attempt_id, :job_id, :number, :request, :script,"
            " :fate, :cost, :accepted_at, :ready_at, NULL)",
            row,
        )
        return str(row["handle_id"])

    def keep_frame(self, frame: Frame) -> None:
        """Keep the bytes of a frame; the same picture is kept once."""
        self._connection().execute(
            "INSERT OR IGNORE INTO frames VALUES (?, ?)", (frame.sha256, frame.content)
        )

    def with_frames(self, row: Accepted) -> Accepted:
        """Give a submission with the bytes of its frames."""
        frames = {
            name: replace(frame, content=bytes(found[0]))
            for name, frame in row.request.frames.items()
            if frame and (found := self._one("SELECT content FROM frames WHERE sha256 = ?", frame.sha256))
        }
        return replace(row, request=row.request.with_frames(frames))

    def find(self, handle_id: str) -> Accepted | None:
        """Look a submission up by its handle."""
        return next(self._read("WHERE handle_id = ?", handle_id), None)

    def of_attempt(self, attempt_id: UUID) -> Accepted | None:
        """Look the first submission of an attempt up."""
        return next(self._read("WHERE attempt_id = ? ORDER BY rowid", str(attempt_id)), None)

    def cancel(self, handle_id: str) -> None:
        """Note that nobody waits for a generation any more."""
        self._connection().execute(
            "UPDATE submissions SET cancelled_at = coalesce(cancelled_at, ?) WHERE handle_id = ?",
            (self.now(), handle_id),
        )

    def key(self, attempt_id: UUID) -> KeyState | None:
        """Tell what is known of an attempt's key."""
        found = self._one("SELECT state FROM keys WHERE attempt_id = ?", str(attempt_id))
        return KeyState(found[0]) if found else None

    def set_key(self, attempt_id: UUID, state: KeyState) -> None:
        """Close an attempt's key or lose it; the first word stands."""
        self._connection().execute("INSERT OR IGNORE INTO keys VALUES (?, ?)", (str(attempt_id), state))

    def plays(self, scope: UUID | str, marker: Marker, limit: int | None) -> bool:
        """Tell whether a failure is due, and count it: the first ``limit`` times in this scope."""
        if limit is None:
            return True
        self._first_at(scope, marker)
        changed = self._connection().execute(
            "UPDATE played SET times = times + 1 WHERE scope = ? AND marker = ? AND times < ?",
            (str(scope), marker, limit),
        )
        return changed.rowcount == 1

    def seconds_since_first(self, scope: UUID | str, marker: Marker) -> float:
        """Give the seconds since this was first asked in this scope."""
        return self.now() - self._first_at(scope, marker)

    def accepted(self, job_id: UUID | None = None) -> list[Accepted]:
        """List what was accepted, oldest first: of one job, or all."""
        if job_id is None:
            return list(self._read("ORDER BY rowid"))
        return list(self._read("WHERE job_id = ? ORDER BY rowid", str(job_id)))

    def count(self) -> int:
        """Give the number of accepted submissions."""
        return int(self._one("SELECT count(*) FROM submissions")[0])

    def submissions_per_attempt(self) -> dict[UUID, int]:
        """Count accepted submissions; anything above 1 was paid twice."""
        rows = self._connection().execute(
            "SELECT attempt_id, count(*) AS times FROM submissions GROUP BY attempt_id"
        )
        return {UUID(row["attempt_id"]): row["times"] for row in rows}

    def total_paid(self) -> Decimal:
        """Add up what was charged, in USD."""
        return sum((row.cost for row in self._read("")), Decimal(0))

    def close(self) -> None:
        """Let go of the file."""
        if self._opened:
            self._opened.close()
            self._opened = None

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            # A killed process loses nothing; only a power cut could take the last pretended payments.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
            self._opened = connection
        return self._opened

    def _one(self, statement: str, *values: object) -> Any:
        return self._connection().execute(statement, values).fetchone()

    def _first_at(self, scope: UUID | str, marker: Marker) -> float:
        self._connection().execute(
            "INSERT OR IGNORE INTO played VALUES (?, ?, 0, ?)", (str(scope), marker, self.now())
        )
        found = self._one("SELECT first_at FROM played WHERE scope = ? AND marker = ?", str(scope), marker)
        return float(found[0])

    def _read(self, where: str, *values: object) -> Iterator[Accepted]:
        # ``where`` is one of this class's own literals; values are bound.
        for row in self._connection().execute(f"SELECT * FROM submissions {where}", values):  # noqa: S608 - see above
            yield Accepted(
                handle_id=row["handle_id"],
                attempt_id=UUID(row["attempt_id"]),
                job_id=UUID(row["job_id"]),
                number=row["number"],
                request=GenerationRequest.from_json(json.loads(row["request"])),
                script=parse(row["script"]),
                fate=Fate(row["fate"]),
                cost=Decimal(row["cost"]),
                accepted_at=row["accepted_at"],
                ready_at=row["ready_at"],
                cancelled_at=row["cancelled_at"],
            )
