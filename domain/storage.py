"""What a store of objects is."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

Source = Path | bytes
"""What is to be stored: a file, or what is small enough to be in memory anyway."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as the store itself describes it."""

    key: str
    size: int
    """Bytes."""
    content_type: str


class BlobStore(Protocol):
    """Keeps finished results under keys such as ``{project}/{scene}/{job}.mp4``. Safe to share.

    Every method that takes a key raises ``InvalidRequestError`` for one that is no plain relative path.
    """

    async def prepare(self) -> None:
        """Make the bucket or folder if it is missing and may be made.

        Raises:
            ConfigurationError: it cannot be used as configured: the setting, its value and the mend.
            StorageError: it cannot be reached now.
        """
        ...

    async def put(self, key: str, source: Source, *, content_type: str, sha256: str) -> StoredObject:
        """Store a file's bytes in constant memory, then read back the size and the store's own checksums.

        ``sha256`` is the lower-case hex digest of the bytes. An object that exists is replaced as a whole
        or not at all; nothing half-written is ever visible under ``key``.

        Raises:
            StorageError: not stored, or what is stored is not what was sent.
        """
        ...

    async def head(self, key: str) -> StoredObject | None:
        """Describe an object, or ``None`` where there is none."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Stream bytes ``start`` to ``end`` (exclusive) in chunks; beyond the object's end there are none.

        Raises:
            NotFoundError: there is no such object.
            StorageError: it cannot be read now.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove an object; removing a missing one is no error."""
        ...

    async def url(self, key: str, *, expires: timedelta) -> str:
        """Give a URL that plays without headers until it expires; a path where the API serves it itself.

        ``expires`` is at most seven days, the limit of S3's signatures; ``ValueError`` otherwise.
        """
        ...

    async def check(self) -> None:
        """Write, read back and remove a small object.

        Raises:
            ConfigurationError: as for ``prepare``.
            StorageError: as for ``put``.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
