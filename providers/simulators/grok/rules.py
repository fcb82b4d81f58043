"""What xAI's models take and cost, written down apart from the adapter so that each checks the other.

Sources: xAI's "Video Generation" guide, autumn 2026, and its REST reference; prices as quoted by LiteLLM
1.106.2 from xAI's model pages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

TICKS = 10_000_000_000
"""Per US dollar; ``usage.cost_in_usd_ticks`` counts them."""
_CENT = TICKS // 100
_LONGEST_PROMPT = 4_096
_ASPECT_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "5:2")
_MOST_KEYFRAMES = 4
_MOST_SECONDS = 15


@dataclass(frozen=True, slots=True)
class VideoModel:
    """One video model. Prices in cents."""

    cents_per_second: Mapping[str, int]
    tenths_of_cents_per_frame: int
    last_frame: bool = False
    references: bool = False


VIDEO_MODELS = {
    "grok-imagine-video": VideoModel({"480p": 5, "720p": 7}, 2, references=True),
    "grok-imagine-video-1.5": VideoModel(
        {"480p": 8, "720p": 14, "1080p": 25}, 10, last_frame=True, references=True
    ),
    "grok-imagine-video-1.5-lite": VideoModel({"480p": 2, "720p": 3, "1080p": 14}, 10),
}
ALIASES = {
    "grok-imagine-video-2026-01-20": "grok-imagine-video",
    "grok-imagine-video-beta": "grok-imagine-video",
    "grok-imagine-video-1.5-preview": "grok-imagine-video-1.5",
    "grok-imagine-video-1.5-2026-05-30": "grok-imagine-video-1.5",
}
IMAGE_MODELS = {"grok-imagine-image": 2, "grok-imagine-image-2.0": 6}
"""Cents per image of 1k at the default quality."""
CHAT_MODELS = ("grok-4.3", "grok-4.5", "grok-4.6", "grok-4.7")
_LOW_QUALITY = 4
_IMAGE_RATIOS = (
    "1:1", "3:4", "4:3", "9:16", "16:9", "2:3", "3:2", "9:19.5", "19.5:9", "9:20", "20:9", "1:2", "2:1",
    "auto",
)  # fmt: skip
_MOST_IMAGES = 10


def video_model(name: object) -> VideoModel | None:
    """Look a video model up, by any of its names."""
    return VIDEO_MODELS.get(ALIASES.get(str(name), str(name)))


def seconds_of(body: Mapping[str, Any]) -> int:
    """Give the length asked for; ``seconds`` is another name of the field, and may be a string."""
    return int(body.get("duration", body.get("seconds", 8)))


def input_frames(body: Mapping[str, Any]) -> int:
    """Count the pictures that come with a request."""
    single = sum(1 for name in ("image", "image_url", "last_frame") if body.get(name))
    return single + sum(len(body.get(name) or ()) for name in ("keyframes", "reference_images"))


def video_ticks(body: Mapping[str, Any], price_per_second: Decimal | None = None) -> int:
    """Give the price of a video. Left open, a request is 480p and 8 s long, and billed as such."""
    model = video_model(body["model"])
    assert model is not None, "looked up before"
    listed = Decimal(model.cents_per_second.get(body.get("resolution", "480p"), 0)) / 100
    price = listed if price_per_second is None else price_per_second
    frames = input_frames(body) * model.tenths_of_cents_per_frame * _CENT // 10
    return int(price * seconds_of(body) * TICKS) + frames


def dollars(ticks: int) -> Decimal:
    """Give a price in USD."""
    return (Decimal(ticks) / TICKS).quantize(Decimal("0.000001"))


def image_ticks(body: Mapping[str, Any]) -> int:
    """Give the price of a request for images."""
    cents = IMAGE_MODELS[body["model"]]
    if body.get("quality") == "low":
        cents = min(cents, _LOW_QUALITY)
    return cents * _CENT * int(body.get("n", 1))


def chat_ticks(asked: int, said: int) -> int:
    """Give the price of an answer: 1.25 and 2.50 USD for a million tokens (grok-4.3), of four characters."""
    return (asked * 125 + said * 250) * TICKS // 4 // 100_000_000


def video_problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with a request for a video; these may also surface late, in the poll."""
    model = video_model(body["model"])
    assert model is not None, "looked up before"
    frames = bool(body.get("image") or body.get("image_url"))
    references = bool(body.get("reference_images") or body.get("reference_audios"))
    other = frames or references or bool(body.get("last_frame") or body.get("keyframes"))
    prompt = body.get("prompt") or ""
    if not isinstance(prompt, str) or (not prompt.strip() and not other):
        yield "Prompt cannot be empty. Please provide a prompt."
    elif len(prompt) > _LONGEST_PROMPT:
        yield "Prompt is too long."
    yield from _duration_problems(body)
    if body.get("aspect_ratio", "16:9") not in _ASPECT_RATIOS:
        yield f"Invalid aspect_ratio: {body['aspect_ratio']}"
    resolution = body.get("resolution", "480p")
    if resolution not in model.cents_per_second:
        yield f"Resolution {resolution} is not supported by this model."
    if (body.get("last_frame") or body.get("keyframes")) and not model.last_frame:
        yield "last_frame and keyframes are not supported by this model."
    if body.get("last_frame") and resolution == "1080p":
        yield "Reference-to-video is limited to 720p."
    if references and (not model.references or (frames and not model.last_frame)):
        yield "image and reference_images cannot be combined on this model."
    if len(body.get("keyframes") or ()) > _MOST_KEYFRAMES:
        yield "At most 4 keyframes are supported."


def _duration_problems(body: Mapping[str, Any]) -> Iterator[str]:
    duration = body.get("duration", body.get("seconds", 8))
    whole = isinstance(duration, int) or (isinstance(duration, str) and duration.isdigit())
    if not whole or not 1 <= int(duration) <= _MOST_SECONDS:
        yield "Duration must be a whole number of seconds between 1 and 15."


def image_problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with a request for images."""
    if not str(body.get("prompt") or "").strip():
        yield "Prompt cannot be empty. Please provide a prompt."
    count = body.get("n", 1)
    if not isinstance(count, int) or not 1 <= count <= _MOST_IMAGES:
        yield "n must be between 1 and 10."
    if body.get("aspect_ratio", "auto") not in _IMAGE_RATIOS:
        yield f"Invalid aspect_ratio: {body['aspect_ratio']}"
    if body.get("resolution", "1k") not in {"1k", "2k"}:
        yield f"Invalid resolution: {body['resolution']}"
    if body.get("response_format", "url") not in {"url", "b64_json"}:
        yield f"Invalid response_format: {body['response_format']}"
