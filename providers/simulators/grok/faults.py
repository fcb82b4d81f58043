"""Faults on demand: ``[sim:NAME]`` or ``[sim:NAME=VALUE, …]`` in a prompt, or one setting for all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.errors import RushesError


class Fault(StrEnum):
    """What may be asked for. A number after ``=`` plays it that many times and then no more."""

    NO_CREDENTIALS = "no_credentials"
    """Submit: 401."""
    WRONG_KEY = "wrong_key"
    """Submit: 400 with the text of a wrong key."""
    RATE_LIMITED = "rate_limited"
    """Submit: 429."""
    NO_CREDITS = "no_credits"
    """Submit: 403 with the text of an empty account."""
    NO_CREDITS_429 = "no_credits_429"
    """Submit: the same as 429, as it was before 2026."""
    FORBIDDEN = "forbidden"
    """Submit: 403, the key may not use the model."""
    BLOCKED = "blocked"
    """Submit: 403, content rules."""
    BLOCKED_400 = "blocked_400"
    """Submit: 400, content rules."""
    INVALID = "invalid"
    """Submit: 400 in the shape of OpenAI's errors."""
    PLAIN_ERROR = "plain_error"
    """Submit: 400 with nothing but a sentence."""
    ZERO_RETENTION = "zero_retention"
    """Submit: 400 unless ``output.upload_url`` is given."""
    MODEL_GONE = "model_gone"
    """Submit: 404."""
    SCHEMA = "schema"
    """Submit: 422."""
    UNAVAILABLE = "unavailable"
    """Submit: 503, nothing accepted; no client can know that."""
    DROP_BEFORE_ACCEPT = "drop_before_accept"
    """Submit: the connection breaks, nothing accepted; no client can know that."""
    DROP_AFTER_ACCEPT = "drop_after_accept"
    """Submit: accepted, and the connection breaks before the answer."""
    ERROR_AFTER_ACCEPT = "error_after_accept"
    """Submit: accepted, and answered with 500."""
    GARBAGE_AFTER_ACCEPT = "garbage_after_accept"
    """Submit: accepted, and answered with 200 and no JSON."""
    NO_ID_AFTER_ACCEPT = "no_id_after_accept"
    """Submit: accepted, and answered with 200 and JSON that names nothing."""
    HANG_AFTER_ACCEPT = "hang_after_accept"
    """Submit: accepted, and never answered."""

    DELAY = "delay"
    """Generation: takes that many seconds."""
    NEVER = "never"
    """Generation: 202 for ever."""
    FAILED = "failed"
    """Generation: fails with that ``error.code``, ``internal_error`` if none is given."""
    ERROR_STRING = "error_string"
    """Generation: fails with ``error`` as a string, and the sentence of the content rules."""
    MODERATED = "moderated"
    """Generation: done with ``respect_moderation`` false, no URL, and charged."""
    MODERATED_FAILED = "moderated_failed"
    """Generation: fails with the content rules' text in ``invalid_argument``, and charged."""
    EXPIRED = "expired"
    """Generation: ``expired``."""
    NO_URL = "no_url"
    """Generation: done, without a URL or a reason."""
    NO_STATUS = "no_status"
    """Generation: done, with the field ``status`` left out."""
    NO_COST = "no_cost"
    """Generation: done, without ``usage``."""
    ODD_STATUS = "odd_status"
    """Poll: 200 with a status that no document names."""

    POLL_ERROR = "poll_error"
    """Poll: 503."""
    POLL_LIMITED = "poll_limited"
    """Poll: 429."""
    POLL_REFUSED = "poll_refused"
    """Poll: 400 for an input that the submit let in."""
    POLL_WRONG_KEY = "poll_wrong_key"
    """Poll: 400 with the text of a wrong key."""
    POLL_DROP = "poll_drop"
    """Poll: the connection breaks."""
    POLL_GARBAGE = "poll_garbage"
    """Poll: 200 and no JSON."""
    NOT_FOUND = "not_found"
    """Poll: 404."""

    DOWNLOAD_ERROR = "download_error"
    """Download: 500."""
    DOWNLOAD_DROP = "download_drop"
    """Download: the connection breaks half-way."""
    GONE = "gone"
    """Download: 404, and the file store has nothing either."""
    URL_EXPIRED = "url_expired"
    """Download: 403; the file store still has it."""
    NOT_STORED = "not_stored"
    """Files: the result never gets there (``storage_error``)."""


_TAG = re.compile(r"\[sim:([^\]]*)\]")


class FaultError(RushesError):
    """A fault is not one that the simulator knows."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Which faults to play, with the text after ``=`` where there is one."""

    values: Mapping[Fault, str | None] = field(default_factory=dict)

    def __contains__(self, fault: Fault) -> bool:
        return fault in self.values

    def limit(self, fault: Fault) -> int | None:
        """Give how many times ``fault`` plays; ``None`` means every time."""
        value = self.values[fault]
        return int(value) if value is not None and value.isdigit() else None

    def text(self, fault: Fault, default: str) -> str:
        """Give what stands after ``=``."""
        return self.values.get(fault) or default

    def __str__(self) -> str:
        return ",".join(name if value is None else f"{name}={value}" for name, value in self.values.items())


def parse(text: str) -> Faults:
    """Read ``NAME=VALUE, …``.

    Raises:
        FaultError: a name is unknown; says what is known.
    """
    found: dict[Fault, str | None] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (part.strip() for part in entry.partition("="))
        if name not in Fault.__members__.values():
            raise FaultError(f"the simulator knows no fault {name!r}; it knows {', '.join(sorted(Fault))}")
        found[Fault(name)] = value if equals else None
    return Faults(found)


def of_prompt(prompt: str, default: Faults) -> Faults:
    """Read the markers of a prompt; what they say wins over ``default``."""
    own = parse(",".join(_TAG.findall(prompt)))
    return Faults({**default.values, **own.values})


def without_markers(prompt: str) -> str:
    """Give the prompt as it is shown."""
    return " ".join(_TAG.sub(" ", prompt).split())
