"""Submits per second: slots are booked with the claim, for all executors together."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from db.engine import Database
from db.queue import PostgresQueue
from domain.clock import boot_time
from domain.job import Claim
from domain.ports import Lane
from domain.rates import AHEAD_SECONDS, LEAD_SECONDS, SLACK_SECONDS, Rate, spacing
from domain.statuses import JobKind
from tests.factories import card, execute, insert_job, insert_jobs, lane, row, rows
from tests.integration.db.consistency import assert_consistent

ME = card().id


@pytest.fixture
def queue(database: Database) -> PostgresQueue:
    return PostgresQueue(database)


def rated(**rates: float) -> Lane:
    """Give a wide lane whose models have these rates."""
    return replace(
        lane(1_000), rates={name.replace("_", "-"): Rate(name, each) for name, each in rates.items()}
    )


def openings(claims: list[Claim]) -> list[float]:
    return sorted(claim.slot.opens for claim in claims if claim.slot)


async def booked_until(database: Database, **changes: Any) -> None:
    """Let a model's next free slot be so many seconds away."""
    await execute(
        database,
        "INSERT INTO rates VALUES (:provider, :kind, :model, now() + make_interval(secs => :seconds)) "
        "ON CONFLICT (provider, kind, model) DO UPDATE SET free_at = excluded.free_at",
        **{"provider": "mock", "kind": "video", "model": "mock_1", **changes},
    )


async def test_executors_book_slots_one_after_another(database: Database, queue: PostgresQueue) -> None:
    rate = 20.0
    await insert_jobs(database, 60)
    of, before = rated(mock_1=rate), boot_time()
    others = [PostgresQueue(database) for _ in range(3)]
    found = await asyncio.gather(*(one.claim(uuid4(), of, 7) for one in others for _ in range(2)))
    claims = [claim for some in found for claim in some]
    assert claims
    opens = openings(claims)
    assert len(opens) == len(claims), "each has one"
    assert opens[0] >= before + LEAD_SECONDS
    assert all(later - earlier >= spacing(rate) - SLACK_SECONDS for earlier, later in pairwise(opens)), (
        "apart by a slot, but for what is not known of the database's clock"
    )
    whole = await row(database, "SELECT extract(epoch FROM free_at - now())::float8 AS seconds FROM rates")
    assert (
        whole["seconds"]
        >= LEAD_SECONDS + len(claims) * spacing(rate) - (boot_time() - before) - SLACK_SECONDS
    )
    await assert_consistent(database)


async def test_no_more_is_claimed_than_may_soon_be_sent(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 100)
    claims = list(await queue.claim(ME, rated(mock_1=10.0), 100))
    assert 1 <= len(claims) <= 1 + AHEAD_SECONDS * 10.0
    await booked_until(database, seconds=30)
    assert await queue.claim(ME, rated(mock_1=10.0), 100) == []
    assert 0 < queue.held_back(rated(mock_1=10.0)) <= 1.0
    assert queue.held_back(lane(kind=JobKind.IMAGE)) == 0
    left = await rows(database, "SELECT id FROM video_generation_jobs WHERE status = 'queued'")
    assert len(left) == 100 - len(claims), "they wait where they may be cancelled for nothing"


async def test_a_booked_model_does_not_keep_others_waiting(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 10, model="mock-1")
    other = await insert_job(database, model="mock-2")
    await booked_until(database, seconds=30)
    of = rated(mock_1=1.0, mock_2=1.0)
    assert [claim.job.id for claim in await queue.claim(ME, of, 10)] == [other]
    assert await queue.claim(ME, of, 10) == []


async def test_an_alias_shares_the_slots_of_its_model(database: Database, queue: PostgresQueue) -> None:
    await insert_job(database, model="alias")
    await booked_until(database, seconds=30)
    of = replace(lane(9), rates={"mock-1": Rate("mock_1", 1.0), "alias": Rate("mock_1", 1.0)})
    assert await queue.claim(ME, of, 5) == []


async def test_models_without_a_rate_need_no_slot(database: Database, queue: PostgresQueue) -> None:
    await insert_jobs(database, 3)
    polled = replace(lane(9), rates={"mock-1": Rate("mock-1", None, 5.0)})
    assert [claim.slot for claim in await queue.claim(ME, polled, 2)] == [None, None]
    assert [claim.slot for claim in await queue.claim(ME, lane(9), 2)] == [None]
    assert await rows(database, "SELECT * FROM rates") == []


async def test_another_slot_is_behind_all_that_are_booked(database: Database, queue: PostgresQueue) -> None:
    await booked_until(database, seconds=30)
    before = boot_time()
    slot, later = await queue.book((JobKind.VIDEO, "mock"), Rate("mock_1", 1.0), 2)
    assert later.opens - slot.opens == pytest.approx(spacing(1.0))
    assert before + 25 < slot.opens <= boot_time() + 30
    assert slot.opens < slot.closes


async def test_a_beat_tells_who_serves_what_and_what_time_it_is(
    database: Database, queue: PostgresQueue
) -> None:
    mine = replace(card(), settings={"lanes": [{"kind": "video", "provider": "grok"}]})
    odd = replace(card(), settings={"lanes": {"kind": "video"}})
    gone = replace(card(), settings=mine.settings)
    for one in (odd, gone, mine):
        await queue.beat(one)
    await queue.hand_over(gone.id)
    pulse = await queue.beat(mine)
    members = pulse.members[JobKind.VIDEO, "grok"]
    assert {member.id for member in members} == {mine.id, gone.id}, "who has just gone still has its slots"
    assert pulse.reading is not None
    now = pulse.reading.database
    assert all(member.since <= now < member.until for member in members)
    await execute(
        database, "UPDATE executors SET stopped_at = now() - interval '1 minute' WHERE id = :id", id=gone.id
    )
    members = (await queue.beat(mine)).members[JobKind.VIDEO, "grok"]
    assert [member.id for member in members] == [mine.id]
