import asyncio
import json
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.failures import ErrorCode
from domain.media import MediaInfo
from domain.provider import (
    Attempt,
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
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from media.tool import PyAVTool
from providers.mock.adapter import MockProvider
from providers.mock.frame import SHORT_SIDES
from providers.mock.ledger import Ledger
from providers.mock.models import IMAGE_MODELS
from providers.mock.render import render
from providers.mock.settings import MockSettings
from tests.generations import a_request, an_attempt, downloaded, finished, submitted

ROOT = Path(__file__).parents[4]


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make(tmp_path: Path, clock: Clock) -> AsyncIterator[Callable[..., MockProvider]]:
    """Make mocks with one set of books; those made in a test are closed after it."""
    made: list[MockProvider] = []

    def one(kind: JobKind = JobKind.VIDEO, **settings: Any) -> MockProvider:
        chosen = MockSettings(**{"mock_delay_seconds": "0", "rushes_home": tmp_path, **settings})
        made.append(MockProvider(chosen, kind, clock=clock))
        return made[-1]

    yield one
    for provider in made:
        await provider.aclose()


@pytest.fixture
def mock(make: Callable[..., MockProvider]) -> MockProvider:
    return make()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "mock" / "ledger.sqlite3")


async def refusal(mock: MockProvider, request: GenerationRequest) -> SubmitRejectedError:
    with pytest.raises(SubmitRejectedError) as caught:
        await submitted(mock, request)
    return caught.value


async def failure(mock: MockProvider, handle: Handle) -> GenerationFailedError:
    with pytest.raises(GenerationFailedError) as caught:
        await finished(mock, handle)
    return caught.value


async def probed(data: bytes, path: Path) -> MediaInfo:
    path.write_bytes(data)
    tool = PyAVTool()
    try:
        return await tool.ingest_video(path)
    finally:
        tool.close()


async def test_a_generation_takes_its_time_by_the_wall_clock(
    make: Callable[..., MockProvider], clock: Clock
) -> None:
    mock = make(mock_delay_seconds="20")
    handle = await submitted(mock, a_request())

    assert await mock.poll(handle) == Pending(progress=0, wait=5.0)
    clock.now += 18
    assert await mock.poll(handle) == Pending(progress=90, wait=2.0)
    clock.now += 2
    assert isinstance(await mock.poll(handle), Result)


async def test_a_clock_set_back_makes_nobody_wait_for_hours(
    make: Callable[..., MockProvider], clock: Clock
) -> None:
    mock = make(mock_delay_seconds="20")
    handle = await submitted(mock, a_request())
    clock.now -= 86_400

    assert await mock.poll(handle) == Pending(progress=0, wait=5.0)


async def test_delays_spread_over_the_range(make: Callable[..., MockProvider], ledger: Ledger) -> None:
    mock = make(mock_delay_seconds="5-10")
    for _ in range(20):
        await submitted(mock, a_request())

    delays = [row.ready_at - row.accepted_at for row in ledger.accepted()]
    ledger.close()
    assert all(5 <= delay <= 10 for delay in delays)
    assert len({round(delay, 2) for delay in delays}) > 10


async def test_the_cost_is_the_quote(mock: MockProvider, ledger: Ledger) -> None:
    request = a_request(duration_seconds=4.0, resolution="1080p")

    result = await finished(mock, await submitted(mock, request))

    assert result.actual_cost == mock.models["mock-1"].quote(request) == Decimal("0.600000")
    assert ledger.total_paid() == Decimal("0.600000")
    ledger.close()


async def test_a_double_submit_is_paid_twice(mock: MockProvider, ledger: Ledger) -> None:
    request = a_request()
    attempt = an_attempt(request)

    first, second = await mock.submit(request, attempt), await mock.submit(request, attempt)

    assert first.id != second.id
    assert ledger.submissions_per_attempt() == {attempt.id: 2}
    ledger.close()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"duration_seconds": 61.0}, "duration_seconds"),
        ({"aspect_ratio": "2:1"}, "aspect_ratio"),
        ({"resolution": "4k"}, "resolution"),
        ({"kind": JobKind.IMAGE, "model": "mock-1"}, "makes no image"),
        ({"prompt": "[mock:explode]"}, "no marker 'explode'; it knows auth"),
    ],
)
async def test_what_it_cannot_make_is_refused(
    mock: MockProvider, ledger: Ledger, change: dict[str, Any], field: str
) -> None:
    error = await refusal(mock, a_request(**change))

    assert error.code is ErrorCode.INVALID_REQUEST
    assert field in error.message
    assert ledger.accepted() == []
    ledger.close()


@pytest.mark.parametrize(
    ("marker", "code"),
    [
        ("reject", ErrorCode.PROVIDER_TRANSIENT),
        ("invalid", ErrorCode.INVALID_REQUEST),
        ("blocked", ErrorCode.CONTENT_BLOCKED),
        ("auth", ErrorCode.AUTH),
        ("permission", ErrorCode.PERMISSION),
        ("quota", ErrorCode.QUOTA_OR_BILLING),
        ("model_gone", ErrorCode.MODEL_UNAVAILABLE),
    ],
)
async def test_scripted_refusals(mock: MockProvider, ledger: Ledger, marker: str, code: ErrorCode) -> None:
    always, once = a_request(f"[mock:{marker}] a"), a_request(f"[mock:{marker}=1] a")

    assert [(await refusal(mock, always)).code for _ in range(3)] == [code] * 3
    assert (await refusal(mock, once)).code is code
    await submitted(mock, once)

    assert [row.job_id for row in ledger.accepted()] == [once.job_id]
    ledger.close()


async def test_a_rate_limit_ends_when_it_said_it_would(mock: MockProvider, clock: Clock) -> None:
    request = a_request("[mock:rate_limited=3] a")

    assert (await refusal(mock, request)).retry_after == 3
    clock.now += 2
    error = await refusal(mock, request)
    assert (error.code, error.retry_after) == (ErrorCode.RATE_LIMITED, 1)
    clock.now += 1
    await submitted(mock, request)


async def test_failures_of_every_job_are_a_setting(make: Callable[..., MockProvider], ledger: Ledger) -> None:
    mock = make(mock_fail="reject=1")
    first, second, own = a_request(), a_request(), a_request("[mock:reject=2] a")

    for request, refusals in ((first, 1), (second, 1), (own, 2)):
        for _ in range(refusals):
            await refusal(mock, request)
        await submitted(mock, request)

    assert len(ledger.accepted()) == 3
    ledger.close()


async def test_counts_survive_the_process(make: Callable[..., MockProvider]) -> None:
    request = a_request("[mock:reject=2] a")

    await refusal(make(), request)
    await refusal(make(), request)
    await submitted(make(), request)


async def test_an_unknown_submit_was_paid_and_is_found(mock: MockProvider, ledger: Ledger) -> None:
    request = a_request("[mock:submit_unknown] a")
    attempt = an_attempt(request)
    with pytest.raises(SubmitUnknownError):
        await mock.submit(request, attempt)
    (row,) = ledger.accepted()
    ledger.close()
    assert row.cost == Decimal("0.025000")

    found = await mock.recover(attempt)

    assert found == Handle(row.handle_id)
    assert isinstance(found, Handle)
    await finished(mock, found)


async def test_a_lost_submit_was_not_paid_and_is_never_found(mock: MockProvider, ledger: Ledger) -> None:
    request = a_request("[mock:submit_lost=1] a")
    attempt = an_attempt(request)
    with pytest.raises(SubmitUnknownError):
        await mock.submit(request, attempt)

    assert [await mock.recover(attempt) for _ in range(3)] == [None, None, None]
    assert ledger.total_paid() == 0
    ledger.close()
    # A person accepted the risk and tries again.
    await submitted(mock, request)


async def test_what_never_came_is_closed_for_good(mock: MockProvider, ledger: Ledger) -> None:
    request = a_request()
    attempt = an_attempt(request)

    assert await mock.recover(attempt) == NeverAccepted()
    with pytest.raises(SubmitRejectedError, match="given up"):
        await mock.submit(request, attempt)
    assert await mock.recover(attempt) == NeverAccepted()
    await submitted(mock, request)

    assert [row.attempt_id == attempt.id for row in ledger.accepted()] == [False]
    ledger.close()


async def test_recovery_and_a_late_submit_never_both_win(make: Callable[..., MockProvider]) -> None:
    here, there = make(), make()

    async def submit(attempt: Attempt) -> bool:
        try:
            await here.submit(attempt.request, attempt)
        except SubmitRejectedError:
            return False
        return True

    for _ in range(30):
        attempt = an_attempt(a_request())
        accepted, found = await asyncio.gather(submit(attempt), there.recover(attempt))
        assert accepted is isinstance(found, Handle)


async def test_generations_fail_as_often_as_scripted(mock: MockProvider, ledger: Ledger) -> None:
    request = a_request("[mock:fail=2] a")

    for _ in range(2):
        error = await failure(mock, await submitted(mock, request))
        assert (error.code, error.cost) == (ErrorCode.PROVIDER_FAILED, Decimal(0))
    await finished(mock, await submitted(mock, request))

    assert [row.cost for row in ledger.accepted()] == [Decimal(0), Decimal(0), Decimal("0.025000")]
    ledger.close()


async def test_a_late_block_is_charged(mock: MockProvider) -> None:
    error = await failure(mock, await submitted(mock, a_request("[mock:blocked_late] a")))

    assert (error.code, error.cost) == (ErrorCode.CONTENT_BLOCKED, Decimal("0.025000"))
    assert error.reasons


async def test_never_is_never(mock: MockProvider, clock: Clock) -> None:
    handle = await submitted(mock, a_request("[mock:never] a"))
    clock.now += 1_000_000

    assert await mock.poll(handle) == Pending(progress=99, wait=5.0)


async def test_poll_errors_pass(mock: MockProvider) -> None:
    handle = await submitted(mock, a_request("[mock:poll_error=2] a"))

    for _ in range(2):
        with pytest.raises(ProviderError) as caught:
            await mock.poll(handle)
        assert not isinstance(caught.value, GenerationFailedError)
    assert isinstance(await mock.poll(handle), Result)


async def test_a_delay_may_be_scripted(mock: MockProvider, clock: Clock) -> None:
    handle = await submitted(mock, a_request("[mock:delay=3] a"))

    assert isinstance(await mock.poll(handle), Pending)
    clock.now += 3
    assert isinstance(await mock.poll(handle), Result)


async def test_a_download_breaks_off_and_works_the_next_time(mock: MockProvider) -> None:
    result = await finished(mock, await submitted(mock, a_request("[mock:download_error=1] a")))

    received = bytearray()

    async def download() -> None:
        async with mock.open(result) as chunks:
            async for chunk in chunks:
                received.extend(chunk)

    with pytest.raises(ProviderError) as caught:
        await download()
    assert caught.value.code is ErrorCode.DOWNLOAD_FAILED
    whole = await downloaded(mock, result)

    assert 0 < len(received) < len(whole)
    assert whole.startswith(received)


async def test_a_download_is_cut_as_often_as_scripted(mock: MockProvider) -> None:
    result = await finished(mock, await submitted(mock, a_request("[mock:truncated=2] a")))

    cut, again, whole = [await downloaded(mock, result) for _ in range(3)]

    assert cut == again == whole[: len(whole) // 2]


async def test_a_clip_of_the_wrong_length_is_sound_otherwise(mock: MockProvider, tmp_path: Path) -> None:
    request = a_request("[mock:wrong_duration] a", duration_seconds=2.0)
    result = await finished(mock, await submitted(mock, request))

    info = await probed(await downloaded(mock, result), tmp_path / "clip.part")

    assert info.duration_seconds == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("marker", "code"),
    [("expired", ErrorCode.RESULT_EXPIRED), ("missing", ErrorCode.RESULT_MISSING)],
)
async def test_results_go(mock: MockProvider, marker: str, code: ErrorCode) -> None:
    result = await finished(mock, await submitted(mock, a_request(f"[mock:{marker}] a")))

    with pytest.raises(ResultGoneError) as caught:
        await downloaded(mock, result)
    assert caught.value.code is code


async def test_a_slow_download_waits_first(mock: MockProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    result = await finished(mock, await submitted(mock, a_request("[mock:slow=30] a")))
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("providers.mock.adapter.asyncio.sleep", sleep)
    assert await downloaded(mock, result)
    assert slept == [30.0]


async def test_a_cancelled_generation_finishes_and_is_billed(mock: MockProvider, ledger: Ledger) -> None:
    handle = await submitted(mock, a_request())

    await mock.cancel(handle)
    result = await finished(mock, handle)

    (row,) = ledger.accepted()
    ledger.close()
    assert row.cancelled_at is not None
    assert result.actual_cost == row.cost > 0
    assert await downloaded(mock, result)


async def test_a_handle_outlives_the_process_that_got_it(mock: MockProvider, tmp_path: Path) -> None:
    script = (
        "import asyncio, json, sys\n"
        "from tests.generations import a_request, submitted\n"
        "from providers.mock.adapter import providers\n"
        "async def main():\n"
        "    handle = await submitted(providers()[0], a_request())\n"
        "    print(json.dumps({'id': handle.id, 'data': dict(handle.data)}), flush=True)\n"
        "    sys.stdin.readline()\n"
        "asyncio.run(main())\n"
    )
    environment = {"RUSHES_HOME": str(tmp_path), "MOCK_DELAY_SECONDS": "0", "PATH": "/usr/bin:/bin"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script), cwd=ROOT, env=environment, stdin=-1, stdout=-1
    )
    assert process.stdout
    line = await process.stdout.readline()
    process.kill()
    await process.wait()

    # The other process went by the real clock, which is far past this one's.
    stored = json.loads(line)
    mock._server.ledger._clock = lambda: float("inf")
    result = await finished(mock, Handle(stored["id"], stored["data"]))

    assert await downloaded(mock, result)


async def test_an_abandoned_download_stops_rendering(
    mock: MockProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = await finished(mock, await submitted(mock, a_request(duration_seconds=60.0)))
    begun, done = threading.Event(), threading.Event()

    def watched(request: GenerationRequest, seconds: float, stop: threading.Event) -> Any:
        begun.set()
        try:
            return render(request, seconds, stop)
        finally:
            assert stop.is_set()
            done.set()

    monkeypatch.setattr("providers.mock.adapter.render", watched)
    download = asyncio.create_task(downloaded(mock, result))
    assert await asyncio.to_thread(begun.wait, 20)
    download.cancel()
    with pytest.raises(asyncio.CancelledError):
        await download

    assert await asyncio.to_thread(done.wait, 20)


async def test_no_file_is_left_and_none_has_a_clips_name(
    mock: MockProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    result = await finished(mock, await submitted(mock, a_request()))

    async with mock.open(result) as chunks:
        assert not list(folder.iterdir())
        assert sum([len(chunk) async for chunk in chunks]) > 1000

    assert not list(tmp_path.rglob("*.mp4"))


async def test_check_tells_where_the_books_are(make: Callable[..., MockProvider], tmp_path: Path) -> None:
    assert "0 generations" in await make().check()
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(ProviderError, match="set RUSHES_HOME"):
        await make(rushes_home=tmp_path / "file").check()


async def test_books_that_cannot_be_written_leave_the_submit_unknown(
    make: Callable[..., MockProvider], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SubmitUnknownError):
        await submitted(make(rushes_home=tmp_path / "file"), a_request())


def test_a_still_is_only_drawn_in_the_sizes_on_offer() -> None:
    (able,) = IMAGE_MODELS.values()
    assert set(able.resolutions) == set(SHORT_SIDES)
    (problem,) = able.problems(a_request(kind=JobKind.IMAGE, resolution="8k"))
    assert (problem.field, problem.allowed) == ("resolution", "allowed: 720p, 480p, 1080p")
