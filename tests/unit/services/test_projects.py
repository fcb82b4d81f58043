"""Labels of shots, and names of projects."""

import re
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRequestError
from services.projects import label_of, labels_for, reference


@pytest.mark.parametrize(
    ("scene", "shot", "label"),
    [(0, 0, "1A"), (0, 25, "1Z"), (0, 26, "1AA"), (0, 27, "1AB"), (9, 701, "10ZZ"), (9, 702, "10AAA")],
)
def test_labels_count_like_columns_of_a_sheet(scene: int, shot: int, label: str) -> None:
    assert label_of(scene, shot) == label


GIVEN = st.lists(st.none() | st.sampled_from(["1A", "1a", "1B", "1C", "2A", "insert"]), max_size=40)


@given(GIVEN)
def test_given_labels_stay_and_made_ones_are_unlike_all_others(given_labels: list[str | None]) -> None:
    labels = labels_for(0, given_labels)
    own = [label.casefold() for label in given_labels if label]
    made = [label.casefold() for label, was in zip(labels, given_labels, strict=True) if not was]
    assert [label for label, was in zip(labels, given_labels, strict=True) if was] == [
        label for label in given_labels if label
    ]
    assert len(set(made)) == len(made)
    assert set(made).isdisjoint(own)
    assert all(re.fullmatch(r"1[a-z]+", label) for label in made)


def test_a_reference_is_an_id_or_a_receipt() -> None:
    project = uuid4()
    assert reference(str(project)) == project
    assert reference(project.hex) == project
    assert reference("af83-0b6d") == "AF83-0B6D"


@pytest.mark.parametrize("text", ["", "AF83", "AF83-0B6G", "AF83-0B6D ", "１２３４-5678"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        reference(text)
