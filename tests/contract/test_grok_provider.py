from collections.abc import Iterator
from dataclasses import replace

import pytest

from domain.provider import Provider
from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.contract import ProviderContract
from tests.grok_server import Simulator, simulating

VIDEO_FAULTS = {
    "rejected": "rate_limited",
    "submit_unknown": "drop_after_accept",
    "poll_error": "poll_error=1",
    "failed": "failed",
    "blocked_late": "moderated",
    "expired": "gone",
    "download_error": "download_drop=1",
}
IMAGE_FAULTS = {**VIDEO_FAULTS, "failed": "no_url"}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulating(tmp_path_factory.mktemp("xai")) as served:
        yield served


class GrokContract(ProviderContract):
    kind: JobKind
    faults: dict[str, str]
    simulator: Simulator

    @pytest.fixture(autouse=True)
    def _account(self, simulator: Simulator) -> None:
        self.simulator = simulator

    def make(self) -> Provider:
        made = self.simulator.videos() if self.kind is JobKind.VIDEO else self.simulator.images()
        assert made.kind is self.kind
        return made

    def request(self, provider: Provider) -> GenerationRequest:
        request = super().request(provider)
        return replace(request, resolution="480p") if self.kind is JobKind.VIDEO else request

    def scenario(self, provider: Provider, name: str) -> GenerationRequest:
        return replace(self.request(provider), prompt=f"a lighthouse [sim:{self.faults[name]}]")


class TestGrokVideos(GrokContract):
    kind = JobKind.VIDEO
    faults = VIDEO_FAULTS


class TestGrokImages(GrokContract):
    kind = JobKind.IMAGE
    faults = IMAGE_FAULTS

    # The submit answers with the image, so that there is no poll that could fail.
    test_a_poll_error_passes = None  # type: ignore[assignment] # takes the test out of this class
