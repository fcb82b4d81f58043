"""Which keys an object may have: checked before one touches a path or a URL."""

import unicodedata

from domain.errors import InvalidRequestError, Problem

_LONGEST = 900
"""Bytes. S3 allows 1,024 with the prefix."""
_LONGEST_SEGMENT = 200
"""Bytes. Common filesystems allow 255."""


def checked_key(key: str) -> str:
    """Give the key back if it is a plain relative path that no store reads as anything else.

    Names that begin with a dot are the folder store's own, and those in ``.part`` are files in the making.

    Raises:
        InvalidRequestError: it climbs, is absolute, hides, is too long, or holds control characters.
    """
    if not key or len(key.encode(errors="surrogatepass")) > _LONGEST:
        raise _refused(key, f"1 to {_LONGEST} bytes are allowed")
    # Cs: lone surrogates, which have no UTF-8; Cc: control characters, the zero byte among them.
    if "\\" in key or any(unicodedata.category(character) in {"Cc", "Cs"} for character in key):
        raise _refused(key, "control characters and backslashes are not allowed")
    for segment in key.split("/"):
        if not segment or segment.startswith("."):
            raise _refused(key, "every part between slashes must have a name that begins with no dot")
        if len(segment.encode()) > _LONGEST_SEGMENT:
            raise _refused(key, f"every part between slashes may have {_LONGEST_SEGMENT} bytes")
    if key.endswith(".part"):
        raise _refused(key, "names in .part are those of unfinished files")
    return key


def _refused(key: str, allowed: str) -> InvalidRequestError:
    return InvalidRequestError([Problem("key", ascii(key[:80])[1:-1], allowed)])
