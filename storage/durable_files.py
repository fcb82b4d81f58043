"""Files and folders that outlast a power cut."""

import errno
import os
import sys
from pathlib import Path


def make_folders(path: Path) -> None:
    """Make a folder and those above it; each new one is on the disk when this returns."""
    if path.is_dir():
        return
    make_folders(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Write a folder's entries to the disk: a rename lasts only after that."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network filesystems cannot sync a folder, and keep renames safe in their own way.
        if error.errno not in {errno.EINVAL, errno.EBADF}:
            raise
    finally:
        os.close(descriptor)


def evict(descriptor: int) -> None:
    """Drop a synced file from the page cache where that can be done: the next read asks the disk."""
    if sys.platform == "linux":
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
