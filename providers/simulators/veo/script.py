"""Faults on demand: ``[sim:NAME]`` or ``[sim:NAME=VALUE, …]`` in a prompt, or in the constructor."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_TAG = re.compile(r"\[sim:([^\]]*)\]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Fault(StrEnum):
    """What may be asked for. A value is a count of times (without one: always) or what the member says."""

    INVALID = "invalid"
    """Submit: 400 INVALID_ARGUMENT."""
    BLOCKED = "blocked"
    """Submit: 400 with a support code, the first carrier of a block."""
    PRECONDITION = "precondition"
    """Submit: 400 FAILED_PRECONDITION."""
    WRONG_PROJECT = "wrong_project"
    """Submit: 400 with the reason RESOURCE_PROJECT_INVALID."""
    UNAUTHORIZED = "unauthorized"
    """Submit: 401, whatever the token."""
    PERMISSION = "permission"
    """Submit: 403 PERMISSION_DENIED."""
    BILLING = "billing"
    """Submit: 403 with the reason BILLING_DISABLED."""
    MODEL_GONE = "model_gone"
    """Submit: 404, as for a retired model."""
    RATE_LIMITED = "rate_limited"
    """Submit: 429."""
    NO_QUOTA = "no_quota"
    """Submit: 429 of a project whose quota is zero."""
    UNAVAILABLE = "unavailable"
    """Submit: 503 with Google's JSON."""
    PROXY_503 = "proxy_503"
    """Submit: 503 with a proxy's HTML."""
    STATUS = "status"
    """Submit: answers with the status that is its value, nothing accepted."""
    DROP = "drop"
    """Submit: the connection breaks, nothing accepted."""
    ERROR_AFTER_ACCEPT = "error_after_accept"
    """Submit: accepted, then 500."""
    DROP_AFTER_ACCEPT = "drop_after_accept"
    """Submit: accepted, then the connection breaks."""
    HANG_AFTER_ACCEPT = "hang_after_accept"
    """Submit: accepted, and no answer until the client is gone."""
    EMPTY_200 = "empty_200"
    """Submit: accepted, then 200 without a body."""
    ARRAY = "array"
    """Submit and poll: error bodies come as an array of one."""
    DELAY = "delay"
    """Generation: takes that many seconds."""
    FAIL = "fail"
    """Generation: ends with the gRPC code that is its value, 13 without one."""
    BLOCKED_LATE = "blocked_late"
    """Generation: ends with code 3 and a support code, the second carrier."""
    FILTERED = "filtered"
    """Generation: ends without a clip, with a reason: the third carrier."""
    PARTIAL = "partial"
    """Generation: the last of its samples is filtered."""
    NO_VIDEO = "no_video"
    """Generation: done, with neither a clip nor an error."""
    NO_REASON = "no_reason"
    """Generation, pictures only: an answer without a picture and without a reason."""
    NEVER = "never"
    """Generation: never done."""
    OLD_SCHEMA = "old_schema"
    """Generation: the answer has ``generatedSamples``."""
    POLL_ERROR = "poll_error"
    """Poll: 500."""
    POLL_MISSING = "poll_missing"
    """Poll: 404."""
    FORGOTTEN = "forgotten"
    """Poll: 404 as soon as the generation is over, its clip being in the bucket."""
    EXPIRED = "expired"
    """Download: the clip is gone."""
    DOWNLOAD_ERROR = "download_error"
    """Download: breaks off half-way through what is asked for."""
    SLOW_BUCKET = "slow_bucket"
    """Download: the object is visible that many seconds after the generation is done."""


_VALUED = frozenset({Fault.STATUS, Fault.DELAY, Fault.FAIL, Fault.SLOW_BUCKET})
"""Faults whose value is not a count; they play every time."""


@dataclass(frozen=True, slots=True)
class Script:
    """The faults of one prompt."""

    values: Mapping[Fault, float | None]

    @classmethod
    def read(cls, *texts: str) -> "Script":
        """Read every tag in ``texts``; names that are unknown are errors of whoever wrote the test."""
        values: dict[Fault, float | None] = {}
        for entry in ",".join(tag for text in texts for tag in _TAG.findall(text)).split(","):
            name, _, value = (part.strip() for part in entry.partition("="))
            if name:
                number = _NUMBER.fullmatch(value)
                values[Fault(name)] = float(number[0]) if number else None
        return cls(values)

    def __contains__(self, fault: Fault) -> bool:
        return fault in self.values

    def number(self, fault: Fault, otherwise: float) -> float:
        """Give the value of a fault that takes one."""
        value = self.values.get(fault)
        return otherwise if value is None else value


@dataclass(slots=True)
class Plays:
    """Counts how often each fault was played for each prompt or operation."""

    played: Counter[tuple[str, Fault]] = field(default_factory=Counter)

    def due(self, script: Script, fault: Fault, key: str) -> bool:
        """Tell whether ``fault`` plays once more, and count it."""
        if fault not in script:
            return False
        limit = None if fault in _VALUED else script.values[fault]
        if limit is not None and self.played[key, fault] >= limit:
            return False
        self.played[key, fault] += 1
        return True


def without_tags(prompt: str) -> str:
    """Give the prompt as it is shown."""
    return " ".join(_TAG.sub(" ", prompt).split())
