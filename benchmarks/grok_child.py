"""A simulated xAI in a process of its own, which notes when each request came: see ``rates``."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.child import asked, tell
from providers.simulators.grok.app import serve
from providers.simulators.grok.knobs import Knobs
from providers.simulators.watching import Seen

_SUBMIT = "/v1/videos/generations"
_WINDOW = 1.0


class Arrivals:
    """When requests came, apart by what they were for."""

    def __init__(self) -> None:
        self.submits: list[float] = []
        self.polls: list[float] = []

    def note(self, seen: Seen) -> None:
        """Note one request that was answered."""
        came = time.monotonic() - seen.seconds
        if seen.path == _SUBMIT:
            self.submits.append(came)
        elif seen.path.startswith("/v1/videos/"):
            self.polls.append(came)


def busiest(moments: Sequence[float]) -> int:
    """Give how many came in the second that saw the most, wherever it begins."""
    most, first, ordered = 0, 0, sorted(moments)
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= _WINDOW:
            first += 1
        most = max(most, last - first + 1)
    return most


async def main(folder: Path, seconds: float) -> None:
    """Serve until the parent is gone; the first answer tells where."""
    arrivals = Arrivals()
    async with serve(Knobs(delay_seconds=seconds), folder, tell=arrivals.note) as served:
        tell(url=served.base_url)
        async for _ in asked():
            tell(
                submits=len(arrivals.submits),
                polls=len(arrivals.polls),
                busiest_submits=busiest(arrivals.submits),
                busiest_polls=busiest(arrivals.polls),
            )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))
