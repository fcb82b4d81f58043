"""How long a link to an object may live."""

from datetime import timedelta

LONGEST = timedelta(days=7)
"""S3's own limit for a signature; the folder keeps to it, so that no caller depends on more."""


def whole_seconds(expires: timedelta) -> int:
    """Give a link's life in seconds, rounded up.

    Raises:
        ValueError: it is not within a second and seven days.
    """
    if not timedelta(0) < expires <= LONGEST:
        raise ValueError(f"a link lives for more than nothing and at most {LONGEST.days} days, not {expires}")
    return -(-expires // timedelta(seconds=1))
