"""What we quote is what the simulators charge; both were written down from the providers' lists, apart."""

from decimal import Decimal

import pytest

from domain.capabilities import Capability
from providers.gemini.models import models as gemini_models
from providers.grok.models import IMAGE_MODELS, VIDEO_MODELS
from providers.simulators.grok import rules
from providers.simulators.veo import bills
from providers.veo3.models import models as veo_models


@pytest.mark.parametrize(("model", "able"), VIDEO_MODELS.items())
def test_xais_clips(model: str, able: Capability) -> None:
    charged = rules.video_model(model)
    assert charged is not None
    assert able.price_per_second == {
        size: Decimal(cents) / 100 for size, cents in charged.cents_per_second.items()
    }
    assert able.price_per_image == Decimal(charged.tenths_of_cents_per_frame) / 1000
    assert able.end_frame is charged.last_frame


def test_xais_images() -> None:
    quoted = {model: able.price_per_image for model, able in IMAGE_MODELS.items()}
    assert quoted == {model: Decimal(cents) / 100 for model, cents in rules.IMAGE_MODELS.items()}


def test_googles_clips() -> None:
    assert {model: able.price_per_second for model, able in veo_models(None).items()} == bills.PER_SECOND


@pytest.mark.parametrize(("model", "able"), gemini_models(None).items())
def test_googles_images(model: str, able: Capability) -> None:
    assert able.price_per_image == bills.PER_IMAGE[model]
