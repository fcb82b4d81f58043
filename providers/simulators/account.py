"""How the account that a simulator knows stands; tests spoil it in the middle of the work."""

from enum import StrEnum


class Standing(StrEnum):
    """What the provider thinks of the one account."""

    GOOD = "good"
    """Everything is let in."""
    REVOKED = "revoked"
    """The key is not one any more, whatever it is used for."""
    NO_CREDITS = "no_credits"
    """Nothing new is made; what runs goes on."""
    FORBIDDEN = "forbidden"
    """The key is known, and may not generate."""
