"""What STORAGE_URL and S3_ENDPOINT_URL say, read and checked."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from domain.errors import ConfigurationError, InvalidRequestError
from storage.keys import checked_key

_ALLOWED = "allowed: file: (the folder storage under RUSHES_HOME), file:/some/folder, s3://bucket or s3://bucket/prefix"
_ENDPOINT_ALLOWED = "allowed: http://host:port or https://host"
# AWS is stricter; Google Cloud Storage and old Ceph buckets have underscores and capitals.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on this machine."""

    path: Path


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and the prefix in it under which everything is kept; empty, or without slashes at its ends."""

    name: str
    prefix: str


def parse_location(url: str, home: Path) -> Folder | Bucket:
    """Read a STORAGE_URL.

    Raises:
        ConfigurationError: it is malformed. A URL with a password in it is not shown.
    """
    parts = _split("STORAGE_URL", url, _ALLOWED)
    if parts.query or parts.fragment:
        raise ConfigurationError(
            "STORAGE_URL", url, f"a ? or # in a folder's name is written %3F or %23; {_ALLOWED}"
        )
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return Folder(Path(unquote(parts.path)) if parts.path else home / "storage")
    if parts.scheme == "s3" and _BUCKET.fullmatch(parts.netloc):
        return Bucket(parts.netloc, _prefix(url, parts.path.strip("/")))
    raise ConfigurationError("STORAGE_URL", url, _ALLOWED)


def parse_endpoint(url: str | None) -> str | None:
    """Read an S3_ENDPOINT_URL.

    Raises:
        ConfigurationError: it is malformed. A URL with a password in it is not shown.
    """
    if url is None:
        return None
    parts = _split("S3_ENDPOINT_URL", url, _ENDPOINT_ALLOWED)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError("S3_ENDPOINT_URL", url, _ENDPOINT_ALLOWED)
    return url


def _split(setting: str, url: str, allowed: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ConfigurationError(setting, "(unreadable)", allowed) from None
    if "@" in parts.netloc:
        raise ConfigurationError(
            setting, "(not shown)", f"credentials go into the AWS_ variables, not the URL; {allowed}"
        )
    return parts


def _prefix(url: str, prefix: str) -> str:
    try:
        return checked_key(prefix) if prefix else ""
    except InvalidRequestError as error:
        raise ConfigurationError("STORAGE_URL", url, f"its prefix: {error.message}") from error
