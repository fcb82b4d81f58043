"""What a file's bytes come to: computed in one pass, in constant memory."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from domain.errors import StorageError
from domain.storage import Source

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file's size in bytes, its SHA-256, and the ETag that S3 gives it."""

    size: int
    sha256: str
    etag: str


def opened(source: Source) -> BinaryIO:
    """Open what is to be stored.

    Raises:
        StorageError: it cannot be read, which is no fault of the store's.
    """
    if isinstance(source, bytes):
        return BytesIO(source)
    try:
        return source.open("rb")
    except OSError as error:
        raise StorageError(f"{source.name} cannot be read to be stored ({error.strerror})") from error


def chunks(file: BinaryIO, check: Callable[[], None]) -> Iterator[bytes]:
    """Read a file to its end, calling ``check`` before each chunk so that it can put an end to it."""
    while True:
        check()
        chunk = file.read(CHUNK)
        if not chunk:
            return
        yield chunk


def sha256_of(pieces: Iterable[bytes]) -> tuple[int, str]:
    """Give the size and the SHA-256 of bytes that come in pieces."""
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        size += len(piece)
        digest.update(piece)
    return size, digest.hexdigest()


def fingerprint(
    source: Source, *, part_size_for: Callable[[int], int], check: Callable[[], None]
) -> Fingerprint:
    """Read a file once for everything that a store may be asked to confirm.

    The ETag of an object sent whole is its MD5; of one sent in parts it is the MD5 of the parts' MD5s with
    their number behind. ``part_size_for`` gives the parts' size for a file's size, a multiple of ``CHUNK``;
    a file that is not smaller than one part is sent in parts.
    """
    size, sha256, part = 0, hashlib.sha256(), _md5()
    parts: list[bytes] = []
    with opened(source) as file:
        part_size = part_size_for(file.seek(0, os.SEEK_END))
        file.seek(0)
        for chunk in chunks(file, check):
            if size and size % part_size == 0:
                parts.append(part.digest())
                part = _md5()
            size += len(chunk)
            sha256.update(chunk)
            part.update(chunk)
    parts.append(part.digest())
    etag = part.hexdigest() if size < part_size else f"{_md5(b''.join(parts)).hexdigest()}-{len(parts)}"
    return Fingerprint(size, sha256.hexdigest(), etag)


def _md5(data: bytes = b"") -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)
