"""Two hundred jobs, three executors, and everything that can go wrong, again and again."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import cycle, pairwise
from pathlib import Path
from random import Random
from uuid import UUID

import psycopg
import pytest

from domain.credits import dollars, micros
from domain.statuses import JobStatus
from domain.transitions import ALLOWED
from tests.acceptance.films import Connection, connect, history, insert, ledger, statuses
from tests.acceptance.processes import Process, Processes
from tests.acceptance.servers import RestartablePostgres
from tests.acceptance.waiting import until

JOBS = 200
EXECUTORS = 3
BETWEEN_FAULTS = 12
"""Jobs that complete between one fault and the next."""


@pytest.fixture
def postgres(home: Path) -> Iterator[RestartablePostgres]:
    server = RestartablePostgres(home)
    yield server
    server.stop()


class Crew:
    """Executors of which there are always three, some of them frozen at times."""

    def __init__(self, rushes: Processes, home: Path) -> None:
        self._rushes, self._home = rushes, home
        self.living = [rushes("executor") for _ in range(EXECUTORS)]
        self.frozen: list[Process] = []
        self.everybody = list(self.living)
        for process in self.living:
            process.wait_for("executor_ready")

    def kill(self, rng: Random) -> None:
        """Kill one with −9 and put a new one in its place."""
        self._leave(rng).kill()
        self._join()

    def freeze(self, rng: Random) -> None:
        """Freeze one, long enough for others to take over, and wake up the one frozen before."""
        self.thaw()
        process = self._leave(rng)
        books = ledger(self._home)
        # The books are the provider's: frozen with them in hand, it would stop the provider for everybody.
        with books.turn():
            process.freeze()
        books.close()
        self.frozen.append(process)
        self._join()

    def thaw(self) -> None:
        """Wake up whoever is frozen; it goes on working beside the others."""
        while self.frozen:
            process = self.frozen.pop()
            process.thaw()
            self.living.append(process)

    def retire(self, rng: Random) -> None:
        """Ask one to stop, as a deployment does."""
        process = self._leave(rng)
        assert process.stop() == 0, process.output()
        self._join()

    def _leave(self, rng: Random) -> Process:
        return self.living.pop(rng.randrange(len(self.living)))

    def _join(self) -> None:
        # Ready before the next fault: a start that finds no database is refused, and nobody here repeats it.
        process = self._rushes("executor")
        process.wait_for("executor_ready")
        self.living.append(process)
        self.everybody.append(process)


@pytest.mark.timeout(420)
def test_everything_goes_wrong(tmp_path: Path, home: Path, postgres: RestartablePostgres) -> None:
    rng = Random(20261121)
    with connect(postgres.url) as table:
        made = [insert(table, seconds=0.5, resolution="480p") for _ in range(JOBS)]
    with Processes(
        tmp_path,
        RUSHES_HOME=str(home),
        DATABASE_URL=postgres.url,
        MOCK_DELAY_SECONDS="0.2-1.0",
        VIDEO_CONCURRENCY="12",
        CREDITS="on",
        CREDITS_WELCOME="1000",
    ) as rushes:
        crew = Crew(rushes, home)
        faults: Iterator[Callable[[], None]] = cycle(
            [
                lambda: crew.kill(rng),
                lambda: crew.freeze(rng),
                postgres.crash,
                lambda: crew.kill(rng),
                lambda: crew.retire(rng),
            ]
        )
        done = 0
        while done < JOBS - 3 * BETWEEN_FAULTS:
            next(faults)()
            done = wait_for_more(postgres.url, crew, done + BETWEEN_FAULTS)
        crew.thaw()
        wait_for_more(postgres.url, crew, JOBS)
        for process in crew.living:
            assert process.stop() == 0, process.output()
    with connect(postgres.url) as table:
        check(table, made, home)


def wait_for_more(url: str, crew: Crew, count: int) -> int:
    """Wait until so many jobs are completed, over as many restarts of the database as there are."""
    found: dict[str, int] = {}
    away = ""

    def enough() -> bool:
        nonlocal found, away
        try:
            with connect(url) as table:
                found = statuses(table)
        except psycopg.OperationalError as error:
            away = str(error)
            return False
        return found.get("completed", 0) >= min(count, JOBS)

    def stuck() -> str:
        logs = "\n".join(process.output() for process in crew.everybody)
        return f"{count} completed jobs: there are {found}, {away}\n{logs}"

    until(enough, seconds=120.0, what=stuck)
    return found["completed"]


def check(table: Connection, made: list[UUID], home: Path) -> None:
    """Hold the database, the provider's books and the storage against each other."""
    assert statuses(table) == {"completed": JOBS}
    books = ledger(home)
    accepted = {entry.attempt_id: entry for entry in books.accepted()}
    assert len(accepted) == books.count(), "no attempt was submitted twice"
    rows = {row["id"]: row for row in table.execute("SELECT * FROM job_attempts").fetchall()}
    paid = {attempt for attempt, row in rows.items() if row["state"] == "succeeded"}
    assert set(accepted) == paid, "exactly one submission for every paid attempt, and no other"
    assert sorted(str(row["job_id"]) for row in rows.values() if row["id"] in paid) == sorted(
        map(str, made)
    ), "one paid attempt a job: nothing was paid twice"
    assert {row["state"] for row in rows.values()} <= {"succeeded", "rejected"}

    check_money(table, {attempt: entry.cost for attempt, entry in accepted.items()})

    for job_id in made:
        passed = ["queued", *history(table, job_id)[1:]]
        for before, after in pairwise(passed):
            assert JobStatus(after) in ALLOWED[JobStatus(before)], passed
        assert passed.count("completed") == 1

    stored = table.execute("SELECT storage_path, sha256, size_bytes FROM video_generation_jobs").fetchall()
    check_objects(home / "storage", {row["storage_path"]: row["sha256"] for row in stored})
    gates = table.execute("SELECT sum(in_flight) AS n FROM gates").fetchone()
    assert gates is not None
    assert gates["n"] == 0
    left = table.execute(
        "SELECT count(*) AS n FROM video_generation_jobs WHERE in_hand OR slot_held"
    ).fetchone()
    assert left is not None
    assert left["n"] == 0
    scenes = table.execute("SELECT DISTINCT render_status, review_ready FROM scenes").fetchall()
    assert scenes == [{"render_status": "complete", "review_ready": True}]


def check_money(table: Connection, billed: Mapping[UUID, Decimal]) -> None:
    """Compare what projects were charged with what the provider billed, and see that nothing stays held."""
    charged = table.execute("SELECT attempt_id, spent FROM credit_ledger WHERE kind = 'settle'").fetchall()
    assert len(charged) == JOBS
    assert {row["attempt_id"]: dollars(row["spent"]) for row in charged} == billed
    sums = "SELECT sum(held)::bigint AS held, sum(owed)::bigint AS owed, sum(spent)::bigint AS spent"
    booked = table.execute(f"{sums} FROM credit_accounts").fetchone()
    assert booked == table.execute(f"{sums} FROM credit_ledger").fetchone()
    assert booked == {"held": 0, "owed": 0, "spent": micros(sum(billed.values(), Decimal(0)))}
    assert table.execute("SELECT * FROM credit_holds").fetchall() == []


def check_objects(folder: Path, digests: dict[str, str]) -> None:
    """Compare every object with the checksum in the database."""
    for key, digest in digests.items():
        assert hashlib.sha256((folder / key).read_bytes()).hexdigest() == digest
