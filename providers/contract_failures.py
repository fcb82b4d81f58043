"""How a provider must fail, as tests. A part of ``providers.contract``."""

from decimal import Decimal

from domain.failures import ErrorCode
from domain.provider import (
    GenerationFailedError,
    Handle,
    NeverAccepted,
    Provider,
    ProviderError,
    Result,
    ResultGoneError,
    SubmitRejectedError,
    SubmitUnknownError,
)
from domain.requests import GenerationRequest
from providers.contract_steps import SUBMIT_CODES, Contract, download, error_of


class FailureContract(Contract):
    """Every failure comes as the error that says who may try again."""

    def test_a_rejection_is_told(self) -> None:
        """A refused submit is rejected with a code of the table, and not found afterwards."""

        async def check(provider: Provider, request: GenerationRequest) -> None:
            attempt = self.attempt(provider, request)
            error = await error_of(provider.submit(request, attempt))
            assert isinstance(error, SubmitRejectedError), repr(error)
            assert error.code in SUBMIT_CODES, error.code
            found = await provider.recover(attempt)
            assert found is None or isinstance(found, NeverAccepted), found

        self.play("rejected", check)

    def test_a_lost_answer_is_unknown_and_recovered(self) -> None:
        """A submit whose answer is lost raises the one error that is never re-submitted, and is found."""

        async def check(provider: Provider, request: GenerationRequest) -> None:
            attempt = self.attempt(provider, request)
            error = await error_of(provider.submit(request, attempt))
            assert isinstance(error, SubmitUnknownError), repr(error)
            found = await self.recover(provider, attempt)
            assert isinstance(found, Handle | Result), repr(found)

        self.play("submit_unknown", check)

    def test_a_poll_error_passes(self) -> None:
        """A poll that fails does not end the generation."""

        async def check(provider: Provider, request: GenerationRequest) -> None:
            handle = await provider.submit(request, self.attempt(provider, request))
            error = await error_of(provider.poll(handle))
            assert isinstance(error, ProviderError), repr(error)
            assert not isinstance(error, GenerationFailedError), "a passing fault is not the end"
            await self.finish(provider, handle)

        self.play("poll_error", check)

    def test_a_failed_generation_is_told(self) -> None:
        """The provider's failure ends the polling."""
        self.play("failed", self.ends_badly)

    def test_a_late_block_is_told_with_its_cost(self) -> None:
        """Blocked content is its own code, with what it cost."""

        async def check(provider: Provider, request: GenerationRequest) -> None:
            error = await self.ends_badly(provider, request)
            assert error.code is ErrorCode.CONTENT_BLOCKED, error.code
            assert error.cost >= Decimal(0), error.cost

        self.play("blocked_late", check)

    def test_a_result_that_is_gone_is_told(self) -> None:
        """Opening what was deleted is not a download that is worth repeating."""

        async def check(provider: Provider, request: GenerationRequest) -> None:
            handle = await provider.submit(request, self.attempt(provider, request))
            result = await self.finish(provider, handle)
            error = await error_of(download(provider, result))
            assert isinstance(error, ResultGoneError), repr(error)

        self.play("expired", check)

    def test_a_broken_download_can_be_repeated(self) -> None:
        """A download that fails raises, and the next one works."""

        async def check(provider: Provider, request: GenerationRequest) -> None:
            handle = await provider.submit(request, self.attempt(provider, request))
            result = await self.finish(provider, handle)
            error = await error_of(download(provider, result))
            assert isinstance(error, ProviderError), repr(error)
            assert not isinstance(error, ResultGoneError), "it is still there"
            await download(provider, result)

        self.play("download_error", check)
