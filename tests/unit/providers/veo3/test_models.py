from decimal import Decimal
from typing import Any

import pytest

from providers.gemini.models import models as gemini
from providers.veo3.models import FAST, LITE, STANDARD, models
from tests.generations import a_request


def test_the_first_is_the_default() -> None:
    assert next(iter(models(None))) == "veo-3.1-generate-001"
    assert next(iter(gemini(None))) == "gemini-nano-banana-2.1"
    assert next(iter(models("veo-3.1-lite-generate-001"))) == "veo-3.1-lite-generate-001"
    assert models("veo-3.1-lite-generate-001")["veo-3.1-lite-generate-001"] is LITE


@pytest.mark.parametrize(
    ("chosen", "able"),
    [
        ("veo-3.1-generate-002", STANDARD),
        ("veo-3.1-fast-generate-002", FAST),
        ("veo-3.1-lite-generate-002", LITE),
    ],
)
def test_a_newer_id_of_a_known_family_is_taken(chosen: str, able: object) -> None:
    assert models(chosen)[chosen] is able


@pytest.mark.parametrize("chosen", ["grok-imagine-video-1.5", "veo-4.0-generate-001", "veo-3.1", ""])
def test_anything_else_is_not(chosen: str) -> None:
    assert chosen not in models(chosen)
    assert chosen not in gemini(chosen)


def test_gemini_knows_its_families() -> None:
    assert "gemini-nano-banana-3" in gemini("gemini-nano-banana-3")
    assert "gemini-3.1-flash-lite-image" in gemini("gemini-3.1-flash-lite-image")


@pytest.mark.parametrize(
    ("model", "resolution", "price"),
    [
        ("veo-3.1-generate-001", "720p", "3.20"),
        ("veo-3.1-generate-001", "4k", "4.80"),
        ("veo-3.1-fast-generate-001", "1080p", "0.96"),
        ("veo-3.1-lite-generate-001", "720p", "0.40"),
    ],
)
def test_prices(model: str, resolution: str, price: str) -> None:
    request = a_request(model=model, duration_seconds=8.0, resolution=resolution, aspect_ratio="16:9")

    assert models(None)[model].problems(request) == []
    assert models(None)[model].quote(request) == Decimal(price)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"duration_seconds": 5.0}, "duration_seconds"),
        ({"aspect_ratio": "1:1"}, "aspect_ratio"),
        ({"resolution": "4k"}, "resolution"),
        ({"end_frame_url": "https://example.com/e.png"}, "end_frame_url"),
        ({"prompt": "x" * 4001}, "prompt"),
    ],
)
def test_what_lite_cannot_do(change: dict[str, Any], field: str) -> None:
    values: dict[str, Any] = {"duration_seconds": 8.0, "resolution": "720p", "aspect_ratio": "16:9", **change}

    problems = LITE.problems(a_request(**values))

    assert [problem.field for problem in problems] == [field]
