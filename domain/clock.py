"""Time. Rules about jobs use the database's clock; this one is for a process's view of itself."""

import time


def boot_time() -> float:
    """Give seconds since boot, counting time asleep: a laptop's or virtual machine's suspension shows.

    The monotonic clock stands still during a suspension, and an executor that slept must know that it
    did before it submits anything.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)
