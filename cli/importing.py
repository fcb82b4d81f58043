"""``rushes import``: a project from a script, or from the JSON of POST /projects."""

import asyncio
import sys
from decimal import Decimal
from pathlib import Path

from api.reading import impossible_lengths, parse_json
from api.scripts import understand
from cli.checking import refuse_wrong_settings
from cli.invocation import program
from cli.ordering import generate
from cli.output import say
from cli.records import opened_ground_and_records
from domain.access import LOCAL
from domain.errors import InvalidRequestError, RushesError
from domain.films import Film, NewProject
from domain.statuses import JobKind
from services import pipeline, projects
from services.catalogue import Catalogue
from services.pipeline import FilmOrder


def import_film(script: Path, *, render: bool, paid: bool) -> int:
    """Create a project and say what was understood; give the exit code.

    With ``render`` the film is ordered as ``rushes generate`` does; where that is refused, the project stays.

    Raises:
        RushesError: the script cannot be read or is not UTF-8.
        InvalidRequestError: something in it is wrong; all of it is listed, and nothing was created.
    """
    refuse_wrong_settings()
    new, film, quote = asyncio.run(_import(_read(script)))
    shots = [shot for scene in new.scenes for shot in scene.shots]
    seconds = sum(shot.duration_seconds or 0 for shot in shots)
    say(f"{film.project.title}: {len(new.scenes)} scenes, {len(shots)} shots, {seconds:g} s of film")
    say(f"receipt {film.project.receipt}, project {film.project.id}")
    if render:
        return generate(film.project.receipt, (), provider=None, model=None, dry_run=False, paid=paid)
    say(f"quote ${quote:.2f}; {program()} generate {film.project.receipt} orders it")
    return 0


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


async def _import(text: str) -> tuple[NewProject, Film, Decimal]:
    async with opened_ground_and_records() as (ground, records), records.transaction() as tx:
        new = _understood(text, ground.catalogue)
        film = await projects.create(tx, LOCAL, new)
        if not any(scene.shots for scene in film.scenes):
            return new, film, Decimal(0)
        order = FilmOrder(project=str(film.project.id))
        estimate = await pipeline.estimate(tx, LOCAL, ground.catalogue, order)
        # Credits may come later: they stand in the way of an order, and not of a script.
        if estimate.wrong:
            raise InvalidRequestError(estimate.wrong)
        return new, film, estimate.quote
