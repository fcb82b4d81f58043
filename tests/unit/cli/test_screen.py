"""How a render looks, and what it says where nothing can be drawn."""

import io
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from cli.screen import LiveScreen, PlainScreen, picture
from cli.watching import Clip
from domain.statuses import JobStatus
from tests.fakes import NOW, make_job

STARTED = NOW + timedelta(seconds=2)


def clip(status: JobStatus, label: str = "1A", *, after: float = 0.0, **columns: Any) -> Clip:
    job = make_job(status=status, processing_started_at=NOW, submitted_at=STARTED, **columns)
    return Clip(label, "Two Hundred and Twelve Steps", job, STARTED + timedelta(seconds=after), 10.0)


EVERY = [clip(status, f"{number}A") for number, status in enumerate(JobStatus, 1)]


def drawn(columns: int) -> list[str]:
    console = Console(file=io.StringIO(), width=columns, force_terminal=True, color_system=None, record=True)
    console.print(picture(EVERY, 12.3, columns))
    return console.export_text().rstrip("\n").splitlines()


@pytest.mark.parametrize("columns", [72, 80, 104, 200])
def test_every_clip_is_one_line_whatever_the_width(columns: int) -> None:
    lines = drawn(columns)
    assert len(lines) == len(EVERY) + 2
    assert [line.split()[0] for line in lines[: len(EVERY)]] == [each.label for each in EVERY]
    assert max(map(len, lines)) <= columns
    assert "1 of 8 stored" in lines[-1]


def test_a_scene_is_named_once() -> None:
    assert sum("Two Hundred" in line for line in drawn(104)) == 1


def test_a_live_picture_is_left_standing() -> None:
    file = io.StringIO()
    with LiveScreen(Console(file=file, width=104, force_terminal=True)) as screen:
        screen.show(EVERY, 1.0)
    assert "1 of 8 stored" in file.getvalue()


def test_without_a_terminal_each_change_is_a_line_once() -> None:
    lines: list[str] = []
    queued = clip(JobStatus.QUEUED)
    with PlainScreen(lines.append) as screen:
        screen.show([queued], 0.0)
        screen.show([queued], 0.2)
        moved = make_job(id=queued.job.id, status=JobStatus.GENERATING)
        screen.show([Clip("1A", "", moved, NOW, 10.0)], 0.4)
    assert lines == ["   0.0 s  1A   in line", "   0.4 s  1A   fake is filming"]


@pytest.mark.parametrize(
    ("shown", "percent"),
    [
        (clip(JobStatus.QUEUED), 0),
        (clip(JobStatus.GENERATING), 6),
        (clip(JobStatus.GENERATING, after=5.0), 48),
        (clip(JobStatus.GENERATING, after=60.0), 90),
        (clip(JobStatus.GENERATING, after=5.0, progress=70), 70),
        (clip(JobStatus.UPLOADING), 92),
        (clip(JobStatus.COMPLETED), 100),
        (clip(JobStatus.FAILED), 0),
    ],
)
def test_a_bar_goes_by_the_status_the_provider_and_the_clock(shown: Clip, percent: float) -> None:
    assert shown.percent == percent


def test_time_runs_from_the_claim_to_the_end() -> None:
    assert clip(JobStatus.QUEUED).elapsed is not None
    assert Clip("1A", "", make_job(processing_started_at=None), NOW, 1.0).elapsed is None
    assert clip(JobStatus.GENERATING, after=3.0).elapsed == 5.0
    assert clip(JobStatus.COMPLETED, after=60.0, finished_at=STARTED).elapsed == 2.0


def test_every_status_has_its_words() -> None:
    assert len({each.words for each in EVERY}) == len(JobStatus)
