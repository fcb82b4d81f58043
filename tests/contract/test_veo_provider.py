from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from domain.provider import GenerationFailedError, Provider, ResultGoneError, SubmitUnknownError
from domain.requests import GenerationRequest
from providers.contract import ProviderContract
from providers.contract_steps import download, error_of
from tests.vertex import LITE, World, simulated

SCRIPTS = {
    "rejected": "unavailable",
    "submit_unknown": "drop_after_accept",
    "poll_error": "poll_error=1",
    "failed": "fail",
    "blocked_late": "blocked_late",
    "expired": "expired",
    # As often as a download is resumed, and once more.
    "download_error": "download_error=4",
}


class VertexContract(ProviderContract):
    """A provider at one simulated Vertex AI."""

    world: World

    @pytest.fixture(autouse=True)
    def _world(self, tmp_path: Path) -> Iterator[None]:
        with simulated(tmp_path) as self.world:
            yield


def lost_for_good(contract: VertexContract) -> None:
    """Submit, lose the answer, and find nothing, with one generation paid."""

    async def check(provider: Provider, request: GenerationRequest) -> None:
        attempt = contract.attempt(provider, request)
        error = await error_of(provider.submit(request, attempt))
        assert isinstance(error, SubmitUnknownError), repr(error)
        assert await provider.recover(attempt) is None
        assert contract.world.simulator.ledger.paid_by_label("attempt") == {str(attempt.id): 1}

    contract.play("submit_unknown", check)


class TestVeoWithBucket(VertexContract):
    def make(self) -> Provider:
        return self.world.veo()

    def request(self, provider: Provider) -> GenerationRequest:
        return replace(super().request(provider), model=LITE)

    def scenario(self, provider: Provider, name: str) -> GenerationRequest:
        return replace(self.request(provider), prompt=f"a lighthouse [sim:{SCRIPTS[name]}]")


class TestVeoInline(TestVeoWithBucket):
    """Without a bucket a clip comes inside its operation, and a lost answer stays lost."""

    def make(self) -> Provider:
        return self.world.veo(gcs=False)

    def scenario(self, provider: Provider, name: str) -> GenerationRequest:
        script = "download_error=1" if name == "download_error" else SCRIPTS[name]
        return replace(self.request(provider), prompt=f"a lighthouse [sim:{script}]")

    def test_a_lost_answer_is_unknown_and_recovered(self) -> None:
        """There is nowhere to look for it."""
        lost_for_good(self)

    def test_recovers_what_was_accepted(self) -> None:
        """Nothing is found, and nothing is claimed to be proven."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            attempt = self.attempt(provider, request)
            await provider.submit(request, attempt)
            assert await provider.recover(attempt) is None

        self.with_provider(check)


class TestGemini(VertexContract):
    def make(self) -> Provider:
        return self.world.gemini()

    def scenario(self, provider: Provider, name: str) -> GenerationRequest:
        scripts = {**SCRIPTS, "failed": "no_reason"}
        return replace(self.request(provider), prompt=f"a lighthouse [sim:{scripts[name]}]")

    def test_a_lost_answer_is_unknown_and_recovered(self) -> None:
        """The picture was in the answer: what is lost is unknown for good."""
        lost_for_good(self)

    def test_a_poll_error_passes(self) -> None:
        """A poll asks nobody, so that nothing can go wrong on the way."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            handle = await provider.submit(request, self.attempt(provider, request))
            self.world.simulator.tokens.expire()
            await self.finish(provider, handle)

        self.with_provider(check)

    def test_a_result_that_is_gone_is_told(self) -> None:
        """A picture that was removed from the disk is gone."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            handle = await provider.submit(request, self.attempt(provider, request))
            result = await self.finish(provider, handle)
            (picture,) = (self.world.home / "gemini").iterdir()
            picture.unlink()
            assert isinstance(await error_of(download(provider, result)), ResultGoneError)
            assert isinstance(await error_of(provider.poll(handle)), GenerationFailedError)

        self.with_provider(check)

    def test_a_broken_download_can_be_repeated(self) -> None:
        """A download that was left half-way is repeated as a whole."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            handle = await provider.submit(request, self.attempt(provider, request))
            result = await self.finish(provider, handle)
            async with provider.open(result) as chunks:
                assert await anext(chunks)
            await download(provider, result)

        self.with_provider(check)
