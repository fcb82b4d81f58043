"""What every provider must do, as tests that a plug-in's author runs too.

Subclass ``ProviderContract`` in a test module; pytest collects it as it stands, unittest with
``unittest.TestCase`` as a second base. Nothing here imports a test runner, and no product code imports this::

    class TestAcme(ProviderContract):
        def make(self) -> Provider:
            return AcmeProvider(AcmeSettings(base_url=SIMULATOR))

        def scenario(self, provider: Provider, name: str) -> GenerationRequest:
            ...  # a request for which the simulator plays that failure; optional

Point it at a simulator: the tests submit generations.
"""

from dataclasses import replace
from uuid import uuid4

from domain.failures import ErrorCode
from domain.provider import (
    Attempt,
    GenerationFailedError,
    Handle,
    NeverAccepted,
    Provider,
    ProviderError,
    Result,
    SubmitRejectedError,
)
from domain.statuses import JobKind
from providers.contract_failures import FailureContract
from providers.contract_steps import (
    LONGEST_HANDLE,
    SUBMIT_CODES,
    a_frame,
    download,
    error_of,
    through_json,
)


class ProviderContract(FailureContract):
    """The behaviour of a provider. Override ``make``, and ``scenario`` where failures can be played."""

    def test_describes_itself(self) -> None:
        """Name, kind and models fit together."""

        async def check(provider: Provider) -> None:
            assert provider.name == provider.name.strip().lower() != "", "the name is one lower-case word"
            assert provider.models, "there is at least one model"
            for model, capability in provider.models.items():
                assert capability.kind is provider.kind, f"{model} makes what the provider makes"
                assert capability.aspect_ratios, f"{model} names its aspect ratios, the default first"
                assert capability.typical_seconds <= capability.longest_seconds, model

        self.with_provider(check)

    def test_quotes_what_it_charges(self) -> None:
        """A result's cost, where it is reported, is the quote for it."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            quote = provider.models[request.model].quote(request)
            assert quote > 0, "a generation has a price"
            result = await self.finish(
                provider, await provider.submit(request, self.attempt(provider, request))
            )
            assert result.actual_cost in {None, quote}, f"quoted {quote}, charged {result.actual_cost}"

        self.with_provider(check)

    def test_refuses_before_anything_is_paid(self) -> None:
        """The capability table accepts a good request, and names what is wrong with a bad one."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            capability = provider.models[request.model]
            assert not capability.problems(request), capability.problems(request)
            wrong = capability.problems(replace(request, aspect_ratio="7:5", prompt=" "))
            assert {problem.field for problem in wrong} == {"aspect_ratio", "prompt"}, wrong

        self.with_provider(check)

    def test_refuses_what_it_cannot_make(self) -> None:
        """A request past its capabilities is rejected, provably unaccepted."""

        async def check(provider: Provider) -> None:
            request = replace(self.request(provider), model="no-such-model")
            error = await error_of(provider.submit(request, self.attempt(provider, request)))
            assert isinstance(error, SubmitRejectedError), repr(error)
            assert error.code in SUBMIT_CODES, error.code

        self.with_provider(check)

    def test_starts_from_a_frame(self) -> None:
        """A frame is taken as it was read; an address that nobody read is refused, and never fetched."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            capability = provider.models[request.model]
            if not capability.start_frame:
                return
            unread = replace(request, start_frame_url="https://example.com/frame.png")
            error = await error_of(provider.submit(unread, self.attempt(provider, unread)))
            assert isinstance(error, SubmitRejectedError), repr(error)
            assert error.code is ErrorCode.INVALID_REQUEST, error.code
            read = unread.with_frames({"start_frame_url": a_frame(capability.frame_types[0])})
            handle = await provider.submit(read, self.attempt(provider, read.frozen()))
            await download(provider, await self.finish(provider, handle))

        self.with_provider(check)

    def test_generates_and_streams(self) -> None:
        """Submit, poll and open give the bytes, in small chunks, every time that they are asked for."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            handle = await provider.submit(request, self.attempt(provider, request))
            result = await self.finish(provider, handle)
            expected = {JobKind.VIDEO: "video/mp4", JobKind.IMAGE: "image/"}[provider.kind]
            assert result.content_type.startswith(expected), result.content_type
            first = await download(provider, result)
            again = await download(provider, result)
            assert first == again, "a download that is repeated gives the same bytes"
            finished = await provider.poll(handle)
            assert isinstance(finished, Result), "a finished generation stays finished"

        self.with_provider(check)

    def test_carries_on_in_another_process(self) -> None:
        """Handle and result survive JSON and belong to no instance."""

        async def submit(provider: Provider) -> Handle:
            request = self.request(provider)
            return await provider.submit(request, self.attempt(provider, request))

        handle = self.with_provider(submit)
        assert 0 < len(handle.id) <= LONGEST_HANDLE, f"{len(handle.id)} characters"

        async def finish(provider: Provider) -> Result:
            return await self.finish(provider, Handle(handle.id, through_json(handle.data)))

        result = self.with_provider(finish)

        async def fetch(provider: Provider) -> None:
            await download(provider, replace(result, data=through_json(result.data)))

        self.with_provider(fetch)

    def test_an_unknown_handle_is_an_error(self) -> None:
        """A poll for nothing never looks like a running or finished generation."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            real = await provider.submit(request, self.attempt(provider, request))
            error = await error_of(provider.poll(Handle(f"{real.id[:-8]}{uuid4().hex[:8]}", real.data)))
            assert isinstance(error, ProviderError), repr(error)

        self.with_provider(check)

    def test_recovers_what_was_accepted(self) -> None:
        """An attempt that was accepted is found, by another instance, from what was committed before it."""

        async def submit(provider: Provider) -> tuple[Attempt, Handle]:
            request = self.request(provider)
            attempt = self.attempt(provider, request)
            return attempt, await provider.submit(request, attempt)

        attempt, handle = self.with_provider(submit)

        async def check(provider: Provider) -> None:
            found = await self.recover(provider, attempt)
            assert not isinstance(found, NeverAccepted), "what was accepted was not never accepted"
            if isinstance(found, Handle):
                assert found.id == handle.id, f"submitted as {handle.id}, recovered as {found.id}"
                found = await self.finish(provider, found)
            await download(provider, found)

        self.with_provider(check)

    def test_never_accepted_means_never(self) -> None:
        """Recovering what was not submitted proves nothing, or closes the attempt for good."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            attempt = self.attempt(provider, request)
            found = await provider.recover(attempt)
            assert found is None or isinstance(found, NeverAccepted), f"found {found!r} out of nothing"
            if isinstance(found, NeverAccepted):
                error = await error_of(provider.submit(request, attempt))
                assert isinstance(error, SubmitRejectedError), f"a late submit was let in: {error!r}"
                assert isinstance(await provider.recover(attempt), NeverAccepted), "and stays closed"

        self.with_provider(check)

    def test_cancel_does_no_harm(self) -> None:
        """Cancelling twice, or too late, raises nothing; polling afterwards stays within the protocol."""

        async def check(provider: Provider) -> None:
            request = self.request(provider)
            handle = await provider.submit(request, self.attempt(provider, request))
            await provider.cancel(handle)
            await provider.cancel(handle)
            try:
                await self.finish(provider, handle)
            except GenerationFailedError:
                return
            await provider.cancel(handle)

        self.with_provider(check)

    def test_check_says_something(self) -> None:
        """``doctor`` gets one line."""

        async def check(provider: Provider) -> None:
            line = await provider.check()
            assert line, "something"
            assert "\n" not in line, "on one line"

        self.with_provider(check)
