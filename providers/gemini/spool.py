"""Finished pictures on this machine's disk, until they are stored.

Gemini answers a request with the picture itself and keeps none: what is lost here is paid again.
"""

import os
import time
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

_KEPT_SECONDS = 7 * 86_400.0
"""Longer than any download is tried again."""
_SWEEP_SECONDS = 3_600.0
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


class Spool:
    """One file for each attempt. Every method blocks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._swept = float("-inf")

    def begin(self, attempt: UUID) -> BinaryIO:
        """Give a file to write to, which counts only once it is kept.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        return (self._folder / f"{attempt}.part").open("wb")

    def keep(self, attempt: UUID, file: BinaryIO) -> None:
        """Make a written file last, even if the machine stops now."""
        file.flush()
        os.fsync(file.fileno())
        file.close()
        (self._folder / f"{attempt}.part").replace(self._path(attempt))
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def discard(self, attempt: UUID, file: BinaryIO) -> None:
        """Give a file up."""
        file.close()
        (self._folder / f"{attempt}.part").unlink(missing_ok=True)

    def content_type(self, attempt: UUID) -> str | None:
        """Give the type of a picture by its first bytes, or ``None`` when there is no picture."""
        try:
            with self.open(attempt) as file:
                start = file.read(12)
        except FileNotFoundError:
            return None
        found = (kind for signature, kind in _SIGNATURES.items() if start.startswith(signature))
        return next(found, "application/octet-stream")

    def open(self, attempt: UUID) -> BinaryIO:
        """Open a kept picture.

        Raises:
            FileNotFoundError: it is not here.
        """
        return self._path(attempt).open("rb")

    def _path(self, attempt: UUID) -> Path:
        return self._folder / f"{attempt}.image"

    def _sweep(self) -> None:
        """Remove what nobody can want any more, once an hour."""
        now = time.time()
        if now - self._swept < _SWEEP_SECONDS:
            return
        self._swept = now
        for path in self._folder.iterdir():
            if path.suffix in {".image", ".part"} and now - path.stat().st_mtime > _KEPT_SECONDS:
                path.unlink(missing_ok=True)
