"""Objects as files in a local folder."""

import errno
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from domain.errors import ConfigurationError, NotFoundError, StorageError
from domain.storage import Source, StoredObject
from storage.content_types import content_type_of, remember_content_type
from storage.digests import CHUNK, chunks, opened, sha256_of
from storage.durable_files import evict, make_folders, sync_folder
from storage.errors import MisconfiguredError
from storage.expiry import whole_seconds
from storage.keys import checked_key
from storage.probe import round_trip
from storage.signed_urls import SignedUrls
from storage.workers import Stop, Workers

# Where files are made before they get their names. No key begins with a dot.
_UNFINISHED = ".unfinished"
_LEFT_OVER_AFTER = timedelta(days=1)
"""An unfinished file this old belongs to a process that died: no copy takes a day."""
_THREADS = 8
# What a person has to mend; everything else, a full disk included, may pass.
_WRONG_FOLDER = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP})


def now_utc() -> datetime:
    """Give the time; links expire by it."""
    return datetime.now(UTC)


class FolderStore:
    """Keeps objects as files under ``root``; links to them are paths that the API serves.

    A file is written under another name, synced, read back from the disk and only then given its own.
    """

    def __init__(
        self, root: Path, links: SignedUrls, *, configured: str, now: Callable[[], datetime] = now_utc
    ) -> None:
        """Take the folder, what signs links, and the STORAGE_URL that errors name."""
        self.root = root
        self.links = links
        self._configured = configured
        self._now = now
        self._unfinished = root / _UNFINISHED
        self._workers = Workers("folder", _THREADS)

    async def prepare(self) -> None:
        """Make the folder, see whether it can be written, and clear away what dead processes left."""
        try:
            await self._workers.run(self._prepare)
        except MisconfiguredError as error:
            raise error.problem from error

    async def put(self, key: str, source: Source, *, content_type: str, sha256: str) -> StoredObject:
        """Store a file or bytes; see ``BlobStore.put``. A cancelled put leaves nothing behind."""
        path = self._path(key)
        return await self._workers.run_stoppable(
            partial(self._put, key, path, source, content_type=content_type, sha256=sha256)
        )

    async def head(self, key: str) -> StoredObject | None:
        """Describe an object, or ``None`` where there is none."""
        return await self._workers.run(partial(self._head, key, self._path(key)))

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Stream bytes ``start`` to ``end`` (exclusive) in chunks."""
        opening = partial(self._open, key, self._path(key), start)
        file = await self._workers.run(opening, discard=lambda opened: opened.close())
        left = None if end is None else end - start
        try:
            while left is None or left > 0:
                wanted = CHUNK if left is None else min(CHUNK, left)
                chunk = await self._workers.run(partial(self._next, key, file, wanted))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk
        finally:
            self._workers.run_unwatched(file.close)

    async def delete(self, key: str) -> None:
        """Remove an object; removing a missing one is no error."""
        await self._workers.run(partial(self._delete, key, self._path(key)))

    async def url(self, key: str, *, expires: timedelta) -> str:
        """Give the path, signed, that the API serves until it expires."""
        until = int(self._now().timestamp()) + whole_seconds(expires)
        return self.links.url(checked_key(key), until)

    async def check(self) -> None:
        """Write, read back and remove a small object."""
        await self.prepare()
        try:
            await round_trip(self)
        except MisconfiguredError as error:
            raise error.problem from error

    async def aclose(self) -> None:
        """Wait for the threads that are still at work."""
        await self._workers.aclose()

    def _path(self, key: str) -> Path:
        return self.root / checked_key(key)

    def _prepare(self) -> None:
        with self._translated("be prepared"):
            self._make()
            probe = self._unfinished / f"{uuid4().hex}.part"
            probe.touch(exist_ok=False)
            probe.unlink()
            oldest = (self._now() - _LEFT_OVER_AFTER).timestamp()
            for left in self._unfinished.glob("*.part"):
                _remove_if_older(left, oldest)

    def _make(self) -> None:
        # Nothing is public by default: other users of the machine are kept out of a folder made here.
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._unfinished.mkdir(exist_ok=True)

    def _put(
        self, key: str, path: Path, source: Source, stop: Stop, *, content_type: str, sha256: str
    ) -> StoredObject:
        part = self._unfinished / f"{uuid4().hex}.part"
        with self._translated(f"take {key}"):
            self._make()
            try:
                size = _copy(source, part, stop)
                _verify(key, part, size, sha256, stop)
                remember_content_type(part, content_type)
                make_folders(path.parent)
                part.replace(path)
                sync_folder(path.parent)
            finally:
                part.unlink(missing_ok=True)
        return StoredObject(key, size, content_type_of(path))

    def _head(self, key: str, path: Path) -> StoredObject | None:
        with self._translated(f"describe {key}"):
            try:
                found = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            if not stat.S_ISREG(found.st_mode):
                return None
            return StoredObject(key, found.st_size, content_type_of(path))

    def _open(self, key: str, path: Path, start: int) -> BinaryIO:
        with self._translated(f"read {key}"):
            try:
                file = path.open("rb", buffering=0)
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                raise NotFoundError(f"there is no {key} in {self.root}") from error
            file.seek(start)
            return file

    def _next(self, key: str, file: BinaryIO, wanted: int) -> bytes:
        with self._translated(f"read {key}"):
            return file.read(wanted)

    def _delete(self, key: str, path: Path) -> None:
        with self._translated(f"delete {key}"):
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return
            sync_folder(path.parent)

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._translate(error, doing) from error

    def _translate(self, error: OSError, doing: str) -> StorageError:
        reason = error.strerror or str(error)
        if error.errno in _WRONG_FOLDER:
            mend = f"the folder {self.root} cannot {doing} ({reason}); name a folder that this user may write"
            return MisconfiguredError(ConfigurationError("STORAGE_URL", self._configured, mend))
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return StorageError(f"the disk of {self.root} is full: the folder cannot {doing} ({reason})")
        return StorageError(f"the folder {self.root} cannot {doing} ({reason})")


def _copy(source: Source, part: Path, stop: Stop) -> int:
    with opened(source) as reader, part.open("xb") as writer:
        for chunk in chunks(reader, stop.check):
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
        evict(writer.fileno())
        return writer.tell()


def _verify(key: str, part: Path, size: int, sha256: str, stop: Stop) -> None:
    with part.open("rb") as reader:
        found = sha256_of(chunks(reader, stop.check))
    if found != (size, sha256):
        raise StorageError(
            f"{key} was not stored: SHA-256 {sha256} was announced, "
            f"the disk has {found[0]} bytes with {found[1]}"
        )


def _remove_if_older(path: Path, oldest: float) -> None:
    try:
        if path.stat().st_mtime < oldest:
            path.unlink()
    except FileNotFoundError:
        return  # another process cleared it away
