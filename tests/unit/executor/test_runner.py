"""A job's way through the executor, with every answer of the outside scripted."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from domain.clock import boot_time
from domain.errors import DatabaseUnavailableError, MediaError, PoisonedError, StorageError
from domain.failures import ErrorCode
from domain.fetching import FetchFailedError, Reply, UrlRefusedError
from domain.job import AttemptRecord, Claim
from domain.media import Previews
from domain.moves import Move, Outcome
from domain.ports import ExecutorCard
from domain.provider import (
    GenerationFailedError,
    Handle,
    NeverAccepted,
    Pending,
    ProviderError,
    Result,
    ResultGoneError,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.rates import Rate, Slot
from domain.statuses import AttemptState, JobKind, JobStatus
from executor.generating import next_wait
from executor.heart import Heart
from executor.pacing import Shares
from executor.parts import Parts, assemble
from executor.settings import ExecutorSettings
from executor.work import Parking, Work
from tests.fakes import (
    ABLE,
    FakeBlobs,
    FakeFetcher,
    FakeMedia,
    FakeProvider,
    FakeQueue,
    make_attempt,
    make_claim,
)

pytestmark = pytest.mark.filterwarnings("error")


class Bench:
    """A runner whose surroundings are fakes."""

    def __init__(self, spool: Path) -> None:
        self.queue, self.provider = FakeQueue(), FakeProvider()
        self.fetcher = FakeFetcher()
        self.blobs, self.media, self.parking = FakeBlobs(), FakeMedia(), Waits()
        self.now = 0.0
        card = ExecutorCard(uuid4(), "test", "here", 1)
        self.heart = Heart(self.queue, card, lambda _: None, clock=lambda: self.now)
        parts = Parts(
            card=card,
            settings=ExecutorSettings(_env_file=None),  # type: ignore[call-arg] # pydantic-settings adds it
            providers={(self.provider.kind, self.provider.name): self.provider},
            blobs=self.blobs,
            media=self.media,
            fetcher=self.fetcher,
            spool=spool,
        )
        self.runner = assemble(
            parts,
            self.queue,
            self.queue.write,
            heart=self.heart,
            parking=self.parking,
            shares=Shares(card.id, self.heart.is_beating),
            rng=Random(1),
        )
        self.spool = spool

    async def run(self, claim: Claim | None = None) -> Sequence[str]:
        """Run a claim to its rest; give the names of its moves."""
        await self.heart.beat()
        await self.runner.run(self.runner.take(claim or make_claim()))
        assert not list(self.spool.iterdir()), "nothing may be left in the spool"
        return self.queue.names

    @property
    def last(self) -> Move:
        """The move the job rests on."""
        return self.queue.moves[-1]


class Waits(Parking):
    """Parking where time passes at once, and is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().wait(0)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_the_whole_way(bench: Bench) -> None:
    claim = make_claim()
    assert await bench.run(claim) == ["begin", "accept", "collect", "complete"]
    job, columns = claim.job, bench.last.columns
    assert columns["storage_path"] == f"{job.project_id}/{job.scene_id}/{job.id}.mp4"
    assert columns["video_url"] == f"/api/v1/jobs/{job.id}/content"
    assert columns["size_bytes"] == len(b"a clip")
    assert bench.blobs.objects[columns["storage_path"]] == b"a clip"
    place = f"{job.project_id}/{job.scene_id}/{job.id}"
    assert columns["poster_path"] == f"{place}.poster.jpg"
    assert bench.blobs.objects[f"{place}.poster.jpg"] == b"a poster"
    layout = {"tile_width": 160, "tile_height": 90, "columns": 2, "times": (0.0, 1.0)}
    assert columns["sprite"] == {"path": f"{place}.sprite.jpg", **layout}
    assert bench.blobs.objects[f"{place}.sprite.jpg"] == b"a strip"
    assert columns["actual_cost"] == Decimal("0.800000"), "8 s at 0.10 USD, as quoted"
    assert len(bench.provider.asked) == 1


async def test_the_intent_is_committed_before_the_post(bench: Bench) -> None:
    bench.queue.outcomes["begin"] = Outcome.LOST
    assert await bench.run() == ["begin"]
    assert not bench.provider.asked


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("duration_seconds", 7.0, "4 or 6 or 8 s"),
        ("duration_seconds", None, "4 or 6 or 8 s"),
        ("duration_seconds", float("nan"), "4 or 6 or 8 s"),
        ("prompt", "  ", "prompt"),
        ("model", "no-such", "fake-1"),
        ("aspect_ratio", "2:1", "16:9"),
        ("resolution", "8k", "720p"),
        ("seed", 7, "seed"),
        ("end_frame_url", "https://example.org/x.png", "end frame"),
    ],
)
async def test_an_impossible_job_fails_alone_before_anything_is_asked(
    bench: Bench, field: str, value: Any, says: str
) -> None:
    assert await bench.run(make_claim(**{field: value})) == ["fail"]
    assert bench.last.columns["error_code"] == ErrorCode.INVALID_REQUEST
    assert says in bench.last.columns["error_message"]
    assert bench.last.gives_back
    assert not bench.provider.asked


FRAME = "https://example.org/a.png?sig=secret"


async def test_a_frame_is_read_before_the_intent_and_kept_as_its_digest(bench: Bench) -> None:
    bench.fetcher.replies[FRAME] = [Reply(200, b"a picture")]
    assert await bench.run(make_claim(start_frame_url=FRAME)) == ["begin", "accept", "collect", "complete"]
    (request,) = bench.provider.requests
    assert request.start_frame is not None
    assert request.start_frame.content == b"a picture"
    begun = bench.queue.moves[0].attempt
    assert begun is not None
    assert begun.begun is not None
    kept = begun.begun.request
    assert kept.start_frame is not None
    assert (kept.start_frame.content, kept.start_frame.sha256) == (b"", request.start_frame.sha256)
    assert bench.provider.asked[0].request is kept, "nothing holds the bytes while the provider works"


async def test_a_bad_frame_costs_nothing_and_fails_alone(bench: Bench) -> None:
    bench.fetcher.replies[FRAME] = [UrlRefusedError("its host is not on the public internet")]
    assert await bench.run(make_claim(start_frame_url=FRAME)) == ["fail"]
    assert bench.last.columns["error_code"] == ErrorCode.INVALID_REQUEST
    assert "start_frame_url is 'https://example.org/a.png'; its host" in bench.last.columns["error_message"]
    assert bench.last.gives_back
    assert not bench.provider.asked


@pytest.mark.parametrize("tries", [1, 5, 11, 13])
async def test_a_frame_that_cannot_be_fetched_is_tried_again_as_that(bench: Bench, tries: int) -> None:
    bench.fetcher.replies[FRAME] = [FetchFailedError("it takes too long to answer")]
    assert await bench.run(make_claim(start_frame_url=FRAME, claim_count=tries)) == ["release"]
    assert bench.last.gives_back, "it is no generation"
    assert bench.last.frees_slot
    assert 0 < bench.last.delay <= 300
    assert bench.last.columns["error_code"] == ErrorCode.DOWNLOAD_FAILED
    assert "it takes too long to answer" in bench.last.columns["error_message"]
    assert not bench.provider.asked


@pytest.mark.parametrize("tries", [12, 24])
async def test_a_frame_that_is_never_there_is_for_a_person(bench: Bench, tries: int) -> None:
    bench.fetcher.replies[FRAME] = [FetchFailedError("it takes too long to answer")]
    assert await bench.run(make_claim(start_frame_url=FRAME, claim_count=tries)) == ["fail"]
    assert bench.last.columns["error_code"] == ErrorCode.INVALID_REQUEST
    assert "tried 12 times" in bench.last.columns["error_message"]


async def test_a_resume_fetches_no_frame_again(bench: Bench) -> None:
    attempt = make_attempt(AttemptState.ACCEPTED, provider_job_id="h-1", handle={})
    claim = make_claim(attempt, status=JobStatus.GENERATING, start_frame_url="https://example.org/edited.png")
    assert await bench.run(claim) == ["collect", "complete"]
    assert bench.fetcher.fetched == []


async def test_a_refused_submit_goes_back_without_using_up_a_retry(bench: Bench) -> None:
    bench.provider.submits = [SubmitRejectedError(ErrorCode.RATE_LIMITED, retry_after=40.0)]
    assert await bench.run() == ["begin", "reject"]
    assert bench.last.gives_back
    assert bench.last.delay >= 40.0
    assert bench.last.pause is not None
    assert bench.last.pause.seconds == 40.0


async def test_a_blocked_submit_waits_for_a_person(bench: Bench) -> None:
    bench.provider.submits = [SubmitRejectedError(ErrorCode.CONTENT_BLOCKED)]
    assert await bench.run() == ["begin", "fail"]
    assert bench.last.attempt is not None
    assert bench.last.attempt.state is AttemptState.REJECTED


@pytest.mark.parametrize(
    "lost", [SubmitUnknownError(), RuntimeError("reset"), TimeoutError(), ConnectionError("broken pipe")]
)
async def test_a_lost_answer_is_searched_for_and_adopted(bench: Bench, lost: Exception) -> None:
    bench.provider.submits = [lost]
    bench.provider.recoveries = [None, RuntimeError("search is down"), Handle("found")]
    assert await bench.run() == ["begin", "lose_answer", "accept", "collect", "complete"]
    assert len(bench.provider.asked) == 1, "never submitted again"


async def test_a_search_may_find_the_result_itself(bench: Bench) -> None:
    bench.provider.submits = [SubmitUnknownError()]
    bench.provider.recoveries = [Result({"where": "bucket"})]
    assert await bench.run() == ["begin", "lose_answer", "accept", "collect", "complete"]


async def test_a_search_may_prove_that_nothing_was_accepted(bench: Bench) -> None:
    bench.provider.submits = [SubmitUnknownError()]
    bench.provider.recoveries = [NeverAccepted()]
    assert await bench.run() == ["begin", "lose_answer", "reject"]
    assert bench.last.gives_back


async def test_a_search_frees_its_place_and_ends(bench: Bench) -> None:
    attempt = make_attempt(AttemptState.UNKNOWN)
    claim = make_claim(attempt)
    work = bench.runner.take(claim)
    work.started -= 500.0  # longer than the model's longest generation, not yet the window's end
    bench.parking.wait = _aging(work, 200.0)  # type: ignore[method-assign,assignment] # time passes in the search
    await bench.runner.run(work)
    assert bench.queue.names == ["free_slot", "fail"]
    assert bench.last.columns["error_code"] == ErrorCode.SUBMIT_UNKNOWN
    assert bench.last.attempt is not None
    assert bench.last.attempt.state is AttemptState.UNKNOWN
    assert not bench.provider.asked


def _aging(work: Work, seconds: float) -> Callable[[float], Coroutine[Any, Any, None]]:
    async def wait(_: float) -> None:
        work.started -= seconds
        await asyncio.sleep(0)

    return wait


async def test_a_late_answer_ends_the_search(bench: Bench) -> None:
    bench.queue.late_answer = Handle("late")
    claim = make_claim(make_attempt(AttemptState.UNKNOWN))
    assert await bench.run(claim) == ["accept", "collect", "complete"]
    bench.queue.moves.clear()
    bench.queue.late_answer = SubmitRejectedError(ErrorCode.PROVIDER_TRANSIENT)
    assert await bench.run(claim) == ["reject"]


async def test_a_fenced_process_does_not_submit(bench: Bench) -> None:
    await bench.heart.beat()
    work = bench.runner.take(make_claim())
    bench.now += 7.0
    await bench.runner.run(work)
    assert bench.queue.names == ["begin", "reject"]
    assert not bench.provider.asked


RATED = {"fake-1": Rate("fake-1", 1.0)}


@pytest.mark.parametrize(
    ("seconds_left", "booked"), [(0.01, 0), (-60.0, 1)], ids=["in time", "missed, so that another is booked"]
)
async def test_a_submit_waits_for_its_slot(bench: Bench, seconds_left: float, booked: int) -> None:
    bench.runner.submitter.slots.rates = {(JobKind.VIDEO, "fake"): RATED}
    opens = boot_time() + seconds_left
    claim = replace(make_claim(), slot=Slot(opens, opens + 30.0))
    assert (await bench.run(claim))[-1] == "complete"
    assert boot_time() >= opens
    assert bench.queue.booked == [((JobKind.VIDEO, "fake"), RATED["fake-1"], 1)] * booked
    assert len(bench.provider.asked) == 1


async def test_a_slot_that_is_far_is_waited_for_before_the_intent(bench: Bench) -> None:
    opens = boot_time() + 3_600.0
    waiting: list[Sequence[str]] = []

    async def wait(seconds: float) -> None:
        waiting.append(list(bench.queue.names))
        assert seconds > 3_000
        raise asyncio.CancelledError  # the executor drains

    bench.parking.wait = wait  # type: ignore[method-assign] # the first wait is the last
    with pytest.raises(asyncio.CancelledError):
        await bench.run(replace(make_claim(), slot=Slot(opens, opens + 1.0)))
    assert waiting == [[]], "nothing is committed yet that would have to be searched for"


async def test_without_a_database_no_other_slot_is_booked(bench: Bench) -> None:
    bench.runner.submitter.slots.rates = {(JobKind.VIDEO, "fake"): RATED}
    real = bench.queue.write

    async def failing(move: Move) -> Outcome:
        outcome = await real(move)
        if move.name == "begin":
            bench.queue.failures = [DatabaseUnavailableError()]
            bench.now += 7.0
        return outcome

    bench.runner.write = failing
    late = boot_time() - 60.0
    assert await bench.run(replace(make_claim(), slot=Slot(late, late + 0.1))) == ["begin", "reject"]
    assert not bench.provider.asked


async def test_a_handle_is_recorded_even_when_the_job_is_lost(bench: Bench) -> None:
    bench.queue.outcomes["accept"] = Outcome.LOST
    assert await bench.run() == ["begin", "accept"]
    assert [answer for _, answer in bench.queue.answers] == [Handle("h-1", {"region": "here"})]


async def test_recording_waits_out_an_outage(bench: Bench) -> None:
    bench.queue.outcomes["accept"] = Outcome.LOST
    real = bench.queue.write

    async def failing(move: Move) -> Outcome:
        outcome = await real(move)
        if move.name == "accept":
            bench.queue.failures = [DatabaseUnavailableError()]
        return outcome

    bench.runner.write = failing
    await bench.run()
    assert len(bench.queue.answers) == 1


async def test_polls_that_fail_do_not_fail_the_job(bench: Bench) -> None:
    bench.provider.polls = [RuntimeError("502"), Pending(), ConnectionError(), Pending(progress=50, wait=3.0)]
    assert await bench.run() == ["begin", "accept", "collect", "complete"]
    assert any(2.6 < wait < 3.4 for wait in bench.parking.waits), "the provider's own advice is followed"


async def test_polls_are_densest_about_when_generations_end(bench: Bench) -> None:
    able = replace(ABLE, typical_seconds=60.0, soonest_seconds=25.0)
    assert able.first_poll_seconds == 25.0
    assert replace(able, soonest_seconds=None).first_poll_seconds == 24.0
    waits = [next_wait(able, age) for age in (30.0, 45.0, 60.0, 85.0, 100.0, 200.0, 600.0)]
    assert waits == [6.0, 3.0, 3.0, 3.0, 10.0, 20.0, 30.0]
    bench.provider.models = {"fake-1": able}
    bench.provider.polls = [Pending()]
    await bench.run()
    first, second = bench.parking.waits
    assert 22.5 <= first <= 27.5, "nothing is asked in the hopeless part"
    assert second < 7


async def test_polls_that_are_refused_slow_down(bench: Bench) -> None:
    bench.provider.polls = [ProviderError(ErrorCode.RATE_LIMITED, retry_after=40.0)]
    assert await bench.run() == ["begin", "accept", "collect", "complete"]
    assert 38.0 < bench.parking.waits[-1] <= 40.0


async def test_a_failed_generation_is_made_again_while_retries_last(bench: Bench) -> None:
    failed = GenerationFailedError(ErrorCode.PROVIDER_FAILED, cost=Decimal("0.1"))
    bench.provider.polls = [failed]
    assert await bench.run(make_claim(attempt_count=3)) == ["begin", "accept", "retry_later"]
    assert bench.last.delay > 0
    assert bench.last.pause is None, "it may be this shot alone"
    bench.queue.moves.clear()
    bench.provider.polls = [failed]
    assert await bench.run(make_claim(attempt_count=4)) == ["begin", "accept", "fail"], "1 + 3 times at most"
    bench.queue.moves.clear()
    bench.provider.polls = [failed]
    assert await bench.run(make_claim(attempt_count=1, max_retries=0)) == ["begin", "accept", "fail"]
    assert bench.last.attempt is not None
    assert bench.last.attempt.actual_cost == Decimal("0.1"), "a failure that was charged is on the books"


async def test_a_provider_that_fails_what_it_accepts_is_paused(bench: Bench) -> None:
    failed = GenerationFailedError(ErrorCode.PROVIDER_TRANSIENT)
    bench.provider.polls = [failed]
    assert await bench.run(make_claim(attempt_count=3)) == ["begin", "accept", "retry_later"]
    assert bench.last.pause is not None
    assert bench.last.pause.seconds == bench.last.delay > 2
    bench.queue.moves.clear()
    bench.provider.polls = [GenerationFailedError(ErrorCode.QUOTA_OR_BILLING)]
    assert (await bench.run())[-1] == "fail"
    assert bench.last.pause is not None
    assert not bench.last.settles_provider


async def test_a_blocked_generation_is_not_made_again(bench: Bench) -> None:
    bench.provider.polls = [GenerationFailedError(ErrorCode.CONTENT_BLOCKED, cost=Decimal("0.8"))]
    assert await bench.run() == ["begin", "accept", "fail"]


async def test_a_generation_has_a_deadline(bench: Bench) -> None:
    record = make_attempt(AttemptState.ACCEPTED, provider_job_id="h", handle={})
    work = bench.runner.take(make_claim(record, status=JobStatus.GENERATING, provider_job_id="h"))
    work.started -= 101.0
    bench.provider.polls = [Pending()]
    await bench.runner.run(work)
    assert bench.queue.names == ["fail"]
    assert bench.last.columns["error_code"] == ErrorCode.DEADLINE_EXCEEDED
    assert bench.last.attempt is not None
    assert bench.last.attempt.state is AttemptState.ACCEPTED, "it may still end, and be billed"


async def test_only_the_providers_word_ends_a_generation(bench: Bench) -> None:
    record = make_attempt(AttemptState.ACCEPTED, provider_job_id="h", handle={})
    work = bench.runner.take(make_claim(record, status=JobStatus.GENERATING, provider_job_id="h"))
    work.started -= 101.0
    bench.provider.polls = [OSError("the network is down"), OSError("still"), Result({"where": "there"})]
    await bench.runner.run(work)
    assert bench.queue.names == ["collect", "complete"], "a poll that fails says nothing of a paid job"


async def test_a_handle_that_cannot_be_stored_whole_is_recorded_bare(bench: Bench) -> None:
    real = bench.queue.write

    async def refusing(move: Move) -> Outcome:
        if move.name == "accept":
            raise PoisonedError("not JSON")
        return await real(move)

    bench.runner.write = refusing
    assert await bench.run() == ["begin", "fail"]
    assert [answer for _, answer in bench.queue.answers] == [Handle("h-1")]
    assert bench.last.columns["error_code"] == ErrorCode.SUBMIT_UNKNOWN
    assert bench.last.attempt is not None
    assert bench.last.attempt.state is AttemptState.UNKNOWN, "never failed: it may have been paid for"


async def test_a_cancelled_generation_holds_no_slot_while_it_is_stored(bench: Bench) -> None:
    bench.queue.outcomes["accept"] = Outcome.CANCELLED
    assert await bench.run() == ["begin", "accept", "collect_take", "keep_take"]
    taken = bench.queue.moves[2]
    assert taken.frees_slot
    assert taken.attempt is not None
    assert taken.attempt.result is not None
    assert bench.provider.cancelled == [Handle("h-1", {"region": "here"})], "the provider was asked to stop"


async def test_a_cut_download_is_fetched_again(bench: Bench) -> None:
    bench.provider.opens = [ConnectionResetError(), OSError("short read")]
    bench.media.failures = [MediaError("cut"), MediaError("cut")]
    assert await bench.run() == ["begin", "accept", "collect", "complete"]
    assert bench.last.uploads == 5
    assert len(bench.provider.asked) == 1


async def test_a_clip_that_never_plays_fails_without_a_new_generation(bench: Bench) -> None:
    bench.media.failures = [MediaError("not a clip")] * 3
    assert await bench.run() == ["begin", "accept", "collect", "fail"]
    assert bench.last.columns["error_code"] == ErrorCode.CLIP_INVALID


async def test_a_clip_of_the_wrong_length_is_refused(bench: Bench) -> None:
    bench.media.seconds = 4.0
    assert await bench.run() == ["begin", "accept", "collect", "fail"]
    assert "4.00 s long; 8 s" in bench.last.columns["error_message"]


async def test_storage_that_is_down_is_waited_for(bench: Bench) -> None:
    bench.blobs.failures = [StorageError("503"), StorageError("503")]
    assert await bench.run() == ["begin", "accept", "collect", "complete"]
    assert bench.last.uploads == 3


async def test_a_clip_without_pictures_is_still_a_clip(bench: Bench) -> None:
    bench.media.preview_failures = [ZeroDivisionError()]
    assert await bench.run() == ["begin", "accept", "collect", "complete"]
    assert "poster_path" not in bench.last.columns
    assert bench.last.uploads == 1


async def test_pictures_that_take_too_long_are_done_without(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def never(path: Path) -> Previews:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(bench.media, "draw_previews", never)
    monkeypatch.setattr("executor.previewing._LONGEST_SECONDS", 0.01)
    assert await bench.run() == ["begin", "accept", "collect", "complete"]
    assert begun.is_set()
    assert "sprite" not in bench.last.columns


async def test_a_result_that_is_gone_waits_for_a_person(bench: Bench) -> None:
    bench.provider.opens = [ResultGoneError(ErrorCode.RESULT_EXPIRED)]
    assert await bench.run() == ["begin", "accept", "collect", "fail"]
    assert bench.last.columns["error_code"] == ErrorCode.RESULT_EXPIRED


@pytest.mark.parametrize("at", ["accept", "collect", "complete"])
async def test_a_job_cancelled_on_the_way_is_still_collected(bench: Bench, at: str) -> None:
    bench.queue.outcomes[at] = Outcome.CANCELLED
    moves = await bench.run()
    assert moves[-1] == "keep_take"
    assert bench.last.columns["actual_cost"] == Decimal("0.800000")
    assert bench.last.columns["storage_path"] in bench.blobs.objects


async def test_a_job_cancelled_before_its_submit_is_not_submitted(bench: Bench) -> None:
    bench.queue.outcomes["begin"] = Outcome.CANCELLED
    assert await bench.run() == ["begin", "let_go"]
    assert not bench.provider.asked


@pytest.mark.parametrize(
    ("attempt", "status", "moves"),
    [
        (make_attempt(AttemptState.FAILED), JobStatus.PROCESSING, ["release"]),
        (
            make_attempt(AttemptState.ACCEPTED, provider_job_id="h", handle={}),
            JobStatus.PROCESSING,
            ["accept", "collect", "complete"],
        ),
        (
            make_attempt(AttemptState.ACCEPTED, provider_job_id="h", handle={}),
            JobStatus.GENERATING,
            ["collect", "complete"],
        ),
        (
            make_attempt(AttemptState.SUCCEEDED, provider_job_id="h", result=Result({"a": 1}).to_json()),
            JobStatus.UPLOADING,
            ["complete"],
        ),
        (
            make_attempt(AttemptState.ABANDONED, provider_job_id="h", handle={}),
            JobStatus.CANCELLED,
            ["collect_take", "keep_take"],
        ),
        (
            make_attempt(AttemptState.ABANDONED, provider_job_id="h", result=Result({}).to_json()),
            JobStatus.CANCELLED,
            ["keep_take"],
        ),
    ],
)
async def test_a_job_taken_over_goes_on_where_it_stood(
    bench: Bench, attempt: AttemptRecord, status: JobStatus, moves: list[str]
) -> None:
    assert await bench.run(make_claim(attempt, status=status)) == moves
    assert not bench.provider.asked


async def test_a_draining_executor_gives_fresh_jobs_back(bench: Bench) -> None:
    bench.parking.close()
    assert await bench.run() == ["release"]


async def test_a_poisoned_move_fails_its_job_alone(bench: Bench) -> None:
    real = bench.queue.write

    async def refusing(move: Move) -> Outcome:
        if move.name == "begin":
            raise PoisonedError("invalid \ud800 surrogate")
        return await real(move)

    bench.runner.write = refusing
    assert await bench.run() == ["fail"]
    bench.last.columns["error_message"].encode("utf-8")


async def test_a_fault_in_an_adapter_fails_its_job_alone(bench: Bench) -> None:
    bench.media.failures = [ZeroDivisionError()]  # retried as any failed store
    assert await bench.run() == ["begin", "accept", "collect", "complete"]
