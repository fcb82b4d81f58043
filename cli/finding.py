"""What an examination finds."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How grave a finding is."""

    GOOD = "✓"
    NOTE = "!"
    """Worth knowing; Rushes works all the same."""
    BAD = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    mark: Mark
    detail: str
    mend: str = ""
    """What to do about it, unless it is good."""


def good(what: str, detail: str) -> Finding:
    """Give a good finding."""
    return Finding(what, Mark.GOOD, detail)


def note(what: str, detail: str, mend: str = "") -> Finding:
    """Give something worth knowing."""
    return Finding(what, Mark.NOTE, detail, mend)


def bad(what: str, detail: str, mend: str) -> Finding:
    """Give a fault and its mend."""
    return Finding(what, Mark.BAD, detail, mend)
