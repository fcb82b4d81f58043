"""What a fault of a simulator is to end in, and how a whole table of them is played by one executor."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.engine import Database
from tests.executing import rests
from tests.factories import attempt_rows, insert_job

QUICK: Mapping[str, Any] = {
    "max_retries": 1,
    "submit_recovery_seconds": 200.0,
    "video_concurrency": 10,
    "video_submits_per_second": 100.0,
    "video_polls_per_second": 200.0,
}
"""For an executor that plays a whole table: many at once, few retries, a search that does not end."""
BRIEF = {**QUICK, "submit_recovery_seconds": 3.0}
"""The same with a search that is soon over, for what nothing is to be found of."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fault as it is asked for, such as ``rate_limited=1``, and how its job ends."""

    fault: str
    status: str
    code: str | None
    attempts: tuple[tuple[str, str | None], ...]
    """State and error of each; the error of one that went well in the end is not looked at."""
    accepted: int
    """Generations that the provider started; a second one only after the first was known to have failed."""
    kind: str = "video"

    @property
    def prompt(self) -> str:
        """What plays it; no other row has the same."""
        return f"a fox, {self.fault.replace('=', ' ')} [sim:{self.fault}]"

    @property
    def name(self) -> str:
        """The fault that it is about: the first one."""
        return self.fault.replace(",", "=").partition("=")[0]


def fine(fault: str) -> Row:
    """It comes right by itself, in one attempt."""
    return Row(fault, "completed", None, (("succeeded", None),), 1)


def again(fault: str, code: str) -> Row:
    """The submit was refused, provably, and is made again; no retry is used up."""
    return Row(fault, "completed", None, (("rejected", code), ("succeeded", None)), 1)


def refused(fault: str, code: str) -> Row:
    """The submit was refused for what was asked: a person has to change something."""
    return Row(fault, "failed", code, (("rejected", code),), 0)


def unknown(fault: str) -> Row:
    """Nothing was accepted, and nobody can know: it is searched for in vain, and not asked for again."""
    return Row(fault, "failed", "submit_unknown", (("unknown", "submit_unknown"),), 0)


def ended(fault: str, code: str) -> Row:
    """It was accepted and came to nothing; a person has to change something."""
    return Row(fault, "failed", code, (("failed", code),), 1)


def retried(fault: str, code: str, kind: str = "video") -> Row:
    """It was accepted and failed, and is generated again as often as is allowed: once."""
    return Row(fault, "failed", code, (("failed", code),) * 2, 2, kind)


async def play(
    table: Iterable[Row], executing: AbstractAsyncContextManager[None], database: Database, **columns: Any
) -> Mapping[Row, Mapping[str, Any]]:
    """Let one executor work on a job for each row, all at once; give the jobs when all of them rest."""
    async with executing:
        jobs: dict[Row, UUID] = {}
        for row in table:
            image = (
                {"duration_seconds": None, "resolution": None, "kind": "image"} if row.kind == "image" else {}
            )
            jobs[row] = await insert_job(database, prompt=row.prompt, **{**columns, **image})
        return {row: await rests(database, job, 240) for row, job in jobs.items()}


async def check(row: Row, job: Mapping[str, Any], database: Database, accepted: Sequence[object]) -> None:
    """Hold a job against its row; ``accepted`` names where each started generation lands."""
    # An executor on a busy machine may miss its beats, and then takes back what it has not sent: no answer
    # of a provider, and tested elsewhere.
    tried = await attempt_rows(database, job["id"])
    attempts = [one for one in tried if one["state"] != "rejected" or one["raw_error"] is not None]
    found = tuple(
        (one["state"], None if one["state"] == "succeeded" else one["error_code"]) for one in attempts
    )
    told = [(one["error_message"], one["raw_error"]) for one in attempts]
    assert (job["status"], job["error_code"], found) == (row.status, row.code, row.attempts), told
    assert len(accepted) == row.accepted
    assert len(set(accepted)) == len(accepted), "no attempt was paid twice"
    assert job["attempt_count"] == sum(state in {"succeeded", "failed", "unknown"} for state, _ in found)
    assert not job["in_hand"]


def every_fault_has_a_row(table: Iterable[Row], faults: Iterable[str]) -> None:
    """Fail for faults that nobody has thought about."""
    missing = set(faults) - {row.name for row in table}
    assert not missing, f"say what these end in: {sorted(missing)}"
