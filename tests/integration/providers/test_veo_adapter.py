"""Veo's adapter against the simulator, fault by fault."""

import base64
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.failures import ErrorCode
from domain.frames import Frame
from domain.provider import (
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
from providers.veo3.adapter import VeoProvider
from providers.vertex.inline import InlineReader
from tests.generations import a_request, an_attempt, downloaded, finished, submitted
from tests.pictures import a_frame, a_picture
from tests.vertex import GCS, LITE, World, simulated


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path) as world:
        yield world


@asynccontextmanager
async def veo(world: World, **changes: Any) -> AsyncIterator[VeoProvider]:
    provider = world.veo(**changes)
    try:
        yield provider
    finally:
        await provider.aclose()


def wanted(prompt: str = "a lighthouse", **changes: Any) -> GenerationRequest:
    values = {"model": LITE, "duration_seconds": 4.0, "aspect_ratio": "16:9", "resolution": "720p", **changes}
    return a_request(prompt, **values)


async def failure(provider: VeoProvider, prompt: str) -> GenerationFailedError:
    handle = await submitted(provider, wanted(prompt))
    with pytest.raises(GenerationFailedError) as caught:
        await finished(provider, handle)
    return caught.value


async def test_the_body_says_everything_explicitly(world: World) -> None:
    frame = Frame("image/png", address="gs://b/a.png")
    request = wanted(seed=7, negative_prompt="rain", generate_audio=False, start_frame=frame)
    attempt = an_attempt(request)
    async with veo(world) as provider:
        handle = await provider.submit(request, attempt)

    (submit,) = world.simulator.ledger.submits
    assert submit.path.startswith(f"/v1/projects/{world.project}/locations/us-central1/")
    assert submit.body == {
        "instances": [
            {"prompt": "a lighthouse", "image": {"gcsUri": "gs://b/a.png", "mimeType": "image/png"}}
        ],
        "parameters": {
            "sampleCount": 1,
            "durationSeconds": 4,
            "aspectRatio": "16:9",
            "resolution": "720p",
            "generateAudio": False,
            "seed": 7,
            "negativePrompt": "rain",
            "storageUri": f"{GCS}/{attempt.landing}/",
        },
        "labels": {"job": str(request.job_id), "attempt": str(attempt.id)},
    }
    assert handle.id in world.simulator.operations.running


async def test_sound_is_asked_for_unless_it_is_refused(world: World) -> None:
    async with veo(world, gcs=False) as provider:
        await submitted(provider, wanted())

    (submit,) = world.simulator.ledger.submits
    assert submit.body["parameters"]["generateAudio"] is True
    assert submit.storage_uri is None


async def test_frames_arrive(world: World) -> None:
    async with veo(world) as provider:
        await submitted(provider, wanted(start_frame=a_frame("JPEG"), end_frame=a_frame("PNG")))

    (submit,) = world.simulator.ledger.accepted
    instance = submit.body["instances"][0]
    assert [instance[name]["mimeType"] for name in ("image", "lastFrame")] == ["image/jpeg", "image/png"]
    assert base64.b64decode(instance["image"]["bytesBase64Encoded"]) == a_picture("JPEG")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("invalid", ErrorCode.INVALID_REQUEST),
        ("blocked", ErrorCode.CONTENT_BLOCKED),
        ("precondition", ErrorCode.PERMISSION),
        ("wrong_project", ErrorCode.PERMISSION),
        ("permission", ErrorCode.PERMISSION),
        ("billing", ErrorCode.QUOTA_OR_BILLING),
        ("model_gone", ErrorCode.MODEL_UNAVAILABLE),
        ("rate_limited", ErrorCode.RATE_LIMITED),
        ("no_quota", ErrorCode.QUOTA_OR_BILLING),
        ("unavailable", ErrorCode.PROVIDER_TRANSIENT),
        ("unavailable, array", ErrorCode.PROVIDER_TRANSIENT),
        ("blocked, array", ErrorCode.CONTENT_BLOCKED),
        ("status=418", ErrorCode.INVALID_REQUEST),
    ],
)
async def test_a_refusal_is_one_post(world: World, script: str, code: ErrorCode) -> None:
    async with veo(world) as provider:
        with pytest.raises(SubmitRejectedError) as caught:
            await submitted(provider, wanted(f"a [sim:{script}]"))

    assert caught.value.code is code
    assert len(world.simulator.ledger.submits) == 1
    assert world.simulator.ledger.accepted == []


@pytest.mark.parametrize(
    "script",
    ["drop", "proxy_503", *(f"status={code}" for code in (302, 408, 499, 500, 502, 504))],
)
async def test_an_unknown_that_was_not_accepted_is_one_post(world: World, script: str) -> None:
    await assert_unknown(world, script, accepted=0)


@pytest.mark.parametrize("script", ["drop_after_accept", "error_after_accept", "empty_200"])
@pytest.mark.parametrize("array", ["", ", array"])
async def test_an_unknown_that_was_accepted_is_one_post_and_found(
    world: World, script: str, array: str
) -> None:
    await assert_unknown(world, script + array, accepted=1)


async def assert_unknown(world: World, script: str, *, accepted: int) -> None:
    request = wanted(f"a [sim:{script}]")
    attempt = an_attempt(request)
    ledger = world.simulator.ledger
    async with veo(world) as provider:
        with pytest.raises(SubmitUnknownError):
            await provider.submit(request, attempt)
        assert (len(ledger.submits), len(ledger.accepted)) == (1, accepted)
        if accepted:
            found = await recovered(provider, attempt)
            assert isinstance(found, Result)
            assert (await downloaded(provider, found))[4:8] == b"ftyp"
            # The executor's own name for what never had a handle, should it be polled after a crash.
            assert await provider.poll(Handle(f"recovered:{attempt.landing}")) == found
        else:
            assert await provider.recover(attempt) is None
            assert isinstance(await provider.poll(Handle(f"recovered:{attempt.landing}")), Pending)
    assert len(ledger.submits) == 1


async def recovered(provider: VeoProvider, attempt: Any) -> Any:
    while (found := await provider.recover(attempt)) is None:
        pass
    return found


async def test_nobody_listening_is_a_refusal(world: World) -> None:
    async with veo(world, veo_base_url=nobody()) as provider:
        with pytest.raises(SubmitRejectedError) as caught:
            await submitted(provider, wanted())
    assert caught.value.code is ErrorCode.PROVIDER_TRANSIENT


def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


async def test_a_stale_token_is_renewed_once(world: World) -> None:
    async with veo(world) as provider:
        handle = await submitted(provider, wanted())
        world.simulator.tokens.expire()
        await provider.poll(handle)
        world.simulator.tokens.expire()
        await submitted(provider, wanted())
        assert world.simulator.ledger.tokens == 3

    assert len(world.simulator.ledger.accepted) == 2
    # The refusal of a token comes before anything is read: no submit was noted twice.
    assert len(world.simulator.ledger.submits) == 2


async def test_a_401_that_stays_is_auth_after_two_posts(world: World) -> None:
    async with veo(world) as provider:
        with pytest.raises(SubmitRejectedError) as caught:
            await submitted(provider, wanted("a [sim:unauthorized]"))
        await submitted(provider, wanted("a [sim:unauthorized=1]"))

    assert caught.value.code is ErrorCode.AUTH
    assert len(world.simulator.ledger.submits) == 4
    assert len(world.simulator.ledger.accepted) == 1


async def test_a_token_that_cannot_be_had_is_a_refusal(world: World) -> None:
    async with veo(world) as provider:
        world.simulator.tokens.key = None
        with pytest.raises(SubmitRejectedError) as caught:
            await submitted(provider, wanted())

    assert caught.value.code is ErrorCode.AUTH
    assert "BEGIN" not in f"{caught.value.raw}"
    assert world.simulator.ledger.submits == []


@pytest.mark.parametrize(
    ("script", "code", "reasons"),
    [
        ("fail", ErrorCode.PROVIDER_FAILED, ()),
        ("fail=8", ErrorCode.RATE_LIMITED, ()),
        ("fail=14", ErrorCode.PROVIDER_TRANSIENT, ()),
        ("fail=7", ErrorCode.PERMISSION, ()),
        ("blocked_late", ErrorCode.CONTENT_BLOCKED, ("61493863 violence", "56562880 violence")),
        ("filtered", ErrorCode.CONTENT_BLOCKED, ("64151117 video safety",)),
    ],
)
@pytest.mark.parametrize("gcs", [True, False])
async def test_failures_cost_nothing(
    world: World, script: str, code: ErrorCode, reasons: tuple[str, ...], gcs: bool
) -> None:
    async with veo(world, gcs=gcs) as provider:
        error = await failure(provider, f"a [sim:{script}]")

    assert (error.code, error.cost, error.reasons) == (code, Decimal(0), reasons)


async def test_done_without_a_clip_costs_what_it_may(world: World) -> None:
    async with veo(world) as provider:
        error = await failure(provider, "a [sim:no_video]")

    assert (error.code, error.cost) == (ErrorCode.RESULT_MISSING, Decimal("0.200000"))


async def test_the_older_schema_is_read(world: World) -> None:
    for gcs in (True, False):
        async with veo(world, gcs=gcs) as provider:
            result = await finished(provider, await submitted(provider, wanted("a [sim:old_schema]")))
            assert (await downloaded(provider, result))[4:8] == b"ftyp"


async def test_polls_that_fail_do_not_end_it(world: World) -> None:
    async with veo(world, gcs=False) as provider:
        handle = await submitted(provider, wanted("a [sim:poll_error=1, poll_missing=1, array]"))
        for _ in range(2):
            with pytest.raises(ProviderError) as caught:
                await provider.poll(handle)
            assert not isinstance(caught.value, GenerationFailedError)
            assert caught.value.code is ErrorCode.PROVIDER_TRANSIENT
        assert isinstance(await finished(provider, handle), Result)


async def test_never_is_never(world: World) -> None:
    async with veo(world) as provider:
        handle = await submitted(provider, wanted("a [sim:never]"))
        for _ in range(4):
            assert await provider.poll(handle) == Pending(wait=0.02)


async def test_what_google_forgot_is_in_the_bucket(world: World) -> None:
    async with veo(world) as provider:
        handle = await submitted(provider, wanted("a [sim:forgotten]"))
        result = await finished_despite_errors(provider, handle)

        assert str(result.data["gcs"]).startswith(GCS)


async def finished_despite_errors(provider: VeoProvider, handle: Handle) -> Result:
    while True:
        try:
            answer = await provider.poll(handle)
        except GenerationFailedError:
            raise
        except ProviderError:
            continue
        if isinstance(answer, Result):
            return answer


async def test_an_object_that_shows_late_is_waited_for(world: World) -> None:
    async with veo(world, patience=30.0) as provider:
        result = await finished(provider, await submitted(provider, wanted("a [sim:slow_bucket=0.5]")))
        assert (await downloaded(provider, result))[4:8] == b"ftyp"

    assert len(world.simulator.ledger.downloads) >= 2


@pytest.mark.parametrize(
    ("gcs", "code"), [(True, ErrorCode.RESULT_MISSING), (False, ErrorCode.RESULT_EXPIRED)]
)
async def test_what_is_gone_is_gone(world: World, gcs: bool, code: ErrorCode) -> None:
    async with veo(world, gcs=gcs) as provider:
        result = await finished(provider, await submitted(provider, wanted("a [sim:expired]")))
        with pytest.raises(ResultGoneError) as caught:
            await downloaded(provider, result)
    assert caught.value.code is code


async def test_a_download_goes_on_where_it_broke(world: World) -> None:
    async with veo(world) as provider:
        result = await finished(provider, await submitted(provider, wanted("a [sim:download_error=2]")))
        content = await downloaded(provider, result)

    (stored,) = world.simulator.buckets.objects.values()
    assert content == stored.content
    ranges = [span for _, span in world.simulator.ledger.downloads]
    assert ranges[0] is None
    assert len(ranges) == 3
    # 64 KiB of a broken answer may have been lost on the way, never bytes in the middle.
    assert all(span is None or span.startswith("bytes=") for span in ranges)


async def test_only_references_are_kept(world: World) -> None:
    async with veo(world, gcs=False) as provider:
        handle = await submitted(provider, wanted())
        result = await finished(provider, handle)

        model = str(handle.data["model"])
        assert result.to_json()["data"] == {"operation": handle.id, "model": model, "inline": True}
        first = await downloaded(provider, result)
        assert first == await downloaded(provider, result)


async def test_a_poll_does_not_read_the_clip(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = "QUJD" * 5_000_000
    videos = [{"bytesBase64Encoded": huge, "mimeType": "video/mp4"}]
    async with veo(world, gcs=False) as provider:
        handle = await submitted(provider, wanted())
        await finished(provider, handle)
        operations = world.simulator.operations
        answer = {"name": handle.id, "done": True, "response": {"videos": videos}}
        monkeypatch.setattr(type(operations), "poll", lambda *_: answer)
        read = 0

        def counted(reader: Any, piece: bytes) -> bytes:
            nonlocal read
            read += len(piece)
            return b"" if reader.started else feed(reader, piece)

        feed = InlineReader.feed
        monkeypatch.setattr(InlineReader, "feed", counted)
        assert isinstance(await provider.poll(handle), Result)

    assert read < 200_000


async def test_a_generation_is_polled_where_it_was_started(world: World) -> None:
    async with veo(world) as provider:
        handle = await submitted(provider, wanted())
    async with veo(world, google_cloud_location="global", google_cloud_project="another") as elsewhere:
        assert isinstance(await finished(elsewhere, handle), Result)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"model": "veo-3.0-generate-001"}, ErrorCode.MODEL_UNAVAILABLE),
        ({"duration_seconds": 5.0}, ErrorCode.INVALID_REQUEST),
        ({"start_frame_url": "https://example.com/a.png"}, ErrorCode.INVALID_REQUEST),
    ],
)
async def test_nothing_is_asked_where_the_table_says_no(
    world: World, change: dict[str, Any], code: ErrorCode
) -> None:
    async with veo(world) as provider:
        with pytest.raises(SubmitRejectedError) as caught:
            await submitted(provider, replace(wanted(), **change))
    assert caught.value.code is code
    assert world.simulator.ledger.submits == []


async def test_check_tells_what_is_there(world: World) -> None:
    async with veo(world) as provider:
        assert GCS in await provider.check()
    async with veo(world, gcs=False) as provider:
        assert "cannot be found again" in await provider.check()
    assert world.simulator.ledger.submits == []


async def test_check_tells_what_is_wrong(world: World) -> None:
    async with veo(world) as provider:
        world.simulator.buckets.missing.add("rushes-clips")
        with pytest.raises(
            ProviderError, match="the bucket of gs://rushes-clips/veo does not exist; make it"
        ):
            await provider.check()
    async with veo(world) as provider:
        provider.models = {"veo-3.0-generate-001": provider.models[LITE]}
        with pytest.raises(ProviderError, match=r"no model 'veo-3\.0-generate-001'") as caught:
            await provider.check()
    assert caught.value.code is ErrorCode.MODEL_UNAVAILABLE


async def test_cancel_asks_nobody(world: World) -> None:
    async with veo(world) as provider:
        await provider.cancel(Handle(str(uuid4())))
    assert world.simulator.ledger.tokens == 0
