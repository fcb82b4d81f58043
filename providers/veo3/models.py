"""What Veo's models make and what they cost.

Limits: the model pages on docs.cloud.google.com, November 2026. Prices: Google's list with audio, in USD per
second, as of litellm 1.106.2; whether clips without audio cost less is not settled, so none is quoted less.
Ids expire (3.0 did in June 2026): a newer id that begins like a known family is taken as one of it.
"""

from collections.abc import Mapping
from decimal import Decimal

from domain.capabilities import Capability, Seconds
from domain.statuses import JobKind

_PER_MINUTE = 50


def _veo(prices: Mapping[str, str], *, typical: float) -> Capability:
    return Capability(
        kind=JobKind.VIDEO,
        durations=Seconds(only=(4.0, 6.0, 8.0)),
        aspect_ratios=("16:9", "9:16"),
        price_per_second={size: Decimal(price) for size, price in prices.items()},
        start_frame=True,
        end_frame=True,
        end_frame_needs_start=True,
        # "Veo on Vertex AI video generation API": PNG or JPEG, at most 20 MB, or an address in a bucket,
        # which is one of the settings.
        frame_types=("image/png", "image/jpeg"),
        largest_frame=20_000_000,
        seed=True,
        negative_prompt=True,
        # The limit is 1,024 tokens, about four characters each in English.
        longest_prompt=4_000,
        # "11 seconds minimum, 6 minutes at peak": ai.google.dev, Veo.
        typical_seconds=typical,
        soonest_seconds=typical / 3,
        longest_seconds=900.0,
        # Fifty requests a minute per base model and region. Whether fetchPredictOperation counts is not
        # documented, so that polls keep to as many.
        submits_per_second=_PER_MINUTE / 60,
        polls_per_second=_PER_MINUTE / 60,
    )


STANDARD = _veo({"720p": "0.40", "1080p": "0.40", "4k": "0.60"}, typical=75.0)
FAST = _veo({"720p": "0.10", "1080p": "0.12", "4k": "0.30"}, typical=50.0)
LITE = _veo({"720p": "0.05", "1080p": "0.08"}, typical=40.0)

_TABLE: Mapping[str, Capability] = {
    "veo-3.1-generate-001": STANDARD,
    "veo-3.1-fast-generate-001": FAST,
    "veo-3.1-lite-generate-001": LITE,
}
_FAMILIES: Mapping[str, Capability] = {
    "veo-3.1-fast-": FAST,
    "veo-3.1-lite-": LITE,
    "veo-3.1-generate-": STANDARD,
}


def models(chosen: str | None) -> Mapping[str, Capability]:
    """Give the models; the chosen id first, also where it is a newer one of a known family."""
    family = next((able for start, able in _FAMILIES.items() if (chosen or "").startswith(start)), None)
    able = _TABLE.get(chosen or "", family)
    return dict(_TABLE) if chosen is None or able is None else {chosen: able, **_TABLE}
