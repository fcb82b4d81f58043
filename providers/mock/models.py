"""What the mock's models can do and what they pretend to cost."""

from decimal import Decimal

from domain.capabilities import Capability, Seconds
from domain.statuses import JobKind

_ASPECT_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9")

VIDEO_MODELS = {
    "mock-1": Capability(
        kind=JobKind.VIDEO,
        durations=Seconds(shortest=0.5, longest=60),
        aspect_ratios=_ASPECT_RATIOS,
        # Between what real providers ask for a second of video, so that a quote looks like one.
        price_per_second={"720p": Decimal("0.10"), "480p": Decimal("0.05"), "1080p": Decimal("0.15")},
        start_frame=True,
        end_frame=True,
        seed=True,
        negative_prompt=True,
        typical_seconds=8,
        longest_seconds=120,
    )
}

IMAGE_MODELS = {
    "mock-image-1": Capability(
        kind=JobKind.IMAGE,
        durations=Seconds(),
        aspect_ratios=_ASPECT_RATIOS,
        # A still has no seconds: only the sizes count, which are those that can be drawn.
        price_per_second=dict.fromkeys(("720p", "480p", "1080p"), Decimal(0)),
        price_per_image=Decimal("0.02"),
        seed=True,
        negative_prompt=True,
        typical_seconds=8,
        longest_seconds=120,
    )
}
