"""Clips that xAI puts into our own bucket: the only way for teams whose data it may not keep."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from domain.errors import ConfigurationError
from domain.failures import ErrorCode
from domain.provider import (
    GenerationFailedError,
    Handle,
    Pending,
    Provider,
    ProviderError,
    Result,
    ResultGoneError,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.requests import GenerationRequest
from providers.contract import ProviderContract
from providers.contract_steps import download, error_of
from providers.grok.adapter import GrokVideos
from providers.grok.client import XaiClient
from providers.grok.settings import GrokSettings
from providers.grok.uploads import uploads_of
from tests.database import eventually
from tests.generations import a_request, an_attempt, downloaded, finished
from tests.grok_server import KEY, Simulator, simulating
from tests.s3_endpoint import S3Endpoint

MODEL = "grok-imagine-video-1.5"


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    # Each request is of a team whose data xAI may not keep.
    with simulating(tmp_path / "xai", faults="zero_retention") as served:
        yield served


def settings(s3: S3Endpoint, prefix: str, **changes: object) -> GrokSettings:
    given = {
        "xai_api_key": SecretStr(KEY),
        "xai_upload_uri": f"s3://{s3.bucket}/{prefix}",
        "s3_endpoint_url": s3.url,
        "aws_access_key_id": SecretStr(s3.key),
        "aws_secret_access_key": SecretStr(s3.secret),
        "aws_default_region": s3.region,
    }
    return GrokSettings(_env_file=None, **{**given, **changes})  # type: ignore[call-arg, arg-type] # pydantic-settings adds it


def provider(simulator: Simulator, given: GrokSettings) -> GrokVideos:
    return GrokVideos(XaiClient(simulator.base_url, KEY), uploads_of(given))


FAULTS = {
    "rejected": "rate_limited",
    "submit_unknown": "drop_after_accept",
    "poll_error": "poll_error=1",
    "failed": "failed",
    "blocked_late": "moderated",
}


class TestUploads(ProviderContract):
    """Everything that is asked of a provider holds by this way, too."""

    @pytest.fixture(autouse=True)
    def _served(self, simulator: Simulator, s3_endpoint: S3Endpoint) -> None:
        self.simulator, self.s3 = simulator, s3_endpoint
        self.prefix = uuid4().hex
        self.seconds = 0.0

    def make(self) -> GrokVideos:
        uploads = uploads_of(settings(self.s3, self.prefix))
        return GrokVideos(XaiClient(self.simulator.base_url, KEY), uploads, clock=lambda: self.seconds)

    def scenario(self, provider: Provider, name: str) -> GenerationRequest:
        return replace(self.request(provider), prompt=f"a lighthouse [sim:{FAULTS[name]}]")

    def test_a_result_that_is_gone_is_told(self) -> None:
        """Ten minutes after it was done, what is not in the bucket is gone."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            result = await self.finish(
                provider, await provider.submit(request, self.attempt(provider, request))
            )
            self.s3.client().delete_object(Bucket=self.s3.bucket, Key=str(result.data["upload"]))
            error = await error_of(download(provider, result))
            assert error.code is ErrorCode.DOWNLOAD_FAILED, "it may be on its way"
            self.seconds += 3_600
            assert isinstance(await error_of(download(provider, result)), ResultGoneError)

        self.with_provider(check)

    def test_a_broken_download_can_be_repeated(self) -> None:
        """A server that is away for a moment costs nothing but another download."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            result = await self.finish(
                provider, await provider.submit(request, self.attempt(provider, request))
            )
            away = uploads_of(settings(self.s3, self.prefix, s3_endpoint_url="http://127.0.0.1:9"))
            elsewhere = GrokVideos(XaiClient(self.simulator.base_url, KEY), away)
            error = await error_of(download(elsewhere, result))
            assert error.code is ErrorCode.DOWNLOAD_FAILED
            await elsewhere.aclose()
            await download(provider, result)

        self.with_provider(check)


async def test_a_clip_lands_in_our_bucket_at_its_price(simulator: Simulator, s3_endpoint: S3Endpoint) -> None:
    prefix = uuid4().hex
    videos = provider(simulator, settings(s3_endpoint, prefix))
    attempt = an_attempt(a_request("a fox", model=MODEL, duration_seconds=1.0))
    handle = await videos.submit(attempt.request, attempt)
    result = await finished(videos, handle)
    assert b"ftyp" in (await downloaded(videos, result))[:16]
    assert s3_endpoint.names(prefix) == [f"{prefix}/{attempt.landing}.unverified"]
    assert result.actual_cost == videos.models[MODEL].quote(attempt.request)
    assert prefix in await videos.check()
    with simulator.books() as ledger:
        (row,) = ledger.all()
    assert row.filename is None, "no copy in the file store"
    assert KEY not in str(handle) + str(result)
    assert "X-Amz" not in str(handle) + str(result), "signed addresses are not kept"
    await videos.aclose()


@pytest.mark.parametrize("fault", ["drop_after_accept", "error_after_accept"])
async def test_a_lost_answer_is_found_by_its_key_and_paid_once(
    simulator: Simulator, s3_endpoint: S3Endpoint, fault: str
) -> None:
    videos = provider(simulator, settings(s3_endpoint, uuid4().hex))
    attempt = an_attempt(a_request(f"a fox [sim:{fault},zero_retention]", model=MODEL, duration_seconds=1.0))
    with pytest.raises(SubmitUnknownError) as caught:
        await videos.submit(attempt.request, attempt)
    assert "X-Amz-Signature" not in (caught.value.raw or "")
    found: list[Result] = []

    async def looks() -> bool:
        what = await videos.recover(attempt)
        if isinstance(what, Result):
            found.append(what)
        return bool(found)

    await eventually(looks)
    assert b"ftyp" in (await downloaded(videos, found[0]))[:16]
    # And so it is after a crash, of which only the landing is left.
    again = await finished(videos, Handle(f"recovered:{attempt.landing}"))
    assert again.data["upload"] == found[0].data["upload"]
    with simulator.books() as ledger:
        assert len(ledger.all()) == 1
    await videos.aclose()


async def test_without_a_bucket_such_a_team_reads_what_to_set(simulator: Simulator) -> None:
    videos = simulator.videos()
    attempt = an_attempt(a_request("a fox", model=MODEL, duration_seconds=1.0))
    with pytest.raises(SubmitRejectedError, match="set XAI_UPLOAD_URI"):
        await videos.submit(attempt.request, attempt)
    await videos.aclose()


async def test_a_clip_taken_away_is_blocked_and_charged(
    simulator: Simulator, s3_endpoint: S3Endpoint
) -> None:
    videos = provider(simulator, settings(s3_endpoint, uuid4().hex))
    attempt = an_attempt(a_request("a fox [sim:moderated]", model=MODEL, duration_seconds=1.0))
    handle = await videos.submit(attempt.request, attempt)
    with pytest.raises(GenerationFailedError) as caught:
        await finished(videos, handle)
    assert (caught.value.code, caught.value.cost > 0) == (ErrorCode.CONTENT_BLOCKED, True)
    await videos.aclose()


async def test_a_clip_that_is_done_and_not_there_is_polled_for_two_minutes(
    simulator: Simulator, s3_endpoint: S3Endpoint
) -> None:
    now = 1_000.0
    uploads = uploads_of(settings(s3_endpoint, uuid4().hex))
    videos = GrokVideos(XaiClient(simulator.base_url, KEY), uploads, clock=lambda: now)
    attempt = an_attempt(a_request("a fox", model=MODEL, duration_seconds=1.0))
    handle = await videos.submit(attempt.request, attempt)
    elsewhere = Handle(handle.id, {**handle.data, "upload": "never/there"})
    assert isinstance(await videos.poll(elsewhere), Pending)
    now += 121
    assert isinstance(await videos.poll(elsewhere), Result), "the download says what became of it"
    await videos.aclose()


async def test_a_bucket_out_of_reach_is_told_with_its_mend(
    simulator: Simulator, s3_endpoint: S3Endpoint
) -> None:
    videos = provider(simulator, settings(s3_endpoint, "p", s3_endpoint_url="http://127.0.0.1:9"))
    with pytest.raises(ProviderError, match="cannot be asked; look at XAI_UPLOAD_URI"):
        await videos.check()
    await videos.aclose()


def test_what_is_no_bucket_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="XAI_UPLOAD_URI is 'https://b'"):
        GrokSettings(xai_upload_uri="https://b")
