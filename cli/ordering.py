"""``rushes generate``, ``cancel``, ``retry-failed`` and ``resume``: a whole film at once."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from cli.output import say
from cli.placing import Order, place, print_outcomes
from cli.records import opened_records
from domain.access import LOCAL
from domain.pipeline import JobOutcome, RenderScope
from domain.records import Transaction
from services import batches, pipeline
from services.admission import Admission
from services.batches import Again
from services.catalogue import Catalogue
from services.pipeline import FilmOrder

_Written = Mapping[UUID, str]


def generate(
    project: str,
    scope: Sequence[str],
    *,
    provider: str | None,
    model: str | None,
    dry_run: bool,
    paid: bool,
) -> int:
    """Queue all that a film lacks."""
    order = FilmOrder(project=project, scope=_scope(scope), provider=provider, model=model)

    async def act(tx: Transaction, catalogue: Catalogue, written: _Written) -> Admission:
        return await pipeline.generate(tx, LOCAL, catalogue, order, written)

    return place(Order(act, order), dry_run=dry_run, paid=paid)


def retry_failed(
    project: str, scenes: Sequence[UUID], *, accept_possible_duplicate: bool, dry_run: bool, paid: bool
) -> int:
    """Queue again what failed, and nothing else."""

    async def act(tx: Transaction, catalogue: Catalogue, _written: _Written) -> Again:
        accept = accept_possible_duplicate
        return await batches.retry_failed(
            tx, LOCAL, catalogue, project, scenes or None, accept_possible_duplicate=accept
        )

    return place(Order(act), dry_run=dry_run, paid=paid)


def resume(project: str, *, accept_possible_duplicate: bool, dry_run: bool, paid: bool) -> int:
    """Go on with a film that stopped."""

    async def act(tx: Transaction, catalogue: Catalogue, written: _Written) -> Again:
        accept = accept_possible_duplicate
        return await batches.resume(tx, LOCAL, catalogue, project, written, accept_possible_duplicate=accept)

    return place(Order(act, FilmOrder(project=project)), dry_run=dry_run, paid=paid)


def cancel(project: str, scenes: Sequence[UUID]) -> None:
    """Cancel what has not started, and tell what goes on."""

    async def act() -> Sequence[JobOutcome]:
        async with opened_records() as records, records.transaction() as tx:
            return await batches.cancel(tx, LOCAL, project, scenes or None)

    outcomes = asyncio.run(act())
    if not outcomes:
        say("nothing to cancel: nothing is on its way")
    print_outcomes(outcomes)


def _scope(words: Sequence[str]) -> RenderScope | Sequence[str]:
    """Read the word for a scope, or names of scenes and shots."""
    if len(words) == 1 and words[0].lower() in set(RenderScope):
        return RenderScope(words[0].lower())
    return words or RenderScope.MISSING
