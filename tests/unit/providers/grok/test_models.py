from decimal import Decimal
from typing import Any

import pytest

from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.grok.models import IMAGE_MODELS, VIDEO_MODELS
from tests.generations import a_request

FRAME = "https://example.org/frame.png"


def asked(model: str, **changes: Any) -> GenerationRequest:
    values = {"duration_seconds": 8.0, "aspect_ratio": "16:9", "resolution": "720p", **changes}
    return a_request(model=model, **values)


@pytest.mark.parametrize(
    ("model", "changes", "price"),
    [
        ("grok-imagine-video-1.5", {}, "1.12"),
        ("grok-imagine-video-1.5", {"resolution": "480p"}, "0.64"),
        ("grok-imagine-video-1.5", {"resolution": "1080p", "duration_seconds": 15.0}, "3.75"),
        ("grok-imagine-video-1.5", {"start_frame_url": FRAME}, "1.13"),
        ("grok-imagine-video-1.5", {"start_frame_url": FRAME, "end_frame_url": FRAME}, "1.14"),
        ("grok-imagine-video-1.5-lite", {}, "0.24"),
        ("grok-imagine-video-1.5-lite", {"resolution": "1080p"}, "1.12"),
        ("grok-imagine-video-1.5-lite", {"resolution": "480p"}, "0.16"),
        # A bill that a reseller checked: 0.05 + 0.002 for one second from a picture.
        (
            "grok-imagine-video",
            {"resolution": "480p", "duration_seconds": 1.0, "start_frame_url": FRAME},
            "0.052",
        ),
        ("grok-imagine-video", {}, "0.56"),
    ],
)
def test_prices(model: str, changes: dict[str, Any], price: str) -> None:
    request = asked(model, **changes)
    assert not VIDEO_MODELS[model].problems(request)
    assert VIDEO_MODELS[model].quote(request) == Decimal(price)


@pytest.mark.parametrize(
    ("model", "changes", "field"),
    [
        ("grok-imagine-video-1.5", {"duration_seconds": 16.0}, "duration_seconds"),
        ("grok-imagine-video-1.5", {"duration_seconds": 0.0}, "duration_seconds"),
        ("grok-imagine-video-1.5", {"duration_seconds": 2.5}, "duration_seconds"),
        ("grok-imagine-video-1.5", {"aspect_ratio": "21:9"}, "aspect_ratio"),
        ("grok-imagine-video-1.5", {"resolution": "4k"}, "resolution"),
        ("grok-imagine-video-1.5", {"resolution": "1080p", "end_frame_url": FRAME}, "resolution"),
        ("grok-imagine-video-1.5", {"seed": 1}, "seed"),
        ("grok-imagine-video-1.5", {"negative_prompt": "rain"}, "negative_prompt"),
        ("grok-imagine-video-1.5-lite", {"end_frame_url": FRAME}, "end_frame_url"),
        ("grok-imagine-video", {"end_frame_url": FRAME}, "end_frame_url"),
        ("grok-imagine-video", {"resolution": "1080p"}, "resolution"),
    ],
)
def test_what_they_cannot_make(model: str, changes: dict[str, Any], field: str) -> None:
    assert [problem.field for problem in VIDEO_MODELS[model].problems(asked(model, **changes))] == [field]


def test_prompts_end_at_4096_characters() -> None:
    model = next(iter(VIDEO_MODELS))
    assert not VIDEO_MODELS[model].problems(asked(model, prompt="x" * 4_096))
    assert VIDEO_MODELS[model].problems(asked(model, prompt="x" * 4_097))


def test_the_defaults_take_an_end_frame_and_720p() -> None:
    first = next(iter(VIDEO_MODELS.values()))
    assert first.end_frame
    assert {able.resolutions[0] for able in VIDEO_MODELS.values()} == {"720p"}


@pytest.mark.parametrize("model", IMAGE_MODELS)
def test_images_have_a_price(model: str) -> None:
    request = a_request(kind=JobKind.IMAGE, model=model, aspect_ratio="16:9", resolution=None)
    assert not IMAGE_MODELS[model].problems(request)
    assert IMAGE_MODELS[model].quote(request) > 0
