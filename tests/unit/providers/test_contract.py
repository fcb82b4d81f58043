"""The contract suite itself: it finds what is broken, and nothing in the product needs it."""

import ast
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from unittest import SkipTest

import pytest

from domain.provider import Attempt, Handle, Pending, Provider, Recovered, Result
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.contract import ProviderContract
from providers.mock.adapter import MockProvider
from providers.mock.settings import MockSettings

ROOT = Path(__file__).parents[3]


class Dearer(MockProvider):
    async def poll(self, handle: Handle) -> Pending | Result:
        answer = await super().poll(handle)
        return replace(answer, actual_cost=Decimal(9)) if isinstance(answer, Result) else answer


class KeepsHandlesInMemory(MockProvider):
    def __init__(self, settings: MockSettings, kind: JobKind) -> None:
        super().__init__(settings, kind)
        self._mine: set[str] = set()

    async def submit(self, request: GenerationRequest, attempt: Attempt) -> Handle:
        handle = await super().submit(request, attempt)
        self._mine.add(handle.id)
        return handle

    async def poll(self, handle: Handle) -> Pending | Result:
        if handle.id not in self._mine:
            raise KeyError(handle.id)
        return await super().poll(handle)


class OneBigChunk(MockProvider):
    @asynccontextmanager
    async def open(self, result: Result) -> AsyncIterator[AsyncIterator[bytes]]:
        async def padded() -> AsyncIterator[bytes]:
            async with MockProvider.open(self, result) as chunks:
                yield b"".join([chunk async for chunk in chunks]).ljust(2**21)

        yield padded()


class ForgetsWhatItClosed(MockProvider):
    async def recover(self, attempt: Attempt) -> Recovered:
        return await super().recover(replace(attempt, id=attempt.job_id))


class SaysNothing(MockProvider):
    async def check(self) -> str:
        return ""


def contract_of(make: Callable[[], Provider]) -> ProviderContract:
    contract = ProviderContract()
    contract.make = make  # type: ignore[method-assign] # as a subclass would
    return contract


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (Dearer, "test_quotes_what_it_charges"),
        (KeepsHandlesInMemory, "test_carries_on_in_another_process"),
        (KeepsHandlesInMemory, "test_an_unknown_handle_is_an_error"),
        (OneBigChunk, "test_generates_and_streams"),
        (ForgetsWhatItClosed, "test_never_accepted_means_never"),
        (ForgetsWhatItClosed, "test_recovers_what_was_accepted"),
        (SaysNothing, "test_check_says_something"),
    ],
)
def test_a_broken_provider_is_found_out(
    broken: Callable[[MockSettings, JobKind], Provider], test: str, tmp_path: Path
) -> None:
    settings = MockSettings(mock_delay_seconds="0", rushes_home=tmp_path)
    contract = contract_of(lambda: broken(settings, JobKind.VIDEO))

    with pytest.raises((AssertionError, KeyError)):
        getattr(contract, test)()


def test_failures_that_cannot_be_played_are_skipped(tmp_path: Path) -> None:
    settings = MockSettings(mock_delay_seconds="0", rushes_home=tmp_path)
    contract = contract_of(lambda: MockProvider(settings, JobKind.VIDEO))

    with pytest.raises(SkipTest, match="mock plays no failed"):
        contract.test_a_failed_generation_is_told()


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def test_the_suite_needs_no_test_runner_and_nothing_needs_the_suite() -> None:
    suite = set((ROOT / "providers").glob("contract*.py"))
    assert len(suite) == 3
    for path in suite:
        assert not {name for name in imports(path) if name.partition(".")[0] in {"pytest", "_pytest"}}
    packages = ("api", "cli", "db", "domain", "executor", "media", "providers", "services", "storage")
    for package in packages:
        for path in set((ROOT / package).rglob("*.py")) - suite:
            assert not {name for name in imports(path) if name.startswith("providers.contract")}, path
