"""Links to the folder's objects, which the API serves: signed, and good for a while."""

import hmac
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Self
from urllib.parse import quote
from uuid import uuid4

from domain.errors import ConfigurationError

MEDIA_PATH = "/media/"
_KEY_FILE = "media.key"
_SECRET_BYTES = 32


class SignedUrls:
    """Signs paths under ``/media/`` and tells its own signatures from others."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def of_home(cls, home: Path) -> Self:
        """Use the secret that RUSHES_HOME keeps in ``media.key``; the first to ask makes it.

        Raises:
            ConfigurationError: it can neither be read nor made.
        """
        path = home / _KEY_FILE
        try:
            if not path.exists():
                _make_secret(path)
            secret = bytes.fromhex(path.read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it holds something else"
            raise ConfigurationError(
                "RUSHES_HOME",
                str(home),
                f"the key for links in {path} can neither be read nor made ({reason}); let this user write "
                "there, and delete that file if it is damaged",
            ) from error
        if len(secret) < _SECRET_BYTES:
            raise ConfigurationError("RUSHES_HOME", str(home), f"{path} is damaged; delete it")
        return cls(secret)

    def sign(self, key: str, expires: int) -> str:
        """Sign a key until ``expires``, in seconds since 1970."""
        # The expiry comes first: it is a number, so no key can move the border between the two.
        return hmac.digest(self._secret, f"{expires}:{key}".encode(errors="surrogatepass"), "sha256").hex()

    def verify(self, key: str, expires: int, signature: str, now: datetime) -> bool:
        """Tell whether this is a signature of ours that has not expired, in constant time."""
        ours = hmac.compare_digest(self.sign(key, expires).encode(), signature.encode(errors="replace"))
        return ours and now.timestamp() < expires

    def url(self, key: str, expires: int) -> str:
        """Give the path with its query that the API serves until ``expires``, in seconds since 1970."""
        return f"{MEDIA_PATH}{quote(key)}?expires={expires}&signature={self.sign(key, expires)}"


def _make_secret(path: Path) -> None:
    """Write a new secret, whole or not at all; where two processes do, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces: nobody's secret changes after it has been read.
        path.hardlink_to(unfinished)
    except FileExistsError:
        return
    finally:
        unfinished.unlink(missing_ok=True)
