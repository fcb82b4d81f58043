"""What must be true of the books after anything at all, added up once more in plain Python."""

from collections import defaultdict
from collections.abc import Iterable

from db.engine import Joined, Transactions
from tests.factories import Row, rows

FIGURES = ("amount", "held", "spent", "owed")


async def assert_books_add_up(database: Transactions) -> None:
    """Read all accounts and hold them against their ledger and against what is held."""
    async with database.transaction() as connection:
        now = Joined(connection)
        accounts = await rows(now, "SELECT * FROM credit_accounts")
        ledger = await rows(now, "SELECT * FROM credit_ledger")
        holds = await rows(now, "SELECT * FROM credit_holds")
        jobs = {row["id"]: row for row in await rows(now, "SELECT * FROM video_generation_jobs")}
        attempts = {row["id"]: row for row in await rows(now, "SELECT * FROM job_attempts")}
    sums = _added_up(ledger, "project_id")
    for account in accounts:
        own = sums.pop(account["project_id"], dict.fromkeys(FIGURES, 0))
        assert {"amount": account["balance"], **{name: account[name] for name in FIGURES[1:]}} == own
        assert min(own.values()) >= 0
        granted = sum(
            e["amount"] for e in ledger if (e["kind"], e["project_id"]) == ("grant", account["project_id"])
        )
        assert own["amount"] + own["held"] + own["spent"] == granted, "nothing appears and nothing is lost"
    assert not sums, "every entry has its account"
    open_now = defaultdict[object, int](int)
    for hold in holds:
        open_now[hold["job_id"]] += hold["amount"]
    held = {job: own["held"] for job, own in _added_up(ledger, "job_id").items() if job}
    assert {job: amount for job, amount in held.items() if amount} == {j: a for j, a in open_now.items() if a}
    _charged_once_and_exactly(ledger, attempts)
    for hold in holds:
        job = jobs[hold["job_id"]]
        live = job["status"] not in {"completed", "cancelled", "failed"}
        assert live or job["in_hand"] or hold["attempt_id"] or _in_doubt(job, attempts.values()), job


def _added_up(ledger: Iterable[Row], by: str) -> dict[object, dict[str, int]]:
    sums: dict[object, dict[str, int]] = {}
    for entry in ledger:
        own = sums.setdefault(entry[by], dict.fromkeys(FIGURES, 0))
        for name in FIGURES:
            own[name] += entry[name]
    return sums


def _charged_once_and_exactly(ledger: Iterable[Row], attempts: dict[object, Row]) -> None:
    settled = [entry for entry in ledger if entry["kind"] == "settle" and entry["attempt_id"]]
    assert len({entry["attempt_id"] for entry in settled}) == len(settled)
    for entry in settled:
        attempt = attempts[entry["attempt_id"]]
        cost = attempt["actual_cost"] if attempt["actual_cost"] is not None else attempt["estimated_cost"]
        assert entry["spent"] + entry["owed"] == cost * 1_000_000


def _in_doubt(job: Row, attempts: Iterable[Row]) -> bool:
    """Tell whether nobody knows what became of the last submission for a job that is over."""
    last = max((a for a in attempts if a["job_id"] == job["id"]), key=lambda a: a["number"])
    given_up = last["error_code"] in {None, "submit_unknown", "deadline_exceeded"}
    return last["result"] is None and (last["state"] in {"intent", "accepted", "unknown"} or given_up)
