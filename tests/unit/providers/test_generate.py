import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.errors import InvalidRequestError
from domain.failures import ErrorCode
from domain.provider import GenerationFailedError, ProviderError, SubmitRejectedError, SubmitUnknownError
from domain.statuses import JobKind
from media.clips import probe_clip
from providers.generate import generate_video
from providers.mock.adapter import MockProvider
from providers.mock.ledger import Ledger
from providers.mock.settings import MockSettings
from tests.generations import a_request


@pytest.fixture
async def mock(tmp_path: Path) -> AsyncIterator[MockProvider]:
    made = MockProvider(MockSettings(mock_delay_seconds="0", rushes_home=tmp_path), JobKind.VIDEO)
    yield made
    await made.aclose()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "mock" / "ledger.sqlite3")


async def test_a_clip_is_made(mock: MockProvider, tmp_path: Path) -> None:
    into = tmp_path / "clip.mp4"

    assert await generate_video(mock, a_request("[mock:delay=0.1] a"), into) == into

    assert probe_clip(into).duration_seconds == pytest.approx(0.5)


async def test_a_request_is_checked_before_anything_is_paid(
    mock: MockProvider, ledger: Ledger, tmp_path: Path
) -> None:
    for request, field in (
        (a_request(duration_seconds=99.0), "duration_seconds"),
        (a_request(model="mock-9"), "model"),
    ):
        with pytest.raises(InvalidRequestError, match=field):
            await generate_video(mock, request, tmp_path / "clip.mp4")

    assert ledger.accepted() == []
    ledger.close()


async def test_a_lost_answer_is_looked_for_and_adopted(
    mock: MockProvider, ledger: Ledger, tmp_path: Path
) -> None:
    await generate_video(mock, a_request("[mock:submit_unknown] a"), tmp_path / "clip.mp4")

    assert len(ledger.accepted()) == 1
    ledger.close()


@pytest.mark.parametrize(
    ("marker", "error"),
    [
        ("submit_lost", SubmitUnknownError),
        ("reject", SubmitRejectedError),
        ("fail", GenerationFailedError),
        ("download_error", ProviderError),
    ],
)
async def test_a_failure_is_raised_and_leaves_nothing(
    mock: MockProvider, tmp_path: Path, marker: str, error: type[Exception]
) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()

    with pytest.raises(error):
        await generate_video(mock, a_request(f"[mock:{marker}] a"), folder / "clip.mp4")

    assert list(folder.iterdir()) == []


async def test_poll_errors_do_not_end_it(mock: MockProvider, tmp_path: Path, waits: list[float]) -> None:
    await generate_video(mock, a_request("[mock:poll_error=2] a"), tmp_path / "clip.mp4")

    assert waits == [5.0, 5.0]


async def test_it_does_not_wait_for_ever(
    mock: MockProvider, tmp_path: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.generate.boot_time", lambda: sum(waits))

    with pytest.raises(GenerationFailedError) as caught:
        await generate_video(mock, a_request("[mock:never] a"), tmp_path / "clip.mp4")

    assert caught.value.code is ErrorCode.DEADLINE_EXCEEDED
    assert sum(waits) == 120


async def test_cancelling_it_asks_the_provider_to_stop(
    mock: MockProvider, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled = asyncio.Event()
    poll = mock.poll

    async def watched(handle: object) -> object:
        polled.set()
        return await poll(handle)  # type: ignore[arg-type] # passed on as it came

    monkeypatch.setattr(mock, "poll", watched)
    task = asyncio.create_task(generate_video(mock, a_request("[mock:never] a"), tmp_path / "clip.mp4"))
    await polled.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    (row,) = ledger.accepted()
    ledger.close()
    assert row.cancelled_at is not None


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        if seconds:
            slept.append(seconds)

    monkeypatch.setattr("providers.generate.asyncio.sleep", sleep)
    return slept
