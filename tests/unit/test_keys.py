"""Where objects land: one key per attempt, and every part of it an id."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.keys import IMAGE_FORMATS, format_of, object_key
from domain.statuses import JobKind

PROJECT, SCENE, JOB = (UUID(int=n) for n in (1, 2, 3))
P, S, J = str(PROJECT), str(SCENE), str(JOB)


@pytest.mark.parametrize(
    ("kind", "codec", "scene", "attempt", "key"),
    [
        (JobKind.VIDEO, "h264", SCENE, 1, f"{P}/{S}/{J}.mp4"),
        (JobKind.VIDEO, "h264", SCENE, 2, f"{P}/{S}/{J}-2.mp4"),
        (JobKind.VIDEO, "hevc", SCENE, 0, f"{P}/{S}/{J}.mp4"),
        (JobKind.IMAGE, "png", SCENE, 1, f"{P}/{S}/{J}.png"),
        (JobKind.IMAGE, "jpeg", SCENE, 1, f"{P}/{S}/{J}.jpg"),
        (JobKind.IMAGE, "webp", SCENE, 12, f"{P}/{S}/{J}-12.webp"),
        (JobKind.FILM, "h264", SCENE, 1, f"{P}/{S}/{J}.mp4"),
        (JobKind.FILM, "h264", None, 1, f"{P}/film/{J}.mp4"),
        (JobKind.FILM, "h264", None, 3, f"{P}/film/{J}-3.mp4"),
    ],
)
def test_the_key_of_a_result(kind: JobKind, codec: str, scene: UUID | None, attempt: int, key: str) -> None:
    assert object_key(format_of(kind, codec), PROJECT, scene, JOB, attempt) == key


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(IMAGE_FORMATS)),
            st.uuids(),
            st.none() | st.uuids(),
            st.uuids(),
            st.integers(1, 9),
        ),
        min_size=2,
        unique=True,
    )
)
def test_no_two_attempts_share_a_key(which: list[tuple[str, UUID, UUID | None, UUID, int]]) -> None:
    keys = {object_key(IMAGE_FORMATS[codec], *rest) for codec, *rest in which}  # type: ignore[arg-type] # of a tuple
    assert len(keys) == len(which)
