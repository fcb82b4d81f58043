"""What Gemini's image models make and what they cost.

Ratios: the model pages on ai.google.dev, 2026. Prices: USD for one picture of 1K, the size that is always
asked for, from Google's prices of output tokens as third parties carry them (litellm, autumn 2026).
Ids expire: a newer id that begins like a known family is taken as one of it.
"""

from collections.abc import Mapping
from decimal import Decimal

from domain.capabilities import Capability, Seconds
from domain.statuses import JobKind

_RATIOS = (
    *("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3"),
    *("5:4", "4:5", "21:9", "4:1", "1:4", "8:1", "1:8"),
)


def _gemini(price: str) -> Capability:
    return Capability(
        kind=JobKind.IMAGE,
        durations=Seconds(),
        aspect_ratios=_RATIOS,
        price_per_image=Decimal(price),
        audio=False,
        typical_seconds=15.0,
        longest_seconds=120.0,
    )


_NANO_BANANA, _FLASH, _PRO = _gemini("0.0336"), _gemini("0.067"), _gemini("0.134")
_TABLE: Mapping[str, Capability] = {
    "gemini-nano-banana-2.1": _NANO_BANANA,
    "gemini-3.1-flash-image": _FLASH,
    "gemini-3-pro-image": _PRO,
}
_FAMILIES: Mapping[str, Capability] = {
    "gemini-nano-banana-": _NANO_BANANA,
    "gemini-3.1-flash-": _FLASH,
    "gemini-3-pro-image": _PRO,
}


def models(chosen: str | None) -> Mapping[str, Capability]:
    """Give the models; the chosen id first, also where it is a newer one of a known family."""
    family = next((able for start, able in _FAMILIES.items() if (chosen or "").startswith(start)), None)
    able = _TABLE.get(chosen or "", family)
    return dict(_TABLE) if chosen is None or able is None else {chosen: able, **_TABLE}
