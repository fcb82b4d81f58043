"""Errors in every shape that xAI's answers were seen in (its guide and public reports, 2026)."""

from typing import Any

from providers.simulators.grok.faults import Fault


class RefusedError(Exception):
    """A request is answered with an error, before anything was accepted."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def pair(code: str, sentence: str) -> dict[str, Any]:
    """Give the shape of most errors."""
    return {"code": code, "error": sentence}


def openai(message: str, kind: str) -> dict[str, Any]:
    """Give the shape that OpenAI's clients read."""
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}


def no_credentials() -> RefusedError:
    """Answer a request without a key."""
    return RefusedError(401, pair("unauthenticated:no-credentials", "No credentials presented."))


def wrong_key() -> RefusedError:
    """Answer a request with a key that is not one: 400, not 401."""
    sentence = "Incorrect API key provided: xa***. You can obtain an API key from the console."
    return RefusedError(400, pair("Client specified an invalid argument", sentence))


def no_such_model(model: object) -> RefusedError:
    """Answer a request for a model that is not there."""
    sentence = f"The model {model} does not exist or your team does not have access to it."
    return RefusedError(404, pair("Some requested entity was not found", sentence))


def invalid(sentence: str) -> RefusedError:
    """Answer a request that cannot be served as it stands."""
    return RefusedError(400, pair("invalid-argument", sentence))


def too_fast() -> RefusedError:
    """Answer a request that came too soon."""
    return RefusedError(429, pair("Some resource has been exhausted", "Too many requests. Slow down."))


_CREDITS = (
    "Your team 5ea6f6bd-7815-4b8a-9135-28b2d7ba6722 has either used all available credits or reached its "
    "monthly spending limit. To continue, purchase more credits."
)
CONTENT = (
    "Content violates usage guidelines. Team: 5ea6f6bd-7815-4b8a-9135-28b2d7ba6722. "
    "Failed check: SAFETY_CHECK_TYPE_VIOLENCE"
)
_DENIED = "The caller does not have permission to execute the specified operation"


def scripted(fault: Fault) -> RefusedError | None:
    """Give the refusal that a fault plays, if it is one of those."""
    if fault is Fault.NO_CREDENTIALS:
        return no_credentials()
    if fault is Fault.WRONG_KEY:
        return wrong_key()
    if fault is Fault.RATE_LIMITED:
        return too_fast()
    if fault is Fault.MODEL_GONE:
        return no_such_model("this one")
    retention = "Zero Data Retention teams must provide output.upload_url for video generation."
    bodies = {
        Fault.NO_CREDITS: (403, pair(_DENIED, _CREDITS)),
        Fault.NO_CREDITS_429: (429, pair("Some resource has been exhausted", _CREDITS)),
        Fault.FORBIDDEN: (403, pair("permission-denied", "This API key may not use the model.")),
        Fault.BLOCKED: (403, pair(_DENIED, CONTENT)),
        Fault.BLOCKED_400: (400, pair("invalid-argument", "Generated video rejected by content moderation.")),
        Fault.INVALID: (400, openai("Invalid image: could not be decoded.", "invalid_request_error")),
        Fault.PLAIN_ERROR: (400, {"error": "The image could not be fetched."}),
        Fault.ZERO_RETENTION: (400, pair("invalid-argument", retention)),
        Fault.SCHEMA: (422, {"error": "Failed to deserialize the JSON body into the target type"}),
        Fault.UNAVAILABLE: (503, pair("service_unavailable", "The service is currently unavailable.")),
    }
    found = bodies.get(fault)
    return None if found is None else RefusedError(*found)
