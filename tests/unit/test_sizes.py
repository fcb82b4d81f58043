"""Sizes in pixels, and what a model makes of them."""

from decimal import Decimal

import pytest

from domain.capabilities import Capability, Seconds
from domain.sizes import size_of, sizes_of
from domain.statuses import JobKind


@pytest.mark.parametrize(
    ("ratio", "resolution", "size"),
    [
        ("16:9", "720p", "1280x720"),
        ("9:16", "720p", "720x1280"),
        ("16:9", "480p", "854x480"),
        ("1:1", "1080p", "1080x1080"),
        ("3:2", "720p", "1080x720"),
        ("16:9", "4k", "3840x2160"),
        ("16:9", "4K", "3840x2160"),
        ("16:9", "hd", None),
        ("16:9", "720P!", None),
    ],
)
def test_the_resolution_names_the_short_side(ratio: str, resolution: str, size: str | None) -> None:
    assert size_of(ratio, resolution) == size


def test_the_default_of_a_model_is_its_first_size() -> None:
    prices = dict.fromkeys(("720p", "odd", "1080p"), Decimal(0))
    able = Capability(JobKind.VIDEO, Seconds(1, 8), ("16:9", "9:16"), prices)
    assert list(sizes_of(able)) == ["1280x720", "720x1280", "1920x1080", "1080x1920"]
    assert sizes_of(able)["720x1280"] == ("9:16", "720p")
