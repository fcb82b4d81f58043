"""Back-off: how long to wait before trying again."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential waits with full jitter on the upper half, in seconds."""

    first: float = 2.0
    factor: float = 2.0
    longest: float = 300.0

    def delay(self, failures: int, rng: random.Random, at_least: float = 0.0) -> float:
        """Give the wait after the ``failures``-th failure in a row (1, 2, …), in seconds.

        The jitter keeps many jobs that failed together from coming back together. ``at_least`` is a
        provider's Retry-After, which is never undercut.
        """
        exponent = min(max(failures, 1) - 1, 63)
        ceiling = min(self.first * self.factor**exponent, self.longest)
        return max(at_least, ceiling * rng.uniform(0.5, 1.0))
