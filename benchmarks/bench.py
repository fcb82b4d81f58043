"""What every benchmark is given: a server, how much to do, and fair rounds."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Sample
from benchmarks.scratch import Scratch

Measure = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Bench:
    """One run."""

    server: Scratch
    rounds: int = 3
    quick: bool = False
    """For a machine that checks changes: small numbers that prove the scripts, not the budgets."""
    full: bool = False
    """With the parts that take many minutes."""
    tiny: bool = False
    """For tests: the smallest numbers that mean anything."""

    @property
    def home(self) -> Path:
        """A folder for whatever the run writes; removed at its end."""
        return self.server.home

    @property
    def memory(self) -> Path:
        """A folder in memory where there is one: small files there cost no disk."""
        return self.server.memory

    def size(self, whole: int, quick: int, tiny: int) -> int:
        """Give how much to do in this kind of run."""
        return tiny if self.tiny else quick if self.quick else whole

    async def interleaved(self, measures: Mapping[str, Measure]) -> dict[str, Sample]:
        """Measure everything once per round, starting with another one each time.

        Whatever slows the machine down for a while thereby hits all of them, and nobody is always first.
        """
        names, found = list(measures), {name: list[float]() for name in measures}
        for turn in range(self.rounds):
            for name in _rotated(names, turn):
                found[name].append(await measures[name]())
        return {name: Sample(tuple(values)) for name, values in found.items()}


def _rotated(names: Sequence[str], by: int) -> Sequence[str]:
    by %= len(names)
    return [*names[by:], *names[:by]]
