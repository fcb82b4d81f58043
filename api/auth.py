"""Who is calling, and how often."""

import ipaddress
import math
import time
from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import HTTPConnection

from api.errors import RefusedError
from domain.access import LOCAL, Caller, Scope
from domain.errors import NotAllowedError, NotAuthenticatedError, Problem, UnavailableError
from domain.records import Records, Transaction
from services import keys, sessions

SESSION_COOKIE = "rushes_session"
_BURST_SECONDS = 2
_READING = frozenset({"GET", "HEAD"})


def is_loopback(host: str) -> bool:
    """Tell whether an address, or the usual name for it, is this very machine."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


class Gatekeeper:
    """Authenticates callers and counts their requests; one per process."""

    def __init__(
        self, records: Records, rate: float, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._records = records
        self._rate = rate
        self._seconds = seconds
        self._buckets: dict[str, tuple[float, float]] = {}
        """Requests left and when that was so, by caller. Only valid keys get one, so it stays small."""

    async def admit(self, request: HTTPConnection, scope: Scope, *, any_secret: bool = False) -> Caller:
        """Let a request in; ``any_secret``: see ``keys.authenticate``.

        Raises:
            NotAuthenticatedError: no key, or one that is not valid.
            NotAllowedError: the key lacks ``scope``.
            RefusedError: ``rate_limited``, or ``origin_refused``: a session without an origin.
        """
        is_local = request.client is not None and is_loopback(request.client.host)
        secret = _bearer(request)
        async with self._records.transaction() as tx:
            caller = None if secret else await _of_session(tx, request)
            caller = caller or await keys.authenticate(tx, secret, is_local=is_local, any_secret=any_secret)
        if caller is not LOCAL:
            self._count(caller)
        if not caller.may(scope):
            raise NotAllowedError(f"this needs a key with the scope {scope}")
        return caller

    def _count(self, caller: Caller) -> None:
        """Take a token from the caller's bucket, which fills at the rate and holds two seconds' worth."""
        now, most = self._seconds(), max(1.0, self._rate * _BURST_SECONDS)
        left, since = self._buckets.get(caller.name, (most, now))
        left = min(most, left + (now - since) * self._rate)
        if left < 1:
            self._buckets[caller.name] = (left, now)
            wait = math.ceil((1 - left) / self._rate)
            raise RefusedError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "rate_limited",
                f"this key may make {self._rate:g} requests a second",
                headers={"Retry-After": str(wait)},
            )
        self._buckets[caller.name] = (left - 1, now)


def _bearer(request: HTTPConnection) -> str | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotAuthenticatedError("send the key as Authorization: Bearer rsh_…")
    return secret.strip()


def session_of(request: HTTPConnection) -> str | None:
    """Give the secret of the session that a browser sends along."""
    return request.cookies.get(SESSION_COOKIE) or None


async def _of_session(tx: Transaction, request: HTTPConnection) -> Caller | None:
    """Tell whose session it is. One that is over counts for nothing, as if it had not been sent."""
    secret = session_of(request)
    caller = await sessions.recognise(tx, secret) if secret else None
    # The guard has compared the origin; every browser says it on a change, so whoever does not is none.
    if caller is not None and request.scope.get("method") not in _READING and "origin" not in request.headers:
        raise RefusedError(
            HTTPStatus.FORBIDDEN,
            "origin_refused",
            "with a session's cookie a change needs the Origin of its page; programs send a key",
            problems=[Problem("Origin", None, "allowed: the API's own")],
        )
    return caller


async def may_know(request: HTTPConnection, records: Records) -> bool:
    """Tell whether a caller may read what goes wrong inside: somebody on this machine, or with a valid key.

    What a proxy passed on comes from elsewhere, whatever the proxy's own address.
    """
    is_forwarded = "forwarded" in request.headers or "x-forwarded-for" in request.headers
    if not is_forwarded and request.client is not None and is_loopback(request.client.host):
        return True
    try:
        secret, session = _bearer(request), session_of(request)
        if secret is None and session is None:
            return False
        async with records.transaction() as tx:
            known = session and secret is None and await sessions.recognise(tx, session)
            return bool(known or await keys.authenticate(tx, secret, is_local=False))
    except (NotAuthenticatedError, UnavailableError):
        return False
