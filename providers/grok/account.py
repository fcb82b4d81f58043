"""What ``doctor`` asks: whether xAI knows the key, for nothing."""

import httpx
from pydantic import ValidationError

from domain.failures import ErrorCode
from domain.provider import ProviderError
from providers.grok.client import XaiClient
from providers.grok.errors import refusal_code
from providers.grok.schemas import KeyInfo

_MENDS = {
    ErrorCode.AUTH: "xAI does not accept XAI_API_KEY; make a new key in its console",
    ErrorCode.PERMISSION: "xAI does not let this key in; look at its permissions in the console",
    ErrorCode.QUOTA_OR_BILLING: (
        "the xAI team is out of credits or at its spending limit; mend that in the console"
    ),
    ErrorCode.RATE_LIMITED: "xAI is asked too often now; try again in a minute",
    ErrorCode.PROVIDER_TRANSIENT: "xAI is having trouble; try again later",
    ErrorCode.MODEL_UNAVAILABLE: "nothing answers there as xAI's API does; look at XAI_BASE_URL",
}


async def check_key(xai: XaiClient) -> str:
    """Ask xAI about the key with ``GET /v1/api-key`` (xAI's REST reference); it costs nothing.

    Credits cannot be asked for: balances are told to xAI's management keys alone.

    Raises:
        ProviderError: what is wrong, and the mend.
    """
    try:
        answer = await xai.get("/api-key")
    except ProviderError as error:
        away = f"{xai.base_url} cannot be reached; look at the network, the proxy and XAI_BASE_URL"
        raise ProviderError(error.code, away, raw=error.raw) from error
    found, raw = xai.error(answer)
    if answer.status_code != httpx.codes.OK:
        code = refusal_code(answer.status_code, found) or ErrorCode.PROVIDER_TRANSIENT
        if code is ErrorCode.INVALID_REQUEST:
            # The one thing that a request without a body can get wrong is its key (its only documented 400).
            code = ErrorCode.AUTH
        raise ProviderError(code, _MENDS.get(code, ""), raw=raw)
    try:
        info = KeyInfo.model_validate_json(answer.content)
    except ValidationError as error:
        raise ProviderError(
            ErrorCode.PROVIDER_TRANSIENT, _MENDS[ErrorCode.MODEL_UNAVAILABLE], raw=raw
        ) from error
    if info.team_blocked or info.api_key_blocked or info.api_key_disabled:
        raise ProviderError(
            ErrorCode.PERMISSION, "xAI has blocked this key or its team; see why in its console", raw=raw
        )
    return f"{xai.base_url} accepts the key {info.name!r}"
