"""Failures on demand: ``[mock:NAME]`` or ``[mock:NAME=VALUE, …]`` in a prompt or in ``MOCK_FAIL``."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.errors import RushesError


class Marker(StrEnum):
    """What may be asked for; each member says what happens. ``docs/how-to/mock-provider.md`` lists them."""

    REJECT = "reject"
    """Submit: a passing fault, nothing accepted."""
    RATE_LIMITED = "rate_limited"
    """Submit: refused until that many seconds after the job's first try."""
    INVALID = "invalid"
    """Submit: an invalid request."""
    BLOCKED = "blocked"
    """Submit: blocked by the content rules."""
    AUTH = "auth"
    """Submit: credentials refused."""
    PERMISSION = "permission"
    """Submit: not allowed for this account."""
    QUOTA = "quota"
    """Submit: out of credits."""
    MODEL_GONE = "model_gone"
    """Submit: the model is not offered any more."""
    SUBMIT_UNKNOWN = "submit_unknown"
    """Submit: accepted and paid, but the answer is lost; recovery finds it."""
    SUBMIT_LOST = "submit_lost"
    """Submit: not accepted, the answer is lost, and recovery never finds anything."""
    DELAY = "delay"
    """Generation: takes that many seconds."""
    FAIL = "fail"
    """Generation: fails, free of charge."""
    BLOCKED_LATE = "blocked_late"
    """Generation: ends blocked by the content rules, and is charged."""
    NEVER = "never"
    """Generation: never ends."""
    POLL_ERROR = "poll_error"
    """Poll: a passing fault."""
    DOWNLOAD_ERROR = "download_error"
    """Download: breaks off half-way."""
    TRUNCATED = "truncated"
    """Download: ends half-way as if that were all."""
    WRONG_DURATION = "wrong_duration"
    """Download: a sound clip of half the length."""
    MISSING = "missing"
    """Download: the provider has no clip for a finished generation."""
    EXPIRED = "expired"
    """Download: the provider deleted the clip."""
    SLOW = "slow"
    """Download: begins after that many seconds."""


IN_SECONDS = frozenset({Marker.RATE_LIMITED, Marker.DELAY, Marker.SLOW})
"""Markers whose value is a number of seconds and must be given."""

_TAG = re.compile(r"\[mock:([^\]]*)\]")


class ScriptError(RushesError):
    """A marker is not one that the mock knows."""


@dataclass(frozen=True, slots=True)
class Script:
    """Which failures to play, with the number after ``=`` where there is one."""

    values: Mapping[Marker, float | None] = field(default_factory=dict)

    def __contains__(self, marker: Marker) -> bool:
        return marker in self.values

    def seconds(self, marker: Marker) -> float | None:
        """Give the seconds of a marker in ``IN_SECONDS``, or ``None`` where it was not asked for."""
        return self.values.get(marker)

    def limit(self, marker: Marker) -> int | None:
        """Give how many times ``marker`` plays; ``None`` means every time."""
        value = self.values[marker]
        return None if value is None else int(value)

    def over(self, other: "Script") -> "Script":
        """Give both, this one winning."""
        return Script({**other.values, **self.values})

    def __str__(self) -> str:
        return ",".join(name if v is None else f"{name}={v:g}" for name, v in self.values.items())


def parse(text: str) -> Script:
    """Read ``NAME=VALUE, …`` with or without ``[mock:…]`` around it.

    Raises:
        ScriptError: a name or a value is wrong; says what is known.
    """
    tagged = _TAG.findall(text)
    return Script(dict(_entries(",".join(tagged) if tagged else text)))


def from_prompt(prompt: str) -> Script:
    """Read the markers of a prompt.

    Raises:
        ScriptError: as for ``parse``.
    """
    return Script(dict(_entries(",".join(_TAG.findall(prompt)))))


def without_markers(prompt: str) -> str:
    """Give the prompt as it is shown."""
    return " ".join(_TAG.sub(" ", prompt).split())


def _entries(text: str) -> Iterator[tuple[Marker, float | None]]:
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (part.strip() for part in entry.partition("="))
        if name not in Marker.__members__.values():
            raise ScriptError(f"the mock knows no marker {name!r}; it knows {', '.join(sorted(Marker))}")
        yield Marker(name), _value(Marker(name), value if equals else None)


def _value(marker: Marker, value: str | None) -> float | None:
    if marker in IN_SECONDS:
        if value is None or not re.fullmatch(r"\d+(\.\d+)?", value):
            raise ScriptError(f"the mock's marker {marker} needs seconds, such as {marker}=2.5")
        return float(value)
    if value is not None and not re.fullmatch(r"[1-9]\d{0,5}", value):
        raise ScriptError(f"the mock's marker {marker} takes a count, such as {marker}=2, or nothing")
    return None if value is None else float(value)
