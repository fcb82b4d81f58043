"""``rushes import``: a project from a script, or from the JSON of POST /projects."""

import asyncio
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from api.reading import impossible_lengths, parse_json
from api.scripts import understand
from cli.checking import refuse_wrong_settings
from cli.invocation import program
from cli.output import say
from cli.records import opened_ground_and_records
from domain.access import LOCAL
from domain.errors import InvalidRequestError, Problem, RushesError
from domain.films import Film, NewProject
from domain.job import Job
from domain.records import Transaction
from domain.statuses import JobKind
from services import projects, rendering
from services.catalogue import Catalogue
from services.rendering import RenderOrder


def import_film(script: Path, *, render: bool) -> None:
    """Create a project, queue its clips if asked to, and say what was understood.

    Raises:
        RushesError: the script cannot be read or is not UTF-8.
        InvalidRequestError: something in it is wrong; all of it is listed, and nothing was created.
    """
    refuse_wrong_settings()
    new, film, quote, jobs = asyncio.run(_import(_read(script), render=render))
    shots = [shot for scene in new.scenes for shot in scene.shots]
    seconds = sum(shot.duration_seconds or 0 for shot in shots)
    say(f"{film.project.title}: {len(new.scenes)} scenes, {len(shots)} shots, {seconds:g} s of film")
    say(f"receipt {film.project.receipt}, project {film.project.id}")
    say(f"quote ${quote:.2f}")
    if render:
        say(f"{len(jobs)} clips are queued; {program()} jobs list --project {film.project.receipt}")


def _read(script: Path) -> str:
    try:
        body = sys.stdin.buffer.read() if str(script) == "-" else script.read_bytes()
    except OSError as error:
        raise RushesError(f"{script} cannot be read: {error.strerror}") from error
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RushesError(f"{script} is not UTF-8 text: {error.reason} at byte {error.start}") from error


def _understood(text: str, catalogue: Catalogue) -> NewProject:
    """Read a script; what is wrong with its form and what the default cannot make is said together."""
    try:
        understood = understand(text)
    except InvalidRequestError as error:
        default = catalogue.choose(JobKind.VIDEO)
        lengths = {default.model: default.capability.durations}
        more = impossible_lengths(parse_json(text.encode()), lengths) if text.lstrip().startswith("{") else ()
        raise InvalidRequestError([*error.problems, *more]) from None
    for note in understood.notes:
        say(note)
    return understood.project.to_domain()


async def _import(text: str, *, render: bool) -> tuple[NewProject, Film, Decimal, Sequence[Job]]:
    async with opened_ground_and_records() as (ground, records), records.transaction() as tx:
        new = _understood(text, ground.catalogue)
        film = await projects.create(tx, LOCAL, new)
        orders = [
            RenderOrder(project=str(film.project.id), scene=scene.id, shots=None, provider=None, model=None)
            for scene in film.scenes
            if scene.shots
        ]
        quote = await _quote(tx, ground.catalogue, orders)
        jobs: list[Job] = []
        for order in orders if render else ():
            jobs.extend((await rendering.admit(tx, LOCAL, ground.catalogue, order)).jobs)
        return new, film, quote, jobs


async def _quote(tx: Transaction, catalogue: Catalogue, orders: Sequence[RenderOrder]) -> Decimal:
    """Price the whole film, or list everything that stands in its way."""
    quote = Decimal(0)
    problems: list[Problem] = []
    for order in orders:
        estimate = await rendering.estimate(tx, LOCAL, catalogue, order)
        quote += estimate.quote
        problems.extend(estimate.wrong)
    if problems:
        raise InvalidRequestError(problems)
    return quote
