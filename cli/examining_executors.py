"""The doctor's look at the running system: who is alive, who disagrees, what is paused."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from cli.finding import Finding, bad, good, note
from cli.records import opened_records
from cli.settings import load
from db.settings import CreditSettings
from domain.operations import ExecutorState, GateState, QueueDepth
from domain.statuses import IN_HAND, JobKind, JobStatus

_AGREED = {
    "max_retries": "MAX_RETRIES",
    "submit_recovery_seconds": "SUBMIT_RECOVERY_SECONDS",
    "storage_url": "STORAGE_URL",
    "credits": "CREDITS",
}


async def examine_executors() -> AsyncIterator[Finding]:
    """Read what executors say of themselves and what the gates let through."""
    async with opened_records() as records, records.transaction() as tx:
        executors = await tx.operations.executors()
        depths = await tx.operations.depths()
        gates = await tx.operations.gates()
    here = load(CreditSettings).credits
    found = (*judge_executors(executors, depths), *judge_credits(executors, here), *judge_gates(gates))
    for finding in found:
        yield finding


def judge_credits(executors: Iterable[ExecutorState], here: str) -> Iterator[Finding]:
    """Find executors that hold credits where the API of these settings does not, or the other way round."""
    others = [e.name for e in executors if e.alive and e.settings.get("credits", here) != here]
    if others:
        detail = (
            f"CREDITS is {here} here, and so for an API that is started here, but not on {', '.join(others)}"
        )
        yield bad("agreement", detail, "give the API and all executors the same value")


def judge_executors(executors: Sequence[ExecutorState], depths: Sequence[QueueDepth]) -> Iterator[Finding]:
    """Say who is alive, and where the living disagree."""
    living = [executor for executor in executors if executor.alive]
    dead = len(executors) - len(living)
    live_jobs = sum(depth.jobs for depth in depths if depth.status is not JobStatus.WAITING)
    if not living:
        nobody = f"none is alive; {live_jobs} jobs are waiting for one"
        start = "run: rushes executor"
        yield bad("executors", nobody, start) if live_jobs else note("executors", nobody, start)
        return
    names = ", ".join(executor.name for executor in living)
    yield good("executors", f"{len(living)} alive: {names}")
    if dead:
        yield note("executors", f"{dead} went silent without signing off; their jobs are taken over")
    yield from _disagreements(living)
    yield from _stranded(living, depths)


def _stranded(living: Sequence[ExecutorState], depths: Iterable[QueueDepth]) -> Iterator[Finding]:
    """Find jobs of providers that none of the living has: nobody goes on with them."""
    known = {(lane.provider, lane.kind) for executor in living for lane in executor.lanes}
    held: Counter[tuple[str, JobKind]] = Counter()
    queued: Counter[tuple[str, JobKind]] = Counter()
    for depth in depths:
        if depth.provider is not None and (depth.provider, depth.kind) not in known:
            counted = held if depth.status in IN_HAND else queued
            counted[depth.provider, depth.kind] += depth.jobs
    for (provider, kind), jobs in sorted(held.items()):
        begun = f"{jobs} begun, and no living executor has this provider: they fail after a day"
        yield bad(f"{provider} ({kind})", begun, "configure it at some executor: it goes on with them")
    for (provider, kind), jobs in sorted(queued.items()):
        waiting = f"{jobs} are waiting for it, and no living executor has it"
        yield bad(f"{provider} ({kind})", waiting, "configure it at some executor, or cancel them")


def _disagreements(living: Sequence[ExecutorState]) -> Iterator[Finding]:
    """Find settings that executors on one database must share and do not."""
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for executor in living:
        for lane in executor.lanes:
            place = f"{lane.provider} {lane.kind}"
            limit = f"{lane.kind.upper()}_CONCURRENCY for {place}"
            said[limit][str(lane.limit)].append(executor.name)
            for model, rate in lane.rates.items():
                for use, most in (("SUBMITS", rate.submits), ("POLLS", rate.polls)):
                    setting = f"{lane.kind.upper()}_{use}_PER_SECOND for {lane.provider} {model}"
                    said[setting]["unlimited" if most is None else f"{most:g}"].append(executor.name)
            said[f"{lane.kind.upper()}_MODEL for {place}"][lane.model].append(executor.name)
            if lane.is_default:
                said[f"{lane.kind.upper()}_PROVIDER"][lane.provider].append(executor.name)
        for key, setting in _AGREED.items():
            if key in executor.settings:
                said[setting][str(executor.settings[key])].append(executor.name)
    for setting, values in sorted(said.items()):
        if len(values) > 1:
            who = "; ".join(f"{value} on {', '.join(names)}" for value, names in sorted(values.items()))
            yield bad("agreement", f"{setting} is {who}", "give all executors the same value")


def judge_gates(gates: Iterable[GateState]) -> Iterator[Finding]:
    """Say which providers are paused, and why."""
    for gate in gates:
        if gate.paused_until is not None:
            until = f"{gate.paused_until:%H:%M:%S} UTC"
            detail = f"nothing is sent until {until}: {gate.paused_reason or 'it is in trouble'}"
            mend = "it is tried again then by itself; if credentials or billing are at fault, mend those"
            yield bad(f"{gate.provider} ({gate.kind})", detail, mend)
        elif gate.faults:
            detail = (
                f"it had trouble {gate.faults} times in a row; one job at a time is tried until it is well"
            )
            yield note(f"{gate.provider} ({gate.kind})", detail)
