"""What xAI's models can do and what they cost.

Sources: xAI's "Video Generation" guide, autumn 2026, its REST reference, and its model pages for prices (as
quoted by LiteLLM 1.106.2). Model ids expire; other ids that xAI still takes for a model are listed with it.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from domain.capabilities import Capability, Seconds
from domain.errors import Problem
from domain.requests import GenerationRequest
from domain.statuses import JobKind

_VIDEO_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3")
"""21:9 and 5:2 stand in the newest guide alone, in no client."""
_IMAGE_RATIOS = (
    "16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "2:1", "1:2", "19.5:9", "9:19.5", "20:9", "9:20",
)  # fmt: skip
_LONGEST_PROMPT = 4_096
"""xAI publishes no limit; Comfy's validator uses this one."""
_SECONDS = Seconds(only=tuple(float(seconds) for seconds in range(1, 16)))


class GrokVideoModel(Capability):
    """A video model with a rule of its own."""

    __slots__ = ()

    def problems(self, request: GenerationRequest) -> list[Problem]:
        """List everything about ``request`` that this model cannot do."""
        found = super().problems(request)
        if "end_frame_url" in request.frames and request.resolution == "1080p":
            # The guide counts an end frame as reference-to-video, which ends at 720p.
            allowed = "with an end frame allowed: 720p, 480p"
            found.append(Problem("resolution", request.resolution, allowed, request.shot_label))
        return found


def _video(frame: str, *, end_frame: bool = False, **cents: int) -> Capability:
    prices = {f"{name[1:]}p": Decimal(price) / 100 for name, price in cents.items()}
    return GrokVideoModel(
        kind=JobKind.VIDEO,
        durations=_SECONDS,
        aspect_ratios=_VIDEO_RATIOS,
        price_per_second=prices,
        price_per_image=Decimal(frame),
        start_frame=True,
        end_frame=end_frame,
        # Undocumented for REST; two of them in base64 fit the 20 MiB that a message of xAI's gRPC may have.
        largest_frame=7 * 1024 * 1024,
        longest_prompt=_LONGEST_PROMPT,
        # Third parties see 30 to 100 s; xai-sdk gives up after 10 minutes, and a paid clip deserves longer.
        typical_seconds=60,
        soonest_seconds=25,
        longest_seconds=1_200,
        # One request a second per model (xAI's rate limits, all tiers). Whether polls count is not
        # documented; xai-sdk polls each clip every second, so they cannot share that one.
        submits_per_second=1.0,
        polls_per_second=5.0,
    )


def _image(price: str) -> Capability:
    return Capability(
        kind=JobKind.IMAGE,
        durations=Seconds(),
        aspect_ratios=_IMAGE_RATIOS,
        price_per_image=Decimal(price),
        longest_prompt=_LONGEST_PROMPT,
        typical_seconds=8,
        longest_seconds=300,
        submits_per_second=5.0,
    )


def _with_aliases(models: Mapping[str, Capability], aliases: Mapping[str, str]) -> dict[str, Capability]:
    others = {alias: replace(models[name], limited_with=name) for alias, name in aliases.items()}
    return {**models, **others}


VIDEO_MODELS = _with_aliases(
    {
        "grok-imagine-video-1.5": _video("0.01", end_frame=True, _720=14, _480=8, _1080=25),
        "grok-imagine-video-1.5-lite": _video("0.01", _720=3, _480=2, _1080=14),
        "grok-imagine-video": _video("0.002", _720=7, _480=5),
    },
    {
        "grok-imagine-video-1.5-preview": "grok-imagine-video-1.5",
        "grok-imagine-video-1.5-2026-05-30": "grok-imagine-video-1.5",
        "grok-imagine-video-2026-01-20": "grok-imagine-video",
    },
)
"""The first is the default: the one that takes an end frame. 720p is each one's default resolution."""

IMAGE_MODELS = {"grok-imagine-image": _image("0.02"), "grok-imagine-image-2.0": _image("0.06")}
"""At 1k, 2.0 at its default quality."""
