"""Acme does what every provider must, on its simulator."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from domain.provider import Provider
from domain.requests import GenerationRequest
from providers.contract import ProviderContract
from providers.registry import build
from providers.settings import ProviderSettings
from rushes_acme.adapter import AcmeVideos
from rushes_acme.simulator import KEY, Books, serving


class TestAcme(ProviderContract):
    url: str
    books: Books

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        with serving() as (self.url, self.books):
            yield

    def make(self) -> Provider:
        return AcmeVideos(self.url, KEY)

    def scenario(self, provider: Provider, name: str) -> GenerationRequest:
        return replace(self.request(provider), prompt=f"a lighthouse [{name}]")

    def test_an_attempt_is_paid_once(self) -> None:
        """A lost answer leaves one clip behind, the one that is recovered."""
        self.test_a_lost_answer_is_unknown_and_recovered()
        assert len(self.books.clips) == 1


async def test_rushes_finds_it_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", KEY)
    made = build(ProviderSettings(video_provider="acme"))
    assert "acme" in made.names
    await made.aclose()


async def test_without_a_key_it_is_not_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    made = build(ProviderSettings())
    assert "ACME_API_KEY is not set" in made.unavailable["acme"]
    await made.aclose()
