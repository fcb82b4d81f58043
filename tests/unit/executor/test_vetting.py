"""Who may work with which credentials is settled before anything is claimed."""

import asyncio
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from domain.errors import ConfigurationError
from domain.failures import ErrorCode
from domain.provider import ProviderError
from executor.vetting import vet
from tests.fakes import FakeProvider


@dataclass
class Examined(FakeProvider):
    """A provider whose check ends as the test says."""

    error: Exception | None = None

    async def check(self) -> str:
        if self.error is not None:
            raise self.error
        return "fine"


class Silent(FakeProvider):
    async def check(self) -> str:
        await asyncio.Event().wait()
        return ""


async def test_wrong_credentials_stop_the_start_by_the_setting_that_chose_them() -> None:
    wrong = Examined(error=ProviderError(ErrorCode.AUTH, "it knows no such ACME_KEY; make a new one"))
    with pytest.raises(ConfigurationError, match="ACME_KEY; make a new one") as caught:
        await vet({"IMAGE_PROVIDER": Examined(), "VIDEO_PROVIDER": wrong})
    assert (caught.value.setting, caught.value.value) == ("VIDEO_PROVIDER", wrong.name)


@pytest.mark.parametrize(
    "error",
    [
        *(ProviderError(code) for code in ErrorCode if code is not ErrorCode.AUTH),
        ValueError("a mistake of the adapter's"),
    ],
    ids=str,
)
async def test_what_may_pass_is_told_and_stops_nothing(error: Exception) -> None:
    with capture_logs() as logs:
        await vet({"VIDEO_PROVIDER": Examined(error=error)})
    (line,) = logs
    assert (line["action"], line["log_level"]) == ("provider_check_failed", "warning")


async def test_a_provider_that_does_not_answer_is_not_waited_for() -> None:
    with capture_logs() as logs:
        await vet({"VIDEO_PROVIDER": Silent()}, patience=0.01)
    assert [line["action"] for line in logs] == ["provider_check_failed"]
