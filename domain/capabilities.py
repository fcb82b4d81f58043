"""What a model can do, checked before anything is held or paid; and what it costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isnan

from domain.errors import Problem
from domain.frames import LARGEST, address_problem, shown_address
from domain.requests import GenerationRequest
from domain.statuses import JobKind

_MICRO = Decimal("0.000001")
_Refuse = Callable[[str, object, str], None]


@dataclass(frozen=True, slots=True)
class Seconds:
    """Durations that a model makes: every whole or fractional second in a range, or a short list."""

    shortest: float = 0.0
    longest: float = 0.0
    only: tuple[float, ...] = ()

    def allows(self, seconds: float) -> bool:
        """Tell whether the model makes a clip of this many seconds."""
        return seconds in self.only if self.only else self.shortest <= seconds <= self.longest

    def nearest(self, seconds: float) -> float:
        """Give the duration that is made and closest to ``seconds``; of two, the shorter and cheaper one."""
        if self.only:
            return min(self.only, key=lambda made: (abs(made - seconds), made))
        return min(max(seconds, self.shortest), self.longest)

    def __str__(self) -> str:
        if self.only:
            return " or ".join(f"{s:g}" for s in self.only) + " s"
        return f"{self.shortest:g} to {self.longest:g} s"


@dataclass(frozen=True, slots=True)
class Capability:
    """One model's abilities, limits and prices. Times in seconds, prices in USD."""

    kind: JobKind
    durations: Seconds
    aspect_ratios: tuple[str, ...]
    """The first is the default."""
    price_per_second: dict[str, Decimal] = field(default_factory=dict)
    """By resolution; the keys are the resolutions offered, the first is the default."""
    price_per_image: Decimal = Decimal(0)
    """For image models the price of one image; for video models the fee per input frame."""
    start_frame: bool = False
    end_frame: bool = False
    end_frame_needs_start: bool = False
    frame_types: tuple[str, ...] = ("image/png", "image/jpeg", "image/webp")
    """What a frame may be; any other picture is converted to the first that fits."""
    largest_frame: int = LARGEST
    """Bytes; what is larger is sent as a JPEG, or refused where that is too large as well."""
    frame_addresses: tuple[str, ...] = ()
    """What ``gs://`` addresses begin with that the provider may read itself, with its own rights."""
    audio: bool = True
    seed: bool = False
    negative_prompt: bool = False
    longest_prompt: int = 8_000
    """Characters."""
    typical_seconds: float = 60.0
    """A usual generation (the median); polls are densest around it."""
    soonest_seconds: float | None = None
    """Until then hardly any generation (one in ten) is done, and none is polled; unset: 0.4 of the usual."""
    longest_seconds: float = 900.0
    """After this long the provider is given up: ``deadline_exceeded``."""
    submits_per_second: float | None = None
    """Submits that the provider lets in; ``None`` where it names no limit."""
    polls_per_second: float | None = None
    """Polls that it is asked at most; ``None`` where nothing speaks against as many as one likes."""
    limited_with: str | None = None
    """The model whose limits it shares, where it is another name for that one."""

    @property
    def first_poll_seconds(self) -> float:
        """When to ask for the first time, counted from the submission."""
        return 0.4 * self.typical_seconds if self.soonest_seconds is None else self.soonest_seconds

    @property
    def resolutions(self) -> tuple[str, ...]:
        """Resolutions offered, the default first."""
        return tuple(self.price_per_second)

    def problems(self, request: GenerationRequest) -> list[Problem]:
        """List everything about ``request`` that this model cannot do; empty when it can."""
        found: list[Problem] = []

        def refuse(name: str, value: object, allowed: str) -> None:
            found.append(Problem(name, value, allowed, request.shot_label))

        if self.kind is not JobKind.FILM and not request.prompt.strip():
            refuse("prompt", request.prompt, "must not be empty")
        if len(request.prompt) > self.longest_prompt:
            refuse("prompt", f"{request.prompt[:40]}…", f"at most {self.longest_prompt} characters")
        seconds = request.duration_seconds
        if self.kind is JobKind.VIDEO and (seconds is None or not self.durations.allows(seconds)):
            near = None if seconds is None or isnan(seconds) else self.durations.nearest(seconds)
            nearest = "" if near is None else f"; the nearest is {near:g} s"
            refuse("duration_seconds", seconds, f"allowed: {self.durations}{nearest}")
        _one_of(refuse, "aspect_ratio", request.aspect_ratio, self.aspect_ratios)
        if self.resolutions:
            _one_of(refuse, "resolution", request.resolution, self.resolutions)
        self._frame_problems(refuse, request)
        if request.seed is not None and not self.seed:
            refuse("seed", request.seed, "this model takes no seed")
        if request.negative_prompt and not self.negative_prompt:
            refuse("negative_prompt", request.negative_prompt, "this model takes no negative prompt")
        if request.generate_audio and not self.audio:
            refuse("generate_audio", request.generate_audio, "this model makes no sound")
        return found

    def _frame_problems(self, refuse: _Refuse, request: GenerationRequest) -> None:
        takes = {"start_frame_url": self.start_frame, "end_frame_url": self.end_frame}
        for name, frame in request.frames.items():
            address = getattr(request, name) or ""
            if not takes[name]:
                which = name.removesuffix("_url").replace("_", " ")
                refuse(name, shown_address(address), f"this model takes no {which}")
            elif frame is None and (wrong := address_problem(address, self.frame_addresses)):
                refuse(name, shown_address(address), wrong)
        if self.end_frame and self.end_frame_needs_start and [*request.frames] == ["end_frame_url"]:
            refuse("end_frame_url", shown_address(request.end_frame_url or ""), "needs a start frame as well")

    def quote(self, request: GenerationRequest) -> Decimal:
        """Give the price of ``request`` in USD, with six decimals. Ask ``problems`` first."""
        if self.kind is JobKind.FILM:
            return Decimal(0)  # made of what is paid for already
        if self.kind is JobKind.IMAGE:
            return self.price_per_image.quantize(_MICRO)
        resolution = request.resolution or next(iter(self.price_per_second))
        seconds = Decimal(str(request.duration_seconds or 0))
        frames = len(request.frames) * self.price_per_image
        return (seconds * self.price_per_second[resolution] + frames).quantize(_MICRO)


def _one_of(refuse: _Refuse, name: str, value: str | None, allowed: Sequence[str]) -> None:
    if value is not None and value not in allowed:
        refuse(name, value, f"allowed: {', '.join(allowed)}")
