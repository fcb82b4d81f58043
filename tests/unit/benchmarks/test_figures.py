"""A budget is kept or it is not, and a ratio is of medians."""

import pytest

from benchmarks.figures import Baseline, Bound, Budget, Figure, Sample
from benchmarks.report import number


def figure(budget: Budget | None, *values: float, beside: float = 1.0) -> Figure:
    return Figure("speed", "jobs/s", Sample(values), [Baseline("another", Sample.of(beside))], budget)


@pytest.mark.parametrize(
    ("budget", "met"),
    [
        (None, None),
        (Budget(Bound.AT_LEAST, 3), True),
        (Budget(Bound.AT_LEAST, 3.1), False),
        (Budget(Bound.AT_MOST, 3), True),
        (Budget(Bound.AT_MOST, 2.9), False),
        (Budget(Bound.AT_MOST, 1.5, of_ratio=True), True),
        (Budget(Bound.AT_MOST, 1.4, of_ratio=True), False),
    ],
)
def test_the_median_is_held_to_the_budget(budget: Budget | None, *, met: bool | None) -> None:
    assert figure(budget, 1.0, 3.0, 100.0, beside=2.0).met is met


def test_a_ratio_to_nothing_is_none_and_keeps_no_budget() -> None:
    found = figure(Budget(Bound.AT_MOST, 2, of_ratio=True), 1.0, beside=0.0)
    assert found.ratio(found.baselines[0]) is None
    assert found.met is False


def test_the_json_has_every_value() -> None:
    found = figure(Budget(Bound.AT_LEAST, 3), 4.0, 2.0, beside=1.5).to_json()
    assert (found["median"], found["values"], found["met"]) == (3.0, [4.0, 2.0], True)
    assert found["baselines"] == [{"what": "another", "median": 1.5, "values": [1.5], "ratio": 2.0}]
    assert found["budget"] == {"bound": "≥", "limit": 3, "of": "figure"}


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (0.01234, "0.0123"), (9.876, "9.88"), (99.94, "99.9"), (12345.6, "12,346")]
)
def test_numbers_have_the_digits_that_count(value: float, shown: str) -> None:
    assert number(value) == shown
