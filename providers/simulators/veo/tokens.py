"""The OAuth side: a service account's key file, the token endpoint, and who may come in."""

import base64
import binascii
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TIMEFRAME = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
"""Google's words to a machine whose clock is off."""
EMAIL = "rushes@simulated-project.iam.gserviceaccount.com"


@dataclass(slots=True)
class Tokens:
    """Access tokens, each valid for a while."""

    seconds: float
    clock: Callable[[], float]
    valid: dict[str, float] = field(default_factory=dict)
    key: Any = None
    """The service account's private key, once one was given out."""
    revoked: bool = False
    """Whether the key was deleted, and every token with it."""
    ahead: float = 0.0
    """Seconds by which Google's wall clock is ahead of this machine's."""

    def key_file(self, url: str, project: str) -> dict[str, str]:
        """Make a service account whose tokens come from the simulator at ``url``."""
        # Loaded here alone: it comes with the extra [veo], and only making a key needs it.
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 # see above
        from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 # see above

        self.key = self.key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "project_id": project,
            "private_key_id": "simulated",
            "private_key": pem.decode(),
            "client_email": EMAIL,
            "client_id": "100000000000000000000",
            "token_uri": f"{url}/token",
        }

    def accepts(self, request: Request) -> bool:
        """Tell whether a request carries a token that is still valid."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and not self.revoked and self.valid.get(token, 0.0) > self.clock()

    def expire(self) -> None:
        """Let every token lapse now."""
        self.valid.clear()

    def issue(self) -> str:
        """Give a new token."""
        token = f"ya29.simulated-{uuid4().hex}"
        self.valid[token] = self.clock() + self.seconds
        return token

    async def answer(self, request: Request) -> Response:
        """Trade a signed assertion for a token."""
        form = dict(parse_qsl((await request.body()).decode()))
        if form.get("grant_type") != _GRANT:
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        fault = self._fault(form.get("assertion", ""))
        if fault:
            return JSONResponse({"error": "invalid_grant", "error_description": fault}, 400)
        # The library renews five minutes before the end, so a shorter life is renewed for every call.
        return JSONResponse(
            {"access_token": self.issue(), "expires_in": max(int(self.seconds), 3600), "token_type": "Bearer"}
        )

    def _fault(self, assertion: str) -> str | None:
        parts = assertion.split(".")
        try:
            header, claims = (json.loads(_decoded(part)) for part in parts[:2])
            signature = _decoded(parts[2])
        except (ValueError, IndexError, binascii.Error):
            return "Invalid JWT: not three parts"
        if header.get("alg") != "RS256" or claims.get("iss") != EMAIL:
            return "Invalid JWT: wrong algorithm or issuer"
        if _SCOPE not in str(claims.get("scope", "")).split():
            return "Invalid JWT: the scope does not cover this"
        now = time.time() + self.ahead
        if not claims.get("iat", now + 1) <= now + 60 < claims.get("exp", 0):
            return _TIMEFRAME
        if self.revoked:
            return "Invalid grant: account not found"
        return None if self._signed(".".join(parts[:2]), signature) else "Invalid JWT Signature."

    def _signed(self, text: str, signature: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 # see key_file
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 # see key_file
        from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 # see key_file

        if self.key is None:
            return False
        try:
            self.key.public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
