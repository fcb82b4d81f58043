"""What a benchmark finds: figures, what they are compared with, and what they are held to."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """One quantity, measured once per round."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, *values: float) -> "Sample":
        """Give the sample of these values, at least one."""
        return cls(values)

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return min(self.values), max(self.values)


class Bound(StrEnum):
    """Which side of a budget is the right one."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True)
class Budget:
    """What the median must keep to; of the figure itself, or of its ratio to the first baseline."""

    bound: Bound
    limit: float
    of_ratio: bool = False


@dataclass(frozen=True, slots=True)
class Baseline:
    """Something else that was measured in the same rounds."""

    what: str
    sample: Sample


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report."""

    what: str
    unit: str
    sample: Sample
    baselines: Sequence[Baseline] = ()
    budget: Budget | None = None
    note: str = ""

    def ratio(self, baseline: Baseline) -> float | None:
        """Give this figure over a baseline's, by their medians; ``None`` where that is nothing."""
        return self.sample.median / baseline.sample.median if baseline.sample.median else None

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; ``None`` where there is none."""
        if self.budget is None:
            return None
        found = self.ratio(self.baselines[0]) if self.budget.of_ratio else self.sample.median
        if found is None:
            return False
        return (
            found >= self.budget.limit if self.budget.bound is Bound.AT_LEAST else found <= self.budget.limit
        )

    def to_json(self) -> dict[str, Any]:
        """Give everything as a JSON object."""
        return {
            "what": self.what,
            "unit": self.unit,
            "median": self.sample.median,
            "values": list(self.sample.values),
            "baselines": [
                {
                    "what": baseline.what,
                    "median": baseline.sample.median,
                    "values": list(baseline.sample.values),
                    "ratio": self.ratio(baseline),
                }
                for baseline in self.baselines
            ],
            "budget": self.budget
            and {
                "bound": self.budget.bound,
                "limit": self.budget.limit,
                "of": "ratio" if self.budget.of_ratio else "figure",
            },
            "met": self.met,
            "note": self.note,
        }
