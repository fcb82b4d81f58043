"""Where objects land: one key per attempt, and every part of it an id."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.keys import CONTENT_TYPES, object_key
from domain.statuses import JobKind

PROJECT, SCENE, JOB = (UUID(int=n) for n in (1, 2, 3))
P, S, J = str(PROJECT), str(SCENE), str(JOB)


@pytest.mark.parametrize(
    ("kind", "scene", "attempt", "key"),
    [
        (JobKind.VIDEO, SCENE, 1, f"{P}/{S}/{J}.mp4"),
        (JobKind.VIDEO, SCENE, 2, f"{P}/{S}/{J}-2.mp4"),
        (JobKind.VIDEO, SCENE, 0, f"{P}/{S}/{J}.mp4"),
        (JobKind.IMAGE, SCENE, 1, f"{P}/{S}/{J}.png"),
        (JobKind.IMAGE, SCENE, 12, f"{P}/{S}/{J}-12.png"),
        (JobKind.FILM, SCENE, 1, f"{P}/{S}/{J}.mp4"),
        (JobKind.FILM, None, 1, f"{P}/film/{J}.mp4"),
        (JobKind.FILM, None, 3, f"{P}/film/{J}-3.mp4"),
    ],
)
def test_the_key_of_a_result(kind: JobKind, scene: UUID | None, attempt: int, key: str) -> None:
    assert object_key(kind, PROJECT, scene, JOB, attempt) == key


@given(
    st.lists(
        st.tuples(
            st.sampled_from(JobKind),
            st.uuids(),
            st.none() | st.uuids(),
            st.uuids(),
            st.integers(1, 9),
        ),
        min_size=2,
        unique=True,
    )
)
def test_no_two_attempts_share_a_key(which: list[tuple[JobKind, UUID, UUID | None, UUID, int]]) -> None:
    distinct = {
        (project, scene, job, attempt, CONTENT_TYPES[kind]) for kind, project, scene, job, attempt in which
    }
    assert len({object_key(*one) for one in which}) == len(distinct)


def test_every_kind_has_a_content_type() -> None:
    assert set(CONTENT_TYPES) == set(JobKind)
