"""Ids that sort in the order in which they were made."""

from datetime import UTC, datetime

from domain.ids import ordered_id


def test_later_ids_sort_later() -> None:
    ids = [ordered_id() for _ in range(2_000)]
    assert len(set(ids)) == len(ids)
    # Two in the same quarter of a microsecond would be a tie; making one takes longer than that.
    assert ids == sorted(ids)


def test_they_are_version_7_and_carry_the_time() -> None:
    before = datetime.now(UTC).timestamp()
    made = ordered_id()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert abs((made.int >> 80) / 1000 - before) < 5
