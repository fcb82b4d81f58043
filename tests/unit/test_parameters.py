"""Values on their way into a statement: whatever a provider says can be stored, or is said to be poison."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.parameters import as_json, as_text
from domain.errors import PoisonedError
from domain.statuses import JobStatus

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [without_nul(item) for item in value]
    if isinstance(value, dict):
        return {key: without_nul(item) for key, item in value.items()}
    return value


@given(JSON)
def test_json_arrives_as_it_was_sent_but_for_nuls(value: Any) -> None:
    assert json.loads(as_json(value)) == without_nul(value)


def test_our_own_kinds_of_values_have_a_form() -> None:
    sent = {
        "id": UUID(int=1),
        "cost": Decimal("0.100000"),
        "status": JobStatus.QUEUED,
        "some": frozenset({1}),
        "pair": (1, "a\x00"),
    }
    assert json.loads(as_json(sent)) == {
        "id": str(UUID(int=1)),
        "cost": "0.100000",
        "status": "queued",
        "some": [1],
        "pair": [1, "a"],
    }


def test_text_that_only_looks_like_a_nul_is_left_alone() -> None:
    assert json.loads(as_json("\\u0000")) == "\\u0000"


@pytest.mark.parametrize("value", [object(), {("a", "b"): 1}, b"bytes"], ids=["object", "odd key", "bytes"])
def test_what_has_no_json_form_is_poison(value: object) -> None:
    with pytest.raises(PoisonedError):
        as_json({"data": value})


def test_what_contains_itself_is_poison() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(PoisonedError):
        as_json(endless)


@given(st.text(st.characters(codec=None), max_size=30))
def test_text_can_always_be_stored(value: str) -> None:
    kept = as_text(value)
    assert kept is not None
    assert "\x00" not in kept
    assert kept.encode().decode() == kept, "no lone surrogate is left"
    assert as_text(kept) == kept


def test_no_text_stays_none() -> None:
    assert as_text(None) is None
    assert as_text("a\x00b \ud800") == "ab ?"
