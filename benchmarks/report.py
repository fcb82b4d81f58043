"""The report for people: one table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Baseline, Figure, Sample

_WHOLE = 100
"""From here on the digits behind the point say nothing."""


def show(console: Console, found: Mapping[str, Sequence[Figure]], notes: Iterable[str]) -> None:
    """Print every figure beside its baselines and its budget."""
    title = "Rushes: budgets and baselines (median, lowest–highest of all rounds)"
    table = Table(title=title, title_justify="left")
    for heading in ("row", "what", "measured", "beside", "baseline", "ratio", "budget", ""):
        right = heading in {"measured", "baseline", "ratio", "budget"}
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for row, figures in found.items():
        lines = [cells for figure in figures for cells in _lines(figure)]
        for place, cells in enumerate(lines):
            table.add_row("" if place else row, *cells)
        table.add_section()
    console.print(table)
    for note in notes:
        console.print(note, highlight=False)
    for figure in (figure for figures in found.values() for figure in figures if figure.note):
        console.print(f"{figure.what}: {figure.note}", highlight=False)


def _lines(figure: Figure) -> Iterator[tuple[str, ...]]:
    verdict = {True: "[green]met[/]", False: "[red]NOT MET[/]", None: ""}[figure.met]
    budget = ""
    if figure.budget is not None:
        unit = "×" if figure.budget.of_ratio else f" {figure.unit}"
        budget = f"{figure.budget.bound} {number(figure.budget.limit)}{unit}"
    first, *others = figure.baselines or (None,)
    yield (figure.what, shown(figure.sample, figure.unit), *_beside(figure, first), budget, verdict)
    for baseline in others:
        yield ("", "", *_beside(figure, baseline), "", "")


def _beside(figure: Figure, baseline: Baseline | None) -> tuple[str, str, str]:
    if baseline is None:
        return "", "", ""
    ratio = figure.ratio(baseline)
    return baseline.what, shown(baseline.sample, figure.unit), "" if ratio is None else f"{number(ratio)}×"


def shown(sample: Sample, unit: str) -> str:
    """Give a sample in words."""
    low, high = sample.spread
    spread = f" [{number(low)}–{number(high)}]" if len(sample.values) > 1 else ""
    return f"{number(sample.median)}{spread} {unit}"


def number(value: float) -> str:
    """Give a number with three figures that count, or all of them before the point."""
    return f"{value:.3g}" if 0 < abs(value) < _WHOLE else f"{value:,.0f}"
