"""How the simulated xAI behaves where no prompt says otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from time import time

from providers.simulators.chat import ChatFault

DAY = 24 * 3_600.0


@dataclass(frozen=True, slots=True)
class Knobs:
    """Settings of one simulator."""

    api_key: str = "xai-simulated-key"
    """The one key that is let in."""
    delay_seconds: float = 0.0
    """From the acceptance of a video to its end."""
    price_per_second: Decimal | None = None
    """USD of a video, instead of what its model costs; pictures that come with it are charged as ever."""
    url_lifetime: float = DAY
    """Seconds that a result's URL works after its end (24 h, xai-sdk 1.21.0)."""
    requests_per_second: float = 0.0
    """Submissions let in per model; 0 lets everything in. xAI: 1 for video, 5 for images."""
    late_validation: bool = False
    """Whether bad durations, resolutions and modes are reported by the poll instead of by the submit."""
    faults: str = ""
    """Faults that every request plays, such as ``poll_error=2``; see ``Fault``."""
    chat: ChatFault | None = None
    """A fault that every chat completion plays."""
    clock: Callable[[], float] = time
    """Unix seconds."""
