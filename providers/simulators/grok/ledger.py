"""What the simulator accepted and charged. It outlives the simulator; tests count in it."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

from providers.simulators.grok.faults import Fault, Faults, parse

_SCHEMA = """
CREATE TABLE IF NOT EXISTS submissions (
    id TEXT PRIMARY KEY, work TEXT NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL, filename TEXT,
    body TEXT NOT NULL, faults TEXT NOT NULL, ticks INTEGER NOT NULL,
    accepted_at REAL NOT NULL, ready_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS played (
    scope TEXT, fault TEXT, times INTEGER NOT NULL, PRIMARY KEY (scope, fault)
);
"""


class Work(StrEnum):
    """What was asked for."""

    VIDEO = "generations"
    EDIT = "edits"
    EXTENSION = "extensions"
    IMAGE = "images"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One submission that was accepted. Unix seconds; ``ticks`` is what was charged."""

    id: str
    work: Work
    model: str
    prompt: str
    filename: str | None
    body: Mapping[str, Any]
    faults: Faults
    ticks: int
    accepted_at: float
    ready_at: float


class Ledger:
    """The books in one SQLite file, opened at the first use. Each instance belongs to one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: sqlite3.Connection | None = None

    def accept(
        self, work: Work, body: Mapping[str, Any], faults: Faults, *, ticks: int, at: float, ready_at: float
    ) -> Accepted:
        """Write down one accepted submission. Nothing tells two of the same apart, as at xAI."""
        stored = body.get("storage_options") or {}
        row = Accepted(
            id=str(uuid4()),
            work=work,
            model=str(body["model"]),
            prompt=str(body.get("prompt") or ""),
            filename=stored.get("filename"),
            body=body,
            faults=faults,
            ticks=ticks,
            accepted_at=at,
            ready_at=ready_at,
        )
        self._connection().execute(
            "INSERT INTO submissions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row.id, row.work, row.model, row.prompt, row.filename, json.dumps(body), str(faults), ticks,
                at, ready_at,
            ),
        )  # fmt: skip
        return row

    def find(self, submission: str) -> Accepted | None:
        """Look one submission up."""
        return next(self._read("WHERE id = ?", submission), None)

    def all(self) -> list[Accepted]:
        """List everything, the oldest first."""
        return list(self._read("ORDER BY rowid"))

    def per_filename(self) -> Counter[str | None]:
        """Count accepted submissions by file name; anything above 1 was paid twice."""
        return Counter(row.filename for row in self.all())

    def per_prompt(self) -> Counter[str]:
        """Count accepted submissions by prompt."""
        return Counter(row.prompt for row in self.all())

    def plays(self, scope: str, fault: Fault, limit: int | None) -> bool:
        """Tell whether a fault is due, and count it: the first ``limit`` times in this scope."""
        if limit is None:
            return True
        insert = "INSERT OR IGNORE INTO played VALUES (?, ?, 0)"
        self._connection().execute(insert, (scope, fault))
        changed = self._connection().execute(
            "UPDATE played SET times = times + 1 WHERE scope = ? AND fault = ? AND times < ?",
            (scope, fault, limit),
        )
        return changed.rowcount == 1

    def close(self) -> None:
        """Let go of the file."""
        if self._opened:
            self._opened.close()
            self._opened = None

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._opened = sqlite3.connect(self.path, timeout=10.0, isolation_level=None)
            self._opened.row_factory = sqlite3.Row
            self._opened.execute("PRAGMA journal_mode = WAL")
            self._opened.execute("PRAGMA synchronous = NORMAL")
            self._opened.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        return self._opened

    def _read(self, where: str, *values: object) -> Iterator[Accepted]:
        # ``where`` is one of this class's own literals; values are bound.
        for row in self._connection().execute(f"SELECT * FROM submissions {where}", values):  # noqa: S608 - see above
            yield Accepted(
                id=row["id"],
                work=Work(row["work"]),
                model=row["model"],
                prompt=row["prompt"],
                filename=row["filename"],
                body=json.loads(row["body"]),
                faults=parse(row["faults"]),
                ticks=row["ticks"],
                accepted_at=row["accepted_at"],
                ready_at=row["ready_at"],
            )
