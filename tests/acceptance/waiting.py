"""Waiting for what other processes do: by looking, since they cannot signal us."""

import threading
import time
from collections.abc import Callable


def until(check: Callable[[], object], *, seconds: float = 60.0, what: str | Callable[[], str] = "") -> float:
    """Wait until ``check()`` is true; give how long that took. The limit only ends a failing test."""
    begun, never = time.monotonic(), threading.Event()
    while not check():
        waited = time.monotonic() - begun
        assert waited < seconds, (
            f"waited {waited:.0f} s in vain for {what() if callable(what) else what or check}"
        )
        never.wait(0.02)
    return time.monotonic() - begun
