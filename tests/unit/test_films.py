"""What jobs make of a scene."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.films import SceneTally
from domain.statuses import FINAL, LIVE, JobStatus, RenderStatus

DECIDING = [status for status in JobStatus if status is not JobStatus.CANCELLED]


def tally(counts: dict[JobStatus, int]) -> SceneTally:
    return SceneTally(uuid4(), counts, 0)


@given(st.dictionaries(st.sampled_from(DECIDING), st.integers(1, 5)))
def test_the_status_follows_from_the_counts(counts: dict[JobStatus, int]) -> None:
    found = tally(counts)
    assert found.total == found.live + found.completed + found.failed == sum(counts.values())
    if counts.keys() & LIVE:
        assert found.status is RenderStatus.RENDERING
    elif JobStatus.FAILED in counts:
        assert found.status is RenderStatus.FAILED
    elif counts:
        assert found.status is RenderStatus.COMPLETE
    else:
        assert found.status is RenderStatus.PENDING


@pytest.mark.parametrize("status", sorted(FINAL - {JobStatus.CANCELLED}))
def test_what_is_over_is_not_rendering(status: JobStatus) -> None:
    assert tally({status: 1}).status is not RenderStatus.RENDERING
