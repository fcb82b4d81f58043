"""How a render looks on a terminal, and how it reads where there is none."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.watching import Clip
from domain.statuses import JobStatus

_STYLES = {
    JobStatus.WAITING: "dim",
    JobStatus.QUEUED: "dim",
    JobStatus.PROCESSING: "cyan",
    JobStatus.GENERATING: "yellow",
    JobStatus.UPLOADING: "magenta",
    JobStatus.COMPLETED: "green",
    JobStatus.FAILED: "red",
    JobStatus.CANCELLED: "dim red",
}
_WIDEST_BAR, _NARROWEST_BAR = 26, 6
_BESIDE_BAR = 68
"""Columns that everything else takes, padding included."""


class Screen(Protocol):
    """Shows clips, again and again, as a context."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, and leave the last state readable."""
        ...

    def show(self, clips: Sequence[Clip], seconds: float) -> None:
        """Show how the clips stand ``seconds`` after the start."""
        ...


class LiveScreen:
    """A line with a bar for each clip, drawn anew in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="visible")

    def __enter__(self) -> Self:
        """Begin drawing."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last picture standing."""
        self._live.stop()

    def show(self, clips: Sequence[Clip], seconds: float) -> None:
        """Draw."""
        self._live.update(picture(clips, seconds, self._console.width), refresh=True)


class PlainScreen:
    """One line for each change, for logs and pipes."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._last: dict[str, JobStatus] = {}

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""

    def show(self, clips: Sequence[Clip], seconds: float) -> None:
        """Write what changed since the last time."""
        for clip in clips:
            name = str(clip.job.id)
            if self._last.get(name) is not clip.status:
                self._last[name] = clip.status
                self._write(f"{seconds:6.1f} s  {clip.label:<4} {clip.words}")


def picture(clips: Sequence[Clip], seconds: float, columns: int) -> Table:
    """Draw all clips, each on one line, and a line that sums them up."""
    bar = max(_NARROWEST_BAR, min(_WIDEST_BAR, columns - _BESIDE_BAR))
    table = Table.grid(padding=(0, 1, 0, 1))
    table.add_column(justify="right", min_width=4)
    table.add_column(no_wrap=True, max_width=28)
    table.add_column(justify="right", style="dim", no_wrap=True, min_width=4)
    table.add_column(width=bar)
    table.add_column(no_wrap=True, min_width=16)
    table.add_column(justify="right", no_wrap=True, min_width=6)
    scene = None
    for clip in clips:
        title = "" if clip.scene == scene else clip.scene
        scene = clip.scene
        table.add_row(
            Text(clip.label, "bold"),
            title,
            f"{clip.job.duration_seconds or 0:g} s",
            _bar(clip.percent, clip.status, bar),
            Text(clip.words, _STYLES[clip.status]),
            "" if clip.elapsed is None else Text(f"{clip.elapsed:.1f} s", "dim"),
        )
    done = sum(clip.status is JobStatus.COMPLETED for clip in clips)
    percent = sum(clip.percent for clip in clips) / max(len(clips), 1)
    status = JobStatus.COMPLETED if done == len(clips) else JobStatus.GENERATING
    table.add_row()
    table.add_row(
        "",
        Text("the film", "bold"),
        f"{sum(clip.job.duration_seconds or 0 for clip in clips):g} s",
        _bar(percent, status, bar),
        Text(f"{done} of {len(clips)} stored", "bold"),
        Text(f"{seconds:.1f} s", "bold"),
    )
    return table


def _bar(percent: float, status: JobStatus, width: int) -> ProgressBar:
    style = _STYLES[status]
    return ProgressBar(total=100, completed=percent, width=width, complete_style=style, finished_style=style)
