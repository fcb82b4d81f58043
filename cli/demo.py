"""``rushes demo``: everything in one process, and a film to watch it with."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from rich.console import Console

from api.main import run
from api.parts import Parts
from api.settings import ApiSettings
from cli import logs
from cli.answering import opened_parts
from cli.checking import refuse_wrong_settings
from cli.executing import run_executor
from cli.failing import FAILED
from cli.ground import Ground, started_ground
from cli.misspelling import misspellings
from cli.output import warn
from cli.running import stopped_by_signals, to_the_end
from cli.sample import order, sample_film
from cli.settings import load
from cli.spending import Terms, terminal, terms
from cli.telling import Teller
from cli.watching import Clip, Watch, see_joined, see_rendered, watched_in
from domain.credits import CreditTerms
from domain.errors import ConfigurationError, DatabaseUnavailableError
from domain.films import Film
from domain.statuses import JobKind, JobStatus
from executor.settings import ExecutorSettings
from services.feasibility import imagined
from storage.settings import StorageSettings

_PORTS_TO_TRY = 20
_WELCOME = Decimal(25)
"""USD, of the mock's own money."""


def run_demo(*, keep_serving: bool, paid: bool) -> int:
    """Render the sample film and show it; give the exit code. Nothing is spent unless a person said so.

    Raises:
        ConfigurationError: a setting stops the start.
    """
    refuse_wrong_settings()
    for each in misspellings():
        warn(str(each))
    agreed = terms(paid=paid, ask=terminal())
    path = load(StorageSettings).rushes_home / "rushes.log"
    with _opened_log(path) as file:
        # Between the bars they would tear the picture apart.
        logs.configure(load(logs.LogSettings), file)
        teller = Teller(Console(highlight=False), log=path)
        return asyncio.run(_demo(teller, agreed, keep_serving=keep_serving))


def _opened_log(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a", encoding="utf-8")
    except OSError as error:
        allowed = f"allowed: a folder that this user may write to ({error.strerror})"
        raise ConfigurationError("RUSHES_HOME", str(path.parent), allowed) from error


async def _demo(teller: Teller, agreed: Terms, *, keep_serving: bool) -> int:
    stop = asyncio.Event()
    teller.say_hello()
    with stopped_by_signals(stop) as told:
        async with (
            started_ground(told, agreed.settings, agreed.allows) as opened,
            _paying(opened) as (ground, parts),
        ):
            demo = _Demo(teller, ground, parts, stop)
            async with asyncio.TaskGroup() as group:
                group.create_task(to_the_end(demo.serve(), stop))
                group.create_task(to_the_end(demo.work(), stop))
                code = await demo.show(keep_serving=keep_serving)
                teller.say_stopping(await demo.look())
                stop.set()
            teller.say_goodbye(await demo.look())
    return code


@dataclass(slots=True)
class _Demo:
    """One run of the demo."""

    teller: Teller
    ground: Ground
    parts: Parts
    stop: asyncio.Event
    executor_ready: asyncio.Event = field(default_factory=asyncio.Event)
    api_ready: asyncio.Event = field(default_factory=asyncio.Event)
    address: str = ""
    watch: Watch | None = None

    async def serve(self) -> None:
        """Serve the API at API_PORT, or at the next port that is free: nobody should have to look for one."""
        settings = load(ApiSettings)
        last = settings.api_port + (_PORTS_TO_TRY if settings.api_port else 0)
        for port in range(settings.api_port, last + 1):
            here = settings.model_copy(update={"api_port": port})
            try:
                await run(self.parts, here, self.stop, ready=self.api_ready, announce=self._listen)
            except ConfigurationError as error:
                if error.setting != "API_PORT" or port == last:
                    raise
            else:
                return

    async def work(self) -> None:
        """Run an executor that makes films whatever FILM_CONCURRENCY says: the demo waits for one."""
        settings = load(ExecutorSettings)
        able = settings.model_copy(update={"film_concurrency": max(settings.film_concurrency, 1)})
        await run_executor(self.ground, self.stop, self.executor_ready, able)

    def _listen(self, address: str) -> None:
        self.address = address

    async def show(self, *, keep_serving: bool) -> int:
        """Render the film, and go on serving if asked to; give the exit code."""
        for ready in (self.api_ready, self.executor_ready):
            await _first_of(ready, self.stop)
        if self.stop.is_set():
            return FAILED
        self.teller.say_where(self.ground, self.address)
        try:
            film, everything_stored = await self._render()
        except DatabaseUnavailableError:
            if not self.stop.is_set():
                raise
            self.teller.say_unknown()
            return FAILED
        if not keep_serving:
            return 0 if everything_stored else FAILED
        if not self.stop.is_set():
            self.teller.say_serving(self.ground, self.address, film)
            await self.stop.wait()
        return 0

    async def _render(self) -> tuple[Film, bool]:
        """Render the film, or what an earlier run left of it; tell whether all of it is stored."""
        ordered = await order(self.parts.records, self.parts.catalogue, sample_film())
        self.teller.say_film(ordered)
        able = self.parts.catalogue.choose(JobKind.VIDEO).capability
        watched = watched_in(ordered.film, ordered.jobs)
        self.watch = Watch(self.parts.records, watched, typical_seconds=able.typical_seconds)
        began = time.monotonic()
        with self.teller.screen() as screen:
            clips = await see_rendered(
                self.watch, lambda clips: screen.show(clips, time.monotonic() - began), self.stop
            )
        missing = [clip for clip in clips if not await self._is_stored(clip)]
        took = None if ordered.was_begun else time.monotonic() - began
        self.teller.say_result(self.ground, clips, missing, took)
        project = ordered.film.project.id
        joined = None
        if not missing:
            joined = await see_joined(self.parts.records, project, self.stop)
            self.teller.say_joined(self.ground, ordered.film, joined)
        async with self.parts.records.transaction() as tx:
            self.teller.say_credits(await tx.credits.totals(project), await tx.credits.account(project))
        return ordered.film, joined is not None and joined.status is JobStatus.COMPLETED

    async def look(self) -> Sequence[Clip]:
        """Read the clips as they are; nothing while there are none or the database is away."""
        try:
            return await self.watch.look() if self.watch else ()
        except DatabaseUnavailableError:
            return ()

    async def _is_stored(self, clip: Clip) -> bool:
        """Ask the store itself whether it has the clip."""
        if clip.status is not JobStatus.COMPLETED or clip.job.storage_path is None:
            return False
        found = await self.parts.storage.head(clip.job.storage_path)
        return found is not None and found.size == clip.job.size_bytes


@asynccontextmanager
async def _paying(ground: Ground) -> AsyncIterator[tuple[Ground, Parts]]:
    """Give every project of this run more credits than the film takes, so that its receipt can be read."""
    chosen = ground.catalogue.choose(JobKind.VIDEO)
    quote = sum(map(chosen.capability.quote, imagined(sample_film(), chosen.model)), Decimal(0))
    own = ground.terms.welcome if ground.terms else Decimal(0)
    paying = replace(ground, terms=CreditTerms(max(own, _WELCOME, 2 * quote)))
    async with opened_parts(paying) as parts:
        yield paying, parts


async def _first_of(*events: asyncio.Event) -> None:
    """Wait until one of the events is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
