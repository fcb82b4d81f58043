"""What the living executors serve."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.operations import ExecutorState
from domain.ports import Lane
from domain.statuses import JobKind


def living_lanes(executors: Iterable[ExecutorState], kind: JobKind) -> list[Lane]:
    """List the lanes of one kind that living executors serve."""
    return [lane for executor in executors if executor.alive for lane in executor.lanes if lane.kind is kind]


def lane_for(lanes: Sequence[Lane], provider: str | None) -> Lane | None:
    """Give the widest lane to ``provider``, or to the default one; ``None`` where nobody serves it.

    Executors that disagree about a limit all reach for the same gate, so the largest limit is what counts.
    Of what they make themselves, each has places of its own, and all of them count.
    """
    fitting = [lane for lane in lanes if (lane.is_default if provider is None else lane.provider == provider)]
    widest = max(fitting, key=lambda lane: lane.limit, default=None)
    if widest is None or widest.most_here is None:
        return widest
    return replace(widest, limit=sum(lane.most_here or 0 for lane in fitting))
