"""Settling on a provider and a model."""

from decimal import Decimal

import pytest

from domain.capabilities import Capability, Seconds
from domain.errors import InvalidRequestError
from domain.statuses import JobKind
from services.catalogue import Catalogue, Default, Offer
from tests.fakes import FakeProvider

ABLE = Capability(JobKind.VIDEO, Seconds(1, 8), ("16:9",), {"720p": Decimal(1)})
MODELS = {"a": ABLE, "b": ABLE}


def test_the_default_is_the_configured_provider_and_model() -> None:
    plain = Catalogue([Offer(JobKind.VIDEO, "x", MODELS, is_default=True)])
    assert (plain.choose(JobKind.VIDEO).provider, plain.choose(JobKind.VIDEO).model) == ("x", "a")
    set_model = Catalogue([Offer(JobKind.VIDEO, "x", MODELS, "b", is_default=True)])
    assert set_model.choose(JobKind.VIDEO).model == "b"
    assert set_model.choose(JobKind.VIDEO, "x", "a").model == "a"


@pytest.mark.parametrize(
    ("provider", "model", "field", "allowed"),
    [
        ("y", None, "provider", "allowed: w, x"),
        (None, "c", "model", "allowed: a, b"),
        (None, None, "provider", "allowed: none is configured"),
    ],
)
def test_what_there_is_not_says_what_there_is(
    provider: str | None, model: str | None, field: str, allowed: str
) -> None:
    offers = [Offer(JobKind.VIDEO, name, MODELS, is_default=name == "x") for name in ("x", "w")]
    kind = JobKind.IMAGE if provider is None and model is None else JobKind.VIDEO
    with pytest.raises(InvalidRequestError) as refused:
        Catalogue(offers).choose(kind, provider, model)
    (problem,) = refused.value.problems
    assert (problem.field, problem.allowed) == (field, allowed)


def test_providers_offer_what_they_make() -> None:
    provider = FakeProvider()
    catalogue = Catalogue.of([provider], [Default(JobKind.VIDEO, provider.name)])
    choice = catalogue.choose(JobKind.VIDEO)
    assert (choice.provider, choice.capability) == (provider.name, provider.models[choice.model])
    with pytest.raises(InvalidRequestError):
        Catalogue.of([provider], []).choose(JobKind.VIDEO)
