"""How often Python looks for garbage in a process with tens of thousands of waiting jobs."""

import gc

_ALLOCATIONS = 200_000
"""Containers made between two looks at the young ones. The default of 700 is reached every few jobs, and
each look walks whatever young jobs hold: a tenth of an executor's time per job. Hardly anything of ours
is cyclic, so that looking later costs a few megabytes."""


def collect_less_often() -> None:
    """Set what was loaded so far aside for good, and look less often for what is made from now on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])
