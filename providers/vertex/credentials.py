"""Access tokens from google-auth, renewed off the event loop.

The one module that imports google-auth, which comes with the extra ``[veo]``.
"""

import asyncio
import warnings
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import google.auth
from google.auth import exceptions
from google.auth.credentials import Credentials
from google.auth.transport.requests import Request

from domain.errors import ConfigurationError
from domain.failures import ErrorCode
from domain.provider import ProviderError
from providers.vertex.errors import raw_of

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_SETTING = "GOOGLE_APPLICATION_CREDENTIALS"
_SECONDS = 20.0
_PROBE_SECONDS = 0.5
"""The machine's own credentials are asked for three times at start; elsewhere nobody answers."""


class GoogleTokens:
    """The headers that say who we are; one renewal at a time, whoever asks."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._lock = asyncio.Lock()

    @classmethod
    def find(cls, key_file: Path | None) -> "GoogleTokens":
        """Take a key file, or what gcloud or the machine provides.

        Raises:
            ConfigurationError: there are none, or the file is no key.
        """
        try:
            credentials = _from_file(key_file) if key_file else _from_surroundings()
        except (exceptions.GoogleAuthError, OSError, ValueError, LookupError, AttributeError) as error:
            # Never the library's own words: they may quote the file.
            advice = "name a service account's key file, or run: gcloud auth application-default login"
            value = None if key_file is None else str(key_file)
            raise ConfigurationError(_SETTING, value, f"{advice} ({type(error).__name__})") from None
        return cls(credentials)

    async def headers(self, *, refused: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give headers with a token that is valid for minutes at least.

        Args:
            refused: headers that Google refused, so that a token that looks valid is renewed.

        Raises:
            ProviderError: ``auth`` when Google refuses to renew, ``provider_transient`` out of reach.
        """
        async with self._lock:
            if not self._credentials.valid or self._applied() == refused:
                try:
                    await asyncio.to_thread(self._credentials.refresh, partial(Request(), timeout=_SECONDS))
                except exceptions.TransportError as error:
                    raise ProviderError(ErrorCode.PROVIDER_TRANSIENT, raw=type(error).__name__) from error
                except exceptions.GoogleAuthError as error:
                    raise ProviderError(ErrorCode.AUTH, raw=raw_of(str(error).encode())) from error
            return self._applied()

    def _applied(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        if self._credentials.token:
            self._credentials.apply(headers)  # type: ignore[no-untyped-call] # google-auth leaves it untyped
        return headers


def _from_file(path: Path) -> Credentials:
    load: Any = google.auth.load_credentials_from_file
    with warnings.catch_warnings():
        # It warns of files from strangers; this one the operator names, as GOOGLE_APPLICATION_CREDENTIALS.
        warnings.simplefilter("ignore", DeprecationWarning)
        found: Credentials = load(str(path), scopes=_SCOPES)[0]
    return found


def _from_surroundings() -> Credentials:
    found: Credentials = google.auth.default(scopes=_SCOPES, request=_Briefly())[0]
    return found


class _Briefly(Request):
    """Asks with little patience, so that a machine without credentials of its own starts soon."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        ask: Any = super().__call__
        return ask(*args, **{**kwargs, "timeout": _PROBE_SECONDS})
