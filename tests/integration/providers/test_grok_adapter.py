"""The adapter against the simulated xAI: everything that can go wrong with a real connection."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.failures import ErrorCode
from domain.provider import (
    Attempt,
    GenerationFailedError,
    Handle,
    Pending,
    ProviderError,
    Result,
    ResultGoneError,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.grok.adapter import GrokImages, GrokVideos
from providers.grok.client import XaiClient
from providers.grok.store import filename
from tests.database import eventually
from tests.generations import a_request, an_attempt, downloaded, finished
from tests.grok_server import KEY, Simulator, simulating
from tests.pictures import a_frame
from tests.stub_server import Answer, serving

CLASSIC, LATEST = "grok-imagine-video", "grok-imagine-video-1.5"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulating(tmp_path_factory.mktemp("xai")) as served:
        yield served


@pytest.fixture
async def videos(simulator: Simulator) -> AsyncIterator[GrokVideos]:
    made = simulator.videos()
    yield made
    await made.aclose()


@pytest.fixture
async def images(simulator: Simulator) -> AsyncIterator[GrokImages]:
    made = simulator.images()
    yield made
    await made.aclose()


def asked(fault: str = "", **changes: Any) -> GenerationRequest:
    prompt = f"a lighthouse [sim:{fault}]" if fault else "a lighthouse"
    return a_request(prompt, **{"model": LATEST, "duration_seconds": 1.0, "aspect_ratio": "16:9", **changes})


def an_image(fault: str = "") -> GenerationRequest:
    return asked(
        fault, kind=JobKind.IMAGE, model="grok-imagine-image", duration_seconds=None, resolution=None
    )


def accepted(simulator: Simulator, attempt: Attempt) -> int:
    with simulator.books() as ledger:
        return ledger.per_filename()[filename(attempt.landing, attempt.request.kind)]


async def lost(provider: GrokVideos | GrokImages, attempt: Attempt) -> SubmitUnknownError:
    with pytest.raises(SubmitUnknownError) as caught:
        await provider.submit(attempt.request, attempt)
    assert KEY not in f"{caught.value.message}{caught.value.raw}"
    return caught.value


async def refused(provider: GrokVideos | GrokImages, attempt: Attempt) -> SubmitRejectedError:
    with pytest.raises(SubmitRejectedError) as caught:
        await provider.submit(attempt.request, attempt)
    assert KEY not in f"{caught.value.message}{caught.value.raw}"
    return caught.value


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("no_credentials", ErrorCode.AUTH),
        ("wrong_key", ErrorCode.AUTH),
        ("rate_limited", ErrorCode.RATE_LIMITED),
        ("no_credits", ErrorCode.QUOTA_OR_BILLING),
        ("no_credits_429", ErrorCode.QUOTA_OR_BILLING),
        ("forbidden", ErrorCode.PERMISSION),
        ("blocked", ErrorCode.CONTENT_BLOCKED),
        ("blocked_400", ErrorCode.CONTENT_BLOCKED),
        ("invalid", ErrorCode.INVALID_REQUEST),
        ("plain_error", ErrorCode.INVALID_REQUEST),
        ("zero_retention", ErrorCode.INVALID_REQUEST),
        ("schema", ErrorCode.INVALID_REQUEST),
        ("model_gone", ErrorCode.MODEL_UNAVAILABLE),
    ],
)
async def test_a_refusal_is_told_and_was_never_paid(
    simulator: Simulator, videos: GrokVideos, images: GrokImages, fault: str, code: ErrorCode
) -> None:
    for provider, request in ((videos, asked(fault)), (images, an_image(fault))):
        attempt = an_attempt(request)
        error = await refused(provider, attempt)
        assert error.code is code
        assert error.raw
        assert accepted(simulator, attempt) == 0


async def test_zero_retention_teams_read_what_is_missing(videos: GrokVideos) -> None:
    error = await refused(videos, an_attempt(asked("zero_retention")))
    assert "upload address" in error.message


@pytest.mark.parametrize(
    "fault", ["drop_after_accept", "error_after_accept", "garbage_after_accept", "no_id_after_accept"]
)
async def test_a_lost_answer_is_found_again_and_paid_once(
    simulator: Simulator, videos: GrokVideos, images: GrokImages, fault: str
) -> None:
    for provider, request in ((videos, asked(fault)), (images, an_image(fault))):
        attempt = an_attempt(request)
        await lost(provider, attempt)
        found = await provider.recover(attempt)
        assert isinstance(found, Result)
        assert await downloaded(provider, found)
        assert accepted(simulator, attempt) == 1


async def test_an_answer_that_never_comes_is_given_up_by_the_caller(
    simulator: Simulator, videos: GrokVideos
) -> None:
    attempt = an_attempt(asked("hang_after_accept"))
    submitting = asyncio.create_task(videos.submit(attempt.request, attempt))
    await eventually(lambda: accepted(simulator, attempt))
    submitting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await submitting
    assert isinstance(await videos.recover(attempt), Result)


@pytest.mark.parametrize("fault", ["unavailable", "drop_before_accept"])
async def test_what_may_have_been_accepted_is_unknown(
    simulator: Simulator, videos: GrokVideos, fault: str
) -> None:
    attempt = an_attempt(asked(fault))
    await lost(videos, attempt)
    assert accepted(simulator, attempt) == 0
    assert await videos.recover(attempt) is None


async def test_a_lost_clip_is_found_only_once_it_is_finished(tmp_path: Path) -> None:
    with simulating(tmp_path, delay_seconds=1_000) as simulator:
        videos = simulator.videos()
        attempt = an_attempt(asked("drop_after_accept"))
        await lost(videos, attempt)
        assert await videos.recover(attempt) is None
        simulator.advance(1_000)
        assert isinstance(await videos.recover(attempt), Result)
        await videos.aclose()


async def test_a_lost_clip_is_found_behind_many_others(simulator: Simulator, videos: GrokVideos) -> None:
    attempt = an_attempt(asked("drop_after_accept"))
    await lost(videos, attempt)
    for _ in range(120):
        request = asked()
        await videos.submit(request, an_attempt(request))
    assert isinstance(await videos.recover(attempt), Result)


@pytest.mark.parametrize("why", ["refused", "no such host", "no TLS there"])
async def test_what_was_never_sent_was_never_accepted(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    addresses = {"refused": closed, "no TLS there": simulator.base_url.replace("http:", "https:")}
    if why not in addresses:

        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    videos = GrokVideos(XaiClient(addresses.get(why, "https://xai.invalid/v1"), KEY))
    error = await refused(videos, an_attempt(asked()))
    assert error.code is ErrorCode.PROVIDER_TRANSIENT
    await videos.aclose()


async def test_a_wrong_key_is_told(simulator: Simulator) -> None:
    videos = simulator.videos("xai-another-key")
    assert (await refused(videos, an_attempt(asked()))).code is ErrorCode.AUTH
    with pytest.raises(ProviderError, match="make a new key") as caught:
        await videos.check()
    assert caught.value.code is ErrorCode.AUTH
    await videos.aclose()


async def test_a_key_that_works_is_told(videos: GrokVideos, simulator: Simulator) -> None:
    assert await videos.check() == f"{simulator.base_url} accepts the key 'simulated'"


async def test_the_key_stays_secret_whatever_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    def echo(method: str, path: str) -> Answer:
        return Answer(500, json.dumps({"error": f"{method} {path} with Bearer {KEY}"}).encode())

    caplog.set_level(logging.DEBUG)
    with serving(echo) as url:
        videos = GrokVideos(XaiClient(f"{url}/v1", KEY))
        attempt = an_attempt(asked())
        await lost(videos, attempt)
        for question in (videos.poll(Handle("x")), videos.recover(attempt), videos.check()):
            with pytest.raises(ProviderError) as caught:
                await question
            assert caught.value.raw
            assert KEY not in f"{caught.value!r}{caught.value.raw}"
        await videos.aclose()
    assert KEY not in caplog.text


async def test_an_answer_may_say_when_to_come_back() -> None:
    with serving(lambda *_: Answer(429, b'{"error": "slow down"}', {"retry-after": "7"})) as url:
        videos = GrokVideos(XaiClient(f"{url}/v1", KEY))
        assert (await refused(videos, an_attempt(asked()))).retry_after == 7.0
        await videos.aclose()


@pytest.mark.parametrize("status", [200, 201])
async def test_an_id_that_cannot_be_stored_is_a_lost_answer(status: int) -> None:
    body = json.dumps({"request_id": "x" * 513}).encode()
    with serving(lambda *_: Answer(status, body)) as url:
        videos = GrokVideos(XaiClient(f"{url}/v1", KEY))
        await lost(videos, an_attempt(asked()))
        await videos.aclose()


@pytest.mark.parametrize(
    "fault",
    ["poll_error=1", "poll_limited=1", "poll_garbage=1", "poll_drop=1", "poll_wrong_key=1", "not_found=1"],
)
async def test_a_poll_that_fails_is_made_again(videos: GrokVideos, fault: str) -> None:
    request = asked(fault)
    handle = await videos.submit(request, an_attempt(request))
    with pytest.raises(ProviderError) as caught:
        await videos.poll(handle)
    assert not isinstance(caught.value, GenerationFailedError)
    assert isinstance(await videos.poll(handle), Result)


@pytest.mark.parametrize("fault", ["never", "odd_status"])
async def test_a_clip_that_does_not_end_keeps_running(videos: GrokVideos, fault: str) -> None:
    request = asked(fault)
    handle = await videos.submit(request, an_attempt(request))
    assert [type(await videos.poll(handle)) for _ in range(3)] == [Pending] * 3


@pytest.mark.parametrize(
    ("fault", "code", "cost"),
    [
        ("failed", ErrorCode.PROVIDER_FAILED, "0"),
        ("failed=invalid_argument", ErrorCode.INVALID_REQUEST, "0"),
        ("failed=failed_precondition", ErrorCode.INVALID_REQUEST, "0"),
        ("failed=permission_denied", ErrorCode.PERMISSION, "0"),
        ("failed=service_unavailable", ErrorCode.PROVIDER_TRANSIENT, "0"),
        ("error_string", ErrorCode.CONTENT_BLOCKED, "0.08"),
        ("moderated", ErrorCode.CONTENT_BLOCKED, "0.08"),
        ("moderated,no_cost", ErrorCode.CONTENT_BLOCKED, "0.08"),
        ("moderated_failed", ErrorCode.CONTENT_BLOCKED, "0.08"),
        ("expired", ErrorCode.RESULT_EXPIRED, "0"),
        ("no_url", ErrorCode.RESULT_MISSING, "0.08"),
        ("poll_refused", ErrorCode.INVALID_REQUEST, "0"),
    ],
)
async def test_a_clip_ends_badly(videos: GrokVideos, fault: str, code: ErrorCode, cost: str) -> None:
    request = asked(fault)
    handle = await videos.submit(request, an_attempt(request))
    with pytest.raises(GenerationFailedError) as caught:
        await videos.poll(handle)
    assert (caught.value.code, caught.value.cost) == (code, Decimal(cost))


@pytest.mark.parametrize(
    ("fault", "cost"), [("", "0.08"), ("no_status", "0.08"), ("not_stored", "0.08"), ("no_cost", None)]
)
async def test_a_clip_is_made_and_its_cost_is_xais(videos: GrokVideos, fault: str, cost: str | None) -> None:
    request = asked(fault)
    result = await finished(videos, await videos.submit(request, an_attempt(request)))
    assert result.actual_cost == (None if cost is None else Decimal(cost))
    assert (await downloaded(videos, result))[4:8] == b"ftyp"


async def test_progress_is_told_between_empty_answers(tmp_path: Path) -> None:
    with simulating(tmp_path, delay_seconds=1_000) as simulator:
        videos = simulator.videos()
        request = asked()
        handle = await videos.submit(request, an_attempt(request))
        assert await videos.poll(handle) == Pending()
        simulator.advance(500)
        answer = await videos.poll(handle)
        assert isinstance(answer, Pending)
        assert answer.progress in range(50, 60)
        await videos.aclose()


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


async def not_now(videos: GrokVideos, handle: Handle) -> None:
    with pytest.raises(ProviderError) as caught:
        await videos.poll(handle)
    assert not isinstance(caught.value, GenerationFailedError)


async def test_a_job_that_xai_forgot_leads_to_the_copy_in_its_file_store(simulator: Simulator) -> None:
    clock = Clock()
    videos = simulator.videos(clock=clock)
    request = asked("not_found")
    handle = await videos.submit(request, an_attempt(request))
    await not_now(videos, handle)
    clock.now += 121
    found = await videos.poll(handle)
    assert isinstance(found, Result)
    assert await downloaded(videos, found)
    await videos.aclose()


async def test_a_job_that_xai_forgot_without_a_copy_is_missing(simulator: Simulator) -> None:
    clock = Clock()
    videos = simulator.videos(clock=clock)
    request = asked("not_found,not_stored")
    handle = await videos.submit(request, an_attempt(request))
    await not_now(videos, handle)
    clock.now += 119
    await not_now(videos, handle)
    clock.now += 2
    with pytest.raises(GenerationFailedError) as caught:
        await videos.poll(handle)
    assert caught.value.code is ErrorCode.RESULT_MISSING
    await videos.aclose()


async def test_a_404_in_the_middle_of_a_long_generation_is_nothing(simulator: Simulator) -> None:
    clock = Clock()
    videos = simulator.videos(clock=clock)
    request = asked("not_found=1,never")
    handle = await videos.submit(request, an_attempt(request))
    clock.now += 600
    await not_now(videos, handle)
    clock.now += 600
    assert isinstance(await videos.poll(handle), Pending)
    await videos.aclose()


async def test_what_was_recovered_is_found_again_after_a_crash(
    videos: GrokVideos, images: GrokImages
) -> None:
    for provider, request in ((videos, asked("drop_after_accept")), (images, an_image("drop_after_accept"))):
        attempt = an_attempt(request)
        await lost(provider, attempt)
        found = await provider.poll(Handle(f"recovered:{attempt.landing}"))
        assert isinstance(found, Result)
        assert await downloaded(provider, found)


@pytest.mark.parametrize("fault", ["download_error=1", "download_drop=1"])
async def test_a_download_breaks_and_works_the_next_time(
    videos: GrokVideos, images: GrokImages, fault: str
) -> None:
    for provider, request in ((videos, asked(fault)), (images, an_image(fault))):
        result = await finished(provider, await provider.submit(request, an_attempt(request)))
        with pytest.raises(ProviderError) as caught:
            await downloaded(provider, result)
        assert caught.value.code is ErrorCode.DOWNLOAD_FAILED
        assert await downloaded(provider, result)


async def test_a_result_outlives_its_address_for_another_day(tmp_path: Path) -> None:
    with simulating(tmp_path) as simulator:
        videos = simulator.videos()
        request = asked()
        result = await finished(videos, await videos.submit(request, an_attempt(request)))
        first = await downloaded(videos, result)
        simulator.advance(25 * 3_600)
        assert await downloaded(videos, result) == first
        simulator.advance(24 * 3_600)
        with pytest.raises(ResultGoneError) as caught:
            await downloaded(videos, result)
        assert caught.value.code is ErrorCode.RESULT_EXPIRED
        await videos.aclose()


async def test_an_address_without_a_copy_is_gone_once_it_had_time_to_work(simulator: Simulator) -> None:
    clock = Clock()
    videos = simulator.videos(clock=clock)
    request = asked("url_expired,not_stored")
    result = await finished(videos, await videos.submit(request, an_attempt(request)))
    with pytest.raises(ProviderError) as caught:
        await downloaded(videos, result)
    assert caught.value.code is ErrorCode.DOWNLOAD_FAILED
    clock.now += 601
    with pytest.raises(ResultGoneError):
        await downloaded(videos, result)
    await videos.aclose()


async def test_a_key_that_may_not_read_files_does_not_make_a_clip_gone() -> None:
    def answer(method: str, path: str) -> Answer:
        return Answer(403, b'{"code": "permission-denied", "error": "no"}')

    with serving(answer) as url:
        videos = GrokVideos(XaiClient(f"{url}/v1", KEY))
        with pytest.raises(ProviderError) as caught:
            await downloaded(videos, Result({"url": f"{url}/clip.mp4", "file_id": "file_1"}))
        assert caught.value.code is ErrorCode.DOWNLOAD_FAILED
        await videos.aclose()


async def test_a_download_that_is_too_short_is_not_the_result() -> None:
    def short(method: str, path: str) -> Answer:
        return Answer(200, b"half", {"content-length": "8"})

    with serving(short) as url:
        videos = GrokVideos(XaiClient(f"{url}/v1", KEY))
        with pytest.raises(ProviderError) as caught:
            await downloaded(videos, Result({"url": f"{url}/clip.mp4"}))
        assert caught.value.code is ErrorCode.DOWNLOAD_FAILED
        await videos.aclose()


async def test_what_goes_wrong_with_the_reader_is_the_readers(videos: GrokVideos) -> None:
    request = asked()
    result = await finished(videos, await videos.submit(request, an_attempt(request)))

    async def read() -> None:
        async with videos.open(result) as chunks:
            async for _ in chunks:
                raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await read()


async def test_no_key_is_sent_to_the_hosts_of_results(simulator: Simulator, videos: GrokVideos) -> None:
    request = asked()
    result = await finished(videos, await videos.submit(request, an_attempt(request)))
    assert result.data["url"].startswith(simulator.media_url)
    assert await downloaded(videos, result)  # that host answers 400 to a request with a key


@pytest.mark.parametrize(
    ("model", "frames", "price"), [(LATEST, 2, "0.3"), (CLASSIC, 1, "0.142"), (f"{LATEST}-lite", 0, "0.06")]
)
async def test_the_quote_is_what_is_charged(videos: GrokVideos, model: str, frames: int, price: str) -> None:
    pictures: dict[str, Any] = dict.fromkeys(("start_frame", "end_frame")[:frames], a_frame())
    request = asked(model=model, resolution="720p", duration_seconds=2.0, **pictures)
    result = await finished(videos, await videos.submit(request, an_attempt(request)))
    assert result.actual_cost == videos.models[model].quote(request) == Decimal(price)


async def test_an_image_is_in_its_handle_but_not_its_bytes(images: GrokImages) -> None:
    request = an_image()
    handle = await images.submit(request, an_attempt(request))
    assert len(json.dumps(dict(handle.data))) < 2_000
    result = await finished(images, handle)
    assert (result.content_type, result.actual_cost) == ("image/jpeg", Decimal("0.02"))
    assert (await downloaded(images, result)).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("fault", "code"), [("moderated", ErrorCode.CONTENT_BLOCKED), ("no_url", ErrorCode.RESULT_MISSING)]
)
async def test_an_image_that_is_withheld_was_charged(images: GrokImages, fault: str, code: ErrorCode) -> None:
    request = an_image(fault)
    handle = await images.submit(request, an_attempt(request))
    with pytest.raises(GenerationFailedError) as caught:
        await images.poll(handle)
    assert (caught.value.code, caught.value.cost) == (code, Decimal("0.02"))


async def test_the_two_kinds_are_told_apart(videos: GrokVideos, images: GrokImages) -> None:
    for provider, request in ((videos, an_image()), (images, asked())):
        swapped = replace(request, model=next(iter(provider.models)))
        assert (await refused(provider, an_attempt(swapped))).code is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(
    ("status", "body", "code", "says"),
    [
        (200, '{"name": "mine", "team_blocked": true}', ErrorCode.PERMISSION, "blocked"),
        (200, "<html>", ErrorCode.PROVIDER_TRANSIENT, "XAI_BASE_URL"),
        (404, "", ErrorCode.MODEL_UNAVAILABLE, "XAI_BASE_URL"),
        (400, '{"error": "?"}', ErrorCode.AUTH, "make a new key"),
        (403, '{"error": "used all available credits"}', ErrorCode.QUOTA_OR_BILLING, "out of credits"),
        (503, "", ErrorCode.PROVIDER_TRANSIENT, "trouble"),
    ],
)
async def test_what_is_wrong_with_an_account_is_told_with_its_mend(
    status: int, body: str, code: ErrorCode, says: str
) -> None:
    with serving(lambda *_: Answer(status, body.encode())) as url:
        videos = GrokVideos(XaiClient(f"{url}/v1", KEY))
        with pytest.raises(ProviderError, match=says) as caught:
            await videos.check()
        assert caught.value.code is code
        await videos.aclose()


async def test_a_file_store_that_cannot_be_read_proves_nothing() -> None:
    with serving(lambda *_: Answer(200, b"<html>")) as url:
        videos = GrokVideos(XaiClient(f"{url}/v1", KEY))
        with pytest.raises(ProviderError, match="file store"):
            await videos.recover(an_attempt(asked()))
        await videos.aclose()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/clip.mp4", "no address", "http://[broken/"])
async def test_an_address_that_cannot_be_reached_is_a_failed_download(videos: GrokVideos, url: str) -> None:
    with pytest.raises(ProviderError) as caught:
        await downloaded(videos, Result({"url": url}))
    assert caught.value.code is ErrorCode.DOWNLOAD_FAILED


async def test_a_result_that_leads_nowhere_is_missing(videos: GrokVideos) -> None:
    with pytest.raises(ResultGoneError) as caught:
        await downloaded(videos, Result({}))
    assert caught.value.code is ErrorCode.RESULT_MISSING


async def test_cancelling_asks_for_nothing(simulator: Simulator, videos: GrokVideos) -> None:
    request = asked()
    handle = await videos.submit(request, an_attempt(request))
    await videos.cancel(handle)
    assert isinstance(await videos.poll(handle), Result), "xAI cannot stop it"
