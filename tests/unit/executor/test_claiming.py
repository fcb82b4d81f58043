"""In which order an executor looks for work."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

from domain.job import Claim
from domain.ports import ExecutorCard, Lane
from domain.statuses import JobKind
from executor.claiming import Claimer
from executor.heart import Heart
from tests.factories import claim, lane
from tests.fakes import FakeQueue


class Queue(FakeQueue):
    """One film is left behind, and whatever is asked is told."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: asyncio.Queue[tuple[str, JobKind, int]] = asyncio.Queue()
        self.left = [claim(kind=JobKind.FILM, provider="film")]
        self.endless = False

    async def claim(self, executor: UUID, lane: Lane, room: int) -> Sequence[Claim]:  # the port has it
        self.asked.put_nowait(("claim", lane.kind, room))
        return [claim(kind=lane.kind)] if self.endless else []

    async def adopt(
        self,
        executor: UUID,  # the port has it
        providers: Sequence[str],  # the port has it
        *,
        dead_too: bool,  # the port has it
        limit: int,  # the port has it
        kind: JobKind = JobKind.VIDEO,
    ) -> Sequence[Claim]:
        self.asked.put_nowait(("adopt", kind, 0))
        return [self.left.pop()] if kind is JobKind.FILM and self.left else []


@asynccontextmanager
async def claiming(queue: Queue, lanes: Sequence[Lane]) -> AsyncIterator[None]:
    """Let a claimer look for work, and keep whatever it finds."""
    heart = Heart(queue, ExecutorCard(uuid4(), "test", "here", 1), lambda _: None)
    await heart.beat()
    held: list[Claim] = []
    claimer = Claimer(
        queue,
        executor=uuid4(),
        lanes=lanes,
        heart=heart,
        start=held.append,
        in_hand=lambda kind: sum(one.job.kind is kind for one in held),
        poll_interval=60.0,
    )
    task = asyncio.create_task(claimer.claim_forever())
    try:
        yield
    finally:
        task.cancel()


async def test_new_work_goes_first_except_where_room_is_short() -> None:
    """What waits for a claim waits for nothing else; a film that was left behind takes a new one's room."""
    queue = Queue()
    films = replace(lane(kind=JobKind.FILM, provider="film"), most_here=2)
    async with claiming(queue, [films, lane()]):
        asked = [await queue.asked.get() for _ in range(5)]
    assert asked[0][:2] == ("claim", JobKind.VIDEO)
    assert {one[:2] for one in asked[1:4]} == {("adopt", JobKind.VIDEO), ("adopt", JobKind.FILM)}
    assert asked[4] == ("claim", JobKind.FILM, 1)


async def test_work_without_an_end_starves_neither_orphans_nor_the_next_lane() -> None:
    queue = Queue()
    queue.endless = True
    stills = lane(kind=JobKind.IMAGE)
    async with claiming(queue, [lane(), stills]):
        asked = [(await queue.asked.get())[:2] for _ in range(60)]
    # Two lanes, eight claims each, an adoption for both: three whole rounds and more.
    kinds = {JobKind.VIDEO, JobKind.IMAGE}
    assert set(asked) == {(what, kind) for what in ("claim", "adopt") for kind in kinds}
    assert asked.count(("adopt", JobKind.VIDEO)) == 3
