"""What the composition root decides itself: lanes, and the folder for files on their way."""

import os
import time
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from domain.ports import Lane
from domain.statuses import JobKind
from executor.main import lanes_of, prepare_spool
from executor.settings import ExecutorSettings
from providers.registry import build
from providers.settings import ProviderSettings

_DAY = 24 * 3_600


@pytest.fixture(autouse=True)
def _nothing_of_the_developer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


async def test_there_is_a_lane_for_each_kind_of_each_provider() -> None:
    providers = build(ProviderSettings(), plug_ins=())
    lanes = lanes_of(providers, ExecutorSettings(video_concurrency=7, image_concurrency=2))
    await providers.aclose()
    mock = [lane for lane in lanes if lane.provider == "mock"]
    assert mock == [
        Lane(JobKind.IMAGE, "mock", "mock-image-1", limit=2, is_default=True),
        Lane(JobKind.VIDEO, "mock", "mock-1", limit=7, is_default=True),
    ]
    assert [lane.kind for lane in lanes if lane.is_default] == [JobKind.IMAGE, JobKind.VIDEO, JobKind.FILM]
    assert lanes[-1].most_here == 1, "an executor makes one film at a time"
    without = lanes_of(providers, ExecutorSettings(film_concurrency=0))
    assert JobKind.FILM not in {lane.kind for lane in without}


def test_what_dead_executors_left_is_cleared_away_after_a_day(tmp_path: Path) -> None:
    spool = prepare_spool(tmp_path)
    old, young, other = spool / "old.part", spool / "young.part", spool / "old.txt"
    for path in (old, young, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 2 * _DAY,) * 2)
    assert prepare_spool(tmp_path) == spool
    assert {path.name for path in spool.iterdir()} == {"young.part", "old.txt"}


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "spool").touch()
    with pytest.raises(ConfigurationError, match="RUSHES_HOME is ") as caught:
        prepare_spool(tmp_path)
    assert caught.value.value == str(tmp_path)
