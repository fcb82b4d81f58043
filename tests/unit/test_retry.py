"""Back-off: bounded, growing, jittered, and never below what the provider asked for."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.retry import Backoff

SEEDS = st.integers(0, 2**32 - 1)
FAILURES = st.integers(-5, 10_000)
ANY_BACKOFF = st.builds(
    Backoff,
    first=st.floats(0.001, 60.0),
    factor=st.floats(1.0, 10.0),
    longest=st.floats(0.001, 86_400.0),
)


class _Fixed(random.Random):
    def __init__(self, part: float) -> None:
        super().__init__(0)
        self._part = part

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * self._part


@given(ANY_BACKOFF, FAILURES, SEEDS)
def test_a_delay_stays_within_half_and_whole_of_its_ceiling(
    backoff: Backoff, failures: int, seed: int
) -> None:
    ceiling = backoff.delay(failures, _Fixed(1.0))
    assert ceiling / 2 * 0.999 <= backoff.delay(failures, random.Random(seed)) <= ceiling * 1.001
    assert 0 < ceiling <= backoff.longest


@given(ANY_BACKOFF)
def test_delays_never_shrink_while_failures_go_on(backoff: Backoff) -> None:
    ceilings = [backoff.delay(failures, _Fixed(1.0)) for failures in range(1, 80)]
    assert all(earlier <= later for earlier, later in pairwise(ceilings))


@given(ANY_BACKOFF, FAILURES, SEEDS, st.floats(0, 100_000))
def test_a_providers_retry_after_is_never_undercut(
    backoff: Backoff, failures: int, seed: int, asked: float
) -> None:
    assert backoff.delay(failures, random.Random(seed), asked) >= asked


def test_the_default_doubles_from_two_seconds_to_five_minutes() -> None:
    backoff = Backoff()
    assert [backoff.delay(n, _Fixed(1.0)) for n in (1, 2, 3, 4, 8, 9, 10_000)] == [
        2,
        4,
        8,
        16,
        256,
        300,
        300,
    ]


def test_jobs_that_failed_together_come_back_apart() -> None:
    rng = random.Random(1)
    assert len({Backoff().delay(1, rng) for _ in range(100)}) == 100
