"""Gemini's adapter against the simulator."""

import io
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from domain.failures import ErrorCode
from domain.provider import (
    GenerationFailedError,
    Handle,
    ProviderError,
    Result,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.gemini.adapter import GeminiProvider
from tests.generations import a_request, an_attempt, downloaded, finished, submitted
from tests.vertex import World, simulated

MODEL = "gemini-nano-banana-2.1"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path) as world:
        yield world


@pytest.fixture
async def gemini(world: World) -> AsyncIterator[GeminiProvider]:
    provider = world.gemini()
    yield provider
    await provider.aclose()


def wanted(prompt: str = "a lighthouse") -> GenerationRequest:
    return a_request(prompt, kind=JobKind.IMAGE, model=MODEL, aspect_ratio="16:9", resolution=None)


async def failure(gemini: GeminiProvider, prompt: str) -> GenerationFailedError:
    handle = await submitted(gemini, wanted(prompt))
    with pytest.raises(GenerationFailedError) as caught:
        await finished(gemini, handle)
    return caught.value


async def test_a_picture_is_on_disk_before_its_handle(world: World, gemini: GeminiProvider) -> None:
    request = wanted()
    attempt = an_attempt(request)

    handle = await gemini.submit(request, attempt)

    (picture,) = (world.home / "gemini").iterdir()
    with Image.open(io.BytesIO(picture.read_bytes())) as image:
        assert image.width * 9 == image.height * 16
    result = await gemini.poll(handle)
    assert isinstance(result, Result)
    assert result.to_json()["data"] == {"spooled": str(attempt.id)}
    assert await downloaded(gemini, result) == picture.read_bytes()
    (submit,) = world.simulator.ledger.accepted
    assert submit.body["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "1K"}
    assert submit.labels == {"job": str(request.job_id), "attempt": str(attempt.id)}


async def test_an_executor_that_died_left_its_picture(world: World, gemini: GeminiProvider) -> None:
    request = wanted()
    attempt = an_attempt(request)
    handle = await gemini.submit(request, attempt)
    another = world.gemini()

    found = await another.recover(attempt)

    assert found == await another.poll(handle)
    # What the executor calls an attempt that was found by its result.
    assert found == await another.poll(Handle(f"recovered:{attempt.job_id}/{attempt.id}"))
    assert world.simulator.ledger.images == 1
    await another.aclose()


async def test_on_another_machine_it_is_missing_and_was_paid(
    world: World, gemini: GeminiProvider, tmp_path: Path
) -> None:
    handle = await submitted(gemini, wanted())
    (world.home / "gemini").rename(tmp_path / "elsewhere")

    with pytest.raises(GenerationFailedError) as caught:
        await gemini.poll(handle)

    assert (caught.value.code, caught.value.cost) == (ErrorCode.RESULT_MISSING, Decimal("0.033600"))
    assert "RUSHES_HOME" in caught.value.message


@pytest.mark.parametrize(
    ("script", "code", "reason"),
    [
        ("blocked_late", ErrorCode.CONTENT_BLOCKED, "PROHIBITED_CONTENT"),
        ("filtered", ErrorCode.CONTENT_BLOCKED, "IMAGE_SAFETY"),
        ("no_video", ErrorCode.CONTENT_BLOCKED, "NO_IMAGE"),
        ("no_reason", ErrorCode.PROVIDER_FAILED, "OTHER"),
    ],
)
async def test_no_picture_has_a_reason(
    world: World, gemini: GeminiProvider, script: str, code: ErrorCode, reason: str
) -> None:
    error = await failure(gemini, f"a [sim:{script}]")

    assert (error.code, error.reasons, error.cost) == (code, (reason,), Decimal(0))
    assert list((world.home / "gemini").iterdir()) == []


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("invalid", ErrorCode.INVALID_REQUEST),
        ("rate_limited", ErrorCode.RATE_LIMITED),
        ("unavailable, array", ErrorCode.PROVIDER_TRANSIENT),
        ("model_gone", ErrorCode.MODEL_UNAVAILABLE),
    ],
)
async def test_a_refusal_leaves_nothing(
    world: World, gemini: GeminiProvider, script: str, code: ErrorCode
) -> None:
    with pytest.raises(SubmitRejectedError) as caught:
        await submitted(gemini, wanted(f"a [sim:{script}]"))

    assert caught.value.code is code
    assert list((world.home / "gemini").iterdir()) == []


@pytest.mark.parametrize("script", ["drop", "drop_after_accept", "status=500", "proxy_503"])
async def test_a_lost_answer_is_unknown(world: World, gemini: GeminiProvider, script: str) -> None:
    request = wanted(f"a [sim:{script}]")
    attempt = an_attempt(request)

    with pytest.raises(SubmitUnknownError):
        await gemini.submit(request, attempt)

    assert await gemini.recover(attempt) is None
    assert len(world.simulator.ledger.submits) == 1
    assert list((world.home / "gemini").iterdir()) == []


async def test_a_disk_that_cannot_be_written_asks_nothing(world: World, gemini: GeminiProvider) -> None:
    (world.home / "gemini").write_text("in the way")

    with pytest.raises(SubmitRejectedError, match="RUSHES_HOME"):
        await submitted(gemini, wanted())

    assert world.simulator.ledger.submits == []


async def test_a_picture_that_cannot_be_kept_is_unknown(
    world: World, gemini: GeminiProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gemini._spool, "keep", full)
    with pytest.raises(SubmitUnknownError, match="could not be kept"):
        await submitted(gemini, wanted())
    assert list((world.home / "gemini").iterdir()) == []


async def test_an_unknown_handle_finds_nothing(gemini: GeminiProvider) -> None:
    for name in (str(uuid4()), "no uuid"):
        with pytest.raises(GenerationFailedError):
            await gemini.poll(Handle(name))


async def test_check_spends_nothing(world: World, gemini: GeminiProvider) -> None:
    assert MODEL in await gemini.check()
    assert world.simulator.ledger.submits == []
    gemini.models = {"imagen-4.0": gemini.models[MODEL]}
    with pytest.raises(ProviderError, match="IMAGE_MODEL"):
        await gemini.check()
