"""What the demo says before, between and after the bars."""

import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.ground import Ground
from cli.invocation import program
from cli.sample import Ordered
from cli.screen import LiveScreen, PlainScreen, Screen
from cli.spending import is_free
from cli.watching import Clip
from db.embedded import client
from domain.credits import Account, EntryKind
from domain.films import Film
from domain.job import Job
from domain.statuses import JobKind, JobStatus
from providers.registry import Providers
from storage.location import Folder, parse_location
from storage.settings import StorageSettings

_INSERT = """\
    INSERT INTO video_generation_jobs (project_id, scene_id, prompt, duration_seconds)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'A fox crosses a frozen lake at dawn.', 4)"""


class Teller:
    """Says it: with colours and bars on a terminal, elsewhere as plain lines."""

    def __init__(self, console: Console, *, log: Path) -> None:
        self._console = console
        self._log = log

    def screen(self) -> Screen:
        """Give what the clips are shown on."""
        return LiveScreen(self._console) if self._console.is_terminal else PlainScreen(self._line)

    def say_hello(self) -> None:
        """Say what is about to happen: the first start takes a few seconds."""
        self._line()
        self._line(f"Rushes {version('rushes')} renders a film on this machine.", "bold")
        self._line("Starting the database, the API and an executor ...", "dim")
        self._line()

    def say_where(self, ground: Ground, address: str) -> None:
        """Say where everything is."""
        own = " (its own)" if ground.is_embedded else ""
        self._fact("API", f"{address}/docs")
        self._fact("database", f"{ground.database_address}{own}")
        self._fact("provider", _provider(ground.providers))
        self._fact("log", str(self._log))
        self._line()

    def say_film(self, ordered: Ordered) -> None:
        """Introduce the film."""
        film, jobs = ordered.film, ordered.jobs
        seconds = sum(job.duration_seconds or 0 for job in jobs)
        self._line(f"  {film.project.title}", "bold")
        self._line(
            f"  {len(film.scenes)} scenes, {_clips(len(jobs))}, {seconds:g} s of film; "
            f"quoted at {_dollars(job.estimated_cost for job in jobs)}; receipt {film.project.receipt}",
            "dim",
        )
        if ordered.was_begun:
            stored = sum(job.status is JobStatus.COMPLETED for job in jobs)
            self._line(
                f"  An earlier run left this film unfinished, {stored} of {_clips(len(jobs))} stored; "
                "this one goes on with it.",
                "yellow",
            )
        self._line()

    def say_result(
        self, ground: Ground, clips: Sequence[Clip], missing: Sequence[Clip], seconds: float | None
    ) -> None:
        """Say how it went: what is stored and where, what it took if one run made it all, what it cost."""
        self._line()
        if missing:
            self._line(
                f"{len(clips) - len(missing)} of {_clips(len(clips))} are stored. Not stored:", "bold red"
            )
            for clip in missing:
                reason = clip.job.error_message or f"it was {clip.status} when the demo stopped"
                self._line(f"  {clip.label:<4} {reason}")
        else:
            film = sum(clip.job.actual_duration_seconds or 0 for clip in clips)
            took = "" if seconds is None else f" in {seconds:.0f} s"
            self._line(f"All {_clips(len(clips))} are stored: {film:.0f} s of film{took}.", "bold green")
        stored = [clip for clip in clips if clip not in missing]
        if stored:
            self._line()
            self._fact("clips", _place(ground.storage, str(stored[0].job.project_id)))
            self._fact("cost", _cost(stored))

    def say_joined(self, ground: Ground, film: Film, joined: Job | None) -> None:
        """Say where the film is that the clips were joined into, or why there is none."""
        if joined is None:
            again = f"{program()} generate {film.project.receipt}"
            self._fact("film", f"it was cancelled; {again} orders it again")
        elif joined.status is JobStatus.COMPLETED and joined.storage_path:
            self._fact("film", _place(ground.storage, joined.storage_path))
        else:
            self._fact("film", joined.error_message or f"it was {joined.status} when the demo stopped")

    def say_unknown(self) -> None:
        """Say that nobody knows how it stands."""
        self._line()
        self._line("The database is away, and nobody can say how the film stands.", "bold red")
        self._line("The next run goes on with what it finds.")

    def say_credits(self, totals: Mapping[EntryKind, Decimal], account: Account) -> None:
        """Say what became of the film's credits: a receipt that adds up."""
        words = {EntryKind.GRANT: "granted", EntryKind.HOLD: "held", EntryKind.SETTLE: "charged"}
        words[EntryKind.RELEASE] = "released"
        told = ", ".join(f"{_dollars([totals.get(kind)])} {word}" for kind, word in words.items())
        held = f" and {_dollars([account.held])} still held" if account.held else ""
        self._fact("credits", f"{told}; {_dollars([account.balance])} left{held}")

    def say_serving(self, ground: Ground, address: str, film: Film) -> None:
        """Say that it goes on, and what to try."""
        self._line()
        self._fact("watch", f"{address}/?project={film.project.receipt}")
        self._line()
        self._line("Still serving; Ctrl-C stops. To try from another terminal:", "bold")
        self._line(f"  curl {address}/api/v1/projects/{film.project.receipt}/render-status")
        self._line(f'  {_psql()} "{ground.database_address}" -c "\n{_INSERT}"')
        self._line(f"  {program()} jobs list")

    def say_stopping(self, clips: Sequence[Clip]) -> None:
        """Say why the end may take a moment."""
        self._line()
        busy = not all(clip.over for clip in clips)
        self._line("Stopping; what is being stored is finished." if busy else "Stopping.", "dim")

    def say_goodbye(self, clips: Sequence[Clip]) -> None:
        """Say what the next run will find."""
        if left := sum(not clip.over for clip in clips):
            self._line(f"{_clips(left)} were under way; the next run goes on with them.")

    def _fact(self, name: str, value: str) -> None:
        self._line(Text.assemble(("  " + name.ljust(9), "dim"), value))

    def _line(self, text: str | Text = "", style: str | None = None) -> None:
        # One line stays one line, whatever the width: a broken path or command cannot be copied.
        self._console.print(text, style=style, markup=False, soft_wrap=True)


def _clips(count: int) -> str:
    return "1 clip" if count == 1 else f"{count} clips"


def _dollars(costs: Iterable[Decimal | None]) -> str:
    return f"${sum((cost for cost in costs if cost is not None), Decimal(0)):.2f}"


def _provider(providers: Providers) -> str:
    default = providers.defaults[JobKind.VIDEO]
    able = providers.get(JobKind.VIDEO, default.name).models[default.model]
    return f"{default.name}, {default.model}; a clip takes it about {able.typical_seconds:g} s"


def _psql() -> str:
    """Name the psql that is on the way, or else the one that comes with the embedded server."""
    return "psql" if shutil.which("psql") else shlex.quote(str(client()))


def _place(settings: StorageSettings, key: str) -> str:
    """Say where a file, or a project's folder of them, is: its path, or its bucket and key."""
    location = parse_location(settings.storage_url, settings.rushes_home.absolute())
    if isinstance(location, Folder):
        return str(location.path.absolute() / key)
    return "/".join(part for part in (f"s3://{location.name}", location.prefix, key) if part)


def _cost(clips: Sequence[Clip]) -> str:
    total = _dollars(clip.job.actual_cost for clip in clips)
    makers = {clip.job.provider or "" for clip in clips}
    if all(map(is_free, makers)):
        pretender = "the mock" if makers == {"mock"} else "the simulator"
        return f"nothing; at the prices that {pretender} pretends it would have been {total}"
    return total
