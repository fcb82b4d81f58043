import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from providers.mock.ledger import Fate, Ledger
from providers.mock.script import Marker, Script, parse
from tests.generations import a_request, an_attempt

ROOT = Path(__file__).parents[4]

MANY = """
import sys
from pathlib import Path
from decimal import Decimal
from providers.mock.ledger import Fate, Ledger
from providers.mock.script import Marker, Script
from tests.generations import a_request, an_attempt

print("ready", flush=True)
sys.stdin.readline()
ledger, played = Ledger(Path(sys.argv[1])), 0
for _ in range(50):
    with ledger.turn():
        ledger.accept(an_attempt(a_request()), Script(), Fate.SUCCESS, cost=Decimal("0.05"), delay=0)
        played += ledger.plays("everyone", Marker.REJECT, 60)
print(played)
"""


def a_ledger(home: Path, now: float = 1000.0) -> Ledger:
    return Ledger(home / "mock" / "ledger.sqlite3", clock=lambda: now)


def test_opening_it_is_left_to_the_first_use(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    assert not (tmp_path / "mock").exists()

    assert ledger.accepted() == []
    assert ledger.path.exists()
    ledger.close()


def test_what_is_accepted_reads_back(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    attempt = an_attempt(a_request("a lighthouse [mock:slow=1]", seed=7), number=3)
    with ledger.turn():
        handle = ledger.accept(attempt, parse("slow=1"), Fate.SUCCESS, cost=Decimal("0.40"), delay=7.5)
    ledger.close()

    again = a_ledger(tmp_path)
    (row,) = again.accepted(attempt.job_id)

    assert again.find(handle) == again.of_attempt(attempt.id) == row
    assert (row.attempt_id, row.number, row.request) == (attempt.id, 3, attempt.request)
    assert (row.script, row.cost, row.accepted_at, row.ready_at) == (
        parse("slow=1"),
        Decimal("0.40"),
        1000.0,
        1007.5,
    )
    again.close()


def test_a_double_submit_is_paid_twice_and_shows(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    attempt, other = an_attempt(a_request()), an_attempt(a_request())
    for one in (attempt, attempt, other):
        ledger.accept(one, Script(), Fate.SUCCESS, cost=Decimal("0.25"), delay=0)

    assert ledger.submissions_per_attempt() == {attempt.id: 2, other.id: 1}
    assert ledger.total_paid() == Decimal("0.75")
    assert len(ledger.accepted(attempt.job_id)) == 2
    ledger.close()


def test_a_turn_that_fails_leaves_nothing(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)

    def interrupted() -> None:
        with ledger.turn():
            ledger.accept(an_attempt(a_request()), Script(), Fate.SUCCESS, cost=Decimal(1), delay=0)
            assert ledger.plays("job", Marker.FAIL, 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert ledger.accepted() == []
    assert ledger.plays("job", Marker.FAIL, 1)
    ledger.close()


def test_failures_are_counted_by_scope(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)

    assert [ledger.plays("a", Marker.FAIL, 2) for _ in range(4)] == [True, True, False, False]
    assert ledger.plays("b", Marker.FAIL, 2)
    assert ledger.plays("a", Marker.REJECT, 1)
    assert all(ledger.plays("a", Marker.AUTH, None) for _ in range(5))
    ledger.close()


def test_many_processes_share_it(tmp_path: Path) -> None:
    path = tmp_path / "mock" / "ledger.sqlite3"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    # All at once: opening it for the first time is where they would collide.
    played = [json.loads(process.communicate("go\n", timeout=60)[0]) for process in processes]

    ledger = Ledger(path)
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(ledger.accepted()) == 150
    assert sum(played) == 60
    ledger.close()
