"""The content type of a file: kept beside its bytes where the filesystem can, told by its name elsewhere."""

import os
import sys
from pathlib import Path

# The name that freedesktop.org gave it, so that other programs read it too.
_ATTRIBUTE = "user.mime_type"
# Not the mimetypes module: it reads files of the machine and answers differently on each.
_BY_SUFFIX = {
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".txt": "text/plain",
    ".vtt": "text/vtt",
    ".webp": "image/webp",
}


def remember_content_type(path: Path, content_type: str) -> None:
    """Keep a file's content type if the filesystem has room for it; a rename takes it along."""
    if sys.platform == "linux":
        try:
            os.setxattr(path, _ATTRIBUTE, content_type.encode())
        except OSError:
            return  # no extended attributes here, or too few: the name says enough for what Rushes stores


def content_type_of(path: Path) -> str:
    """Give a file's content type."""
    if sys.platform == "linux":
        try:
            return os.getxattr(path, _ATTRIBUTE).decode()
        except OSError:
            pass  # none was kept
    return _BY_SUFFIX.get(path.suffix.lower(), "application/octet-stream")
