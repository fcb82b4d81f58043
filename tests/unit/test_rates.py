"""Slots: no window of a second has more of them than the rate says, and none has two owners."""

from collections.abc import Sequence
from random import Random
from uuid import UUID

import pytest

from domain.rates import (
    SETTLE_SECONDS,
    SLACK_SECONDS,
    Member,
    Rate,
    Reading,
    Share,
    rates_of,
    share_of,
    spacing,
)
from tests.fakes import ABLE

FOREVER = float("inf")


@pytest.mark.parametrize("rate", [0.25, 50 / 60, 1.0, 2.0, 5.0, 50.0, 450.0])
@pytest.mark.parametrize("seed", range(5))
def test_no_window_sees_more_than_the_rate(rate: float, seed: int) -> None:
    rng, gap = Random(seed), spacing(rate)
    # Each slot is used somewhere in its width.
    made = sorted(number * gap + rng.uniform(0, SLACK_SECONDS) for number in range(int(rate * 60) + 5))
    most = max(1, int(rate))
    window = 1.0 if rate >= 1 else 1.0 / rate
    for first, beyond in zip(made, made[most:], strict=False):
        assert beyond - first >= window - 1e-9, "one more than the rate within a window"


def test_members_divide_the_slots_among_themselves() -> None:
    names = [UUID(int=number) for number in range(1, 6)]
    members = [Member(name, 0.0, FOREVER) for name in reversed(names)]
    for now in (SETTLE_SECONDS, 1e9):
        shares = [share_of(name, members, now) for name in names]
        owners = [[share for share in shares if share and _owns(share, slot)] for slot in range(50)]
        assert all(len(found) == 1 for found in owners)


def test_the_first_executor_waits_for_nobody_and_the_second_does() -> None:
    first, second = (UUID(int=number) for number in (1, 2))
    members = [Member(second, 5.0, FOREVER), Member(first, 4.0, FOREVER)]
    assert share_of(first, members, 5.0) == Share(0, 1)
    assert share_of(second, members, 5.0) is None
    assert share_of(first, members, 5.0 + SETTLE_SECONDS) == Share(0, 2)
    assert share_of(second, members, 5.0 + SETTLE_SECONDS) == Share(1, 2)
    assert share_of(UUID(int=3), members, 100.0) is None, "whom the database has not seen, has no share"


@pytest.mark.parametrize("seed", range(20))
def test_comers_and_goers_never_share_a_slot_whatever_was_learnt_when(seed: int) -> None:
    """Executors come, are killed or sign off; each goes by what its last beat saw, up to 6 s ago."""
    rng = Random(seed)
    lives = []
    for number in range(6):
        born = rng.uniform(0, 60)
        lives.append((UUID(int=number + 1), born, born + rng.uniform(5, 60), rng.random() < 0.5))

    def seen(at: float) -> Sequence[Member]:
        """Give what a beat at that time sees of everybody's rows."""
        found = []
        for name, born, dies, signs_off in lives:
            if born > at:
                continue
            if dies > at:
                # Its own last beat may be 2 s old.
                found.append(Member(name, born, at - rng.uniform(0, 2) + 10 + SETTLE_SECONDS))
            else:
                gone = dies + SETTLE_SECONDS + (0 if signs_off else 10)
                found += [Member(name, born, gone)] if gone > at else []
        return found

    for tick in range(1_300):
        now = tick / 10
        living = [name for name, born, dies, _ in lives if born + 0.1 <= now < dies]
        shares = []
        for name in living:
            born = next(one[1] for one in lives if one[0] == name)
            view = seen(max(born + 0.05, now - rng.uniform(0, 5.9)))
            share = share_of(name, view, now)
            shares += [share] if share else []
        for slot in range(60):
            assert sum(_owns(share, slot) for share in shares) <= 1, (now, shares)


def test_a_slot_is_never_early_and_closes_in_time() -> None:
    reading = Reading(database=1_000.0, sent=50.0, received=50.03)
    slot = reading.slot(1_002.0)
    assert slot.opens == pytest.approx(52.03), "even if the answer was read as it was sent"
    assert slot.closes == pytest.approx(52.0 + SLACK_SECONDS), "even if it was read as it was asked for"
    far = Reading(database=1_000.0, sent=50.0, received=51.0).slot(1_002.0)
    assert far.opens < far.closes, "a slow database leaves a sliver"


def test_settings_win_over_the_models_own_rates() -> None:
    limited = ABLE.__class__(ABLE.kind, ABLE.durations, (), submits_per_second=1.0, limited_with="real")
    assert rates_of({"free": ABLE}) == {}
    assert rates_of({"alias": limited}) == {"alias": Rate("real", 1.0, None)}
    assert rates_of({"alias": limited}, submits=9.0, polls=2.0) == {"alias": Rate("real", 9.0, 2.0)}
    assert rates_of({"free": ABLE}, polls=2.0) == {"free": Rate("free", None, 2.0)}


def _owns(share: Share, slot: int) -> bool:
    return share.next_after(slot - 1) == slot
