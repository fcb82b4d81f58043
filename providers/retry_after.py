"""``Retry-After`` as HTTP has it: seconds, or a date (RFC 9110, 10.2.3)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 24 * 3_600.0
"""A provider that asks for more is asked again after a day."""


def seconds(value: str | None, now: datetime | None = None) -> float | None:
    """Give how long a provider asked us to wait; ``None`` where it did not, or not in words of HTTP."""
    given = (value or "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given), _LONGEST)
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    left = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(max(left, 0.0), _LONGEST)
