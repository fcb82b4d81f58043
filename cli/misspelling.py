"""Variables that look like settings and are none: most likely somebody misspelt one."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from dotenv import dotenv_values

from cli.every_setting import EVERY_SETTING
from cli.settings import names

_ENV_FILE = Path(".env")
_FOREIGN = "AWS_"
"""boto3 reads many more of these than we name."""
_ALIKE, _WORD_ALIKE = 0.8, 0.65
"""How much of two names, and of each word in them, must be the same."""


@dataclass(frozen=True, slots=True)
class Misspelling:
    """A variable that nobody reads."""

    name: str
    place: str
    likely: str

    def __str__(self) -> str:
        return f"{self.name} {self.place} is no setting and is ignored; did you mean {self.likely}?"


def misspellings() -> list[Misspelling]:
    """Find variables, in the environment and in ``.env``, that are nearly the name of a setting."""
    fields = [item for kind in EVERY_SETTING.values() for item in kind.model_fields.items()]
    known = {name for key, field in fields for name in names(key, field)}
    return [*_among(os.environ, "in the environment", known), *_among(_written(), "in .env", known)]


def _written() -> Mapping[str, str | None]:
    return dotenv_values(_ENV_FILE) if _ENV_FILE.is_file() else {}


def _among(variables: Collection[str], place: str, known: Collection[str]) -> Iterator[Misspelling]:
    for name in sorted(variables):
        likely = _likely(name.upper(), known)
        if likely is not None:
            yield Misspelling(name, place, likely)


def _likely(name: str, known: Collection[str]) -> str | None:
    """Give the setting that this name is nearly; ``None`` if it is one, or like none."""
    if name in known or name.startswith(_FOREIGN):
        return None
    near = [(ratio, setting) for setting in known if (ratio := _likeness(name, setting))]
    return max(near)[1] if near else None


def _likeness(name: str, setting: str) -> float:
    """Tell how alike two names are; 0 unless it is likely that one was meant to be the other.

    Word by word: DATABASE_USER shares most letters with DATABASE_URL, and is something else.
    """
    words, meant = name.split("_"), setting.split("_")
    if len(words) > 1 and words == meant[: len(words)]:
        return 1.0
    whole = _ratio(name, setting)
    if name.replace("_", "") == setting.replace("_", ""):
        return whole
    if len(words) != len(meant) or whole < _ALIKE:
        return 0.0
    by_word = min(_ratio(word, other) for word, other in zip(words, meant, strict=True))
    return whole if by_word >= _WORD_ALIKE else 0.0


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
