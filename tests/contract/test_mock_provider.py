from dataclasses import replace
from pathlib import Path

import pytest

from domain.provider import Provider
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.contract import ProviderContract
from providers.mock.adapter import MockProvider
from providers.mock.settings import MockSettings

SCRIPTS = {
    "rejected": "reject",
    "submit_unknown": "submit_unknown",
    "poll_error": "poll_error=1",
    "failed": "fail",
    "blocked_late": "blocked_late",
    "expired": "expired",
    "download_error": "download_error=1",
}


class MockContract(ProviderContract):
    kind: JobKind
    home: Path

    @pytest.fixture(autouse=True)
    def _at_home(self, tmp_path: Path) -> None:
        self.home = tmp_path

    def make(self) -> Provider:
        return MockProvider(MockSettings(mock_delay_seconds="0", rushes_home=self.home), self.kind)

    def request(self, provider: Provider) -> GenerationRequest:
        return replace(super().request(provider), resolution="480p")

    def scenario(self, provider: Provider, name: str) -> GenerationRequest:
        return replace(self.request(provider), prompt=f"a lighthouse [mock:{SCRIPTS[name]}]")


class TestMockVideo(MockContract):
    kind = JobKind.VIDEO


class TestMockImage(MockContract):
    kind = JobKind.IMAGE
