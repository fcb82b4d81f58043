"""``rushes generate``, ``cancel``, ``retry-failed`` and ``resume``: a whole film at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from cli.checking import refuse_wrong_settings
from cli.failing import FAILED
from cli.output import say
from cli.records import opened_ground_and_records, opened_records
from cli.spending import agree, terminal
from cli.tables import print_table
from domain.access import LOCAL
from domain.errors import ConflictError
from domain.job import Job
from domain.pipeline import BatchOutcome, JobOutcome, RenderScope
from domain.records import Records, Transaction
from domain.statuses import JobKind
from services import batches, pipeline
from services.admission import Admission
from services.batches import Again
from services.catalogue import Catalogue
from services.pipeline import FilmOrder

_Act = Callable[[Transaction, Catalogue], Awaitable[Admission | Again]]
_Advice = Callable[[Transaction, Catalogue], Awaitable[None]]
_NAMES = {JobKind.IMAGE: "image", JobKind.VIDEO: "clip", JobKind.FILM: "film"}
_OUTCOMES = {
    BatchOutcome.CANCELLED: "cancelled, and free",
    BatchOutcome.RUNNING: "goes on, it may be billed in any case; rushes jobs cancel stops waiting for it",
    BatchOutcome.QUEUED: "queued again",
    BatchOutcome.POSSIBLE_DUPLICATE: "may have been billed already and stays failed; "
    "--accept-possible-duplicate retries it all the same",
    BatchOutcome.SHOT_BUSY: "stays failed: its shot has another job on its way",
}


@dataclass(frozen=True, slots=True)
class _Done:
    """What an order came to, or would come to."""

    quote: Decimal
    new: Sequence[Job]
    outcomes: Sequence[JobOutcome]
    makers: frozenset[str]
    """Who would charge for it, by name."""


class _OverError(Exception):
    """Nothing of this transaction is to stay."""


def generate(
    project: str,
    scope: Sequence[str],
    *,
    provider: str | None,
    model: str | None,
    dry_run: bool,
    paid: bool,
) -> int:
    """Say what an order comes to, and place it."""
    order = FilmOrder(project=project, scope=_scope(scope), provider=provider, model=model)

    async def act(tx: Transaction, catalogue: Catalogue) -> Admission:
        return await pipeline.generate(tx, LOCAL, catalogue, order)

    async def advice(tx: Transaction, catalogue: Catalogue) -> None:
        for one in (await pipeline.estimate(tx, LOCAL, catalogue, order)).recommendations:
            say(f"{', '.join(one.shots)}: {one.sentence}")

    return _placed(act, dry_run=dry_run, paid=paid, first=advice)


def retry_failed(
    project: str, scenes: Sequence[UUID], *, accept_possible_duplicate: bool, dry_run: bool, paid: bool
) -> int:
    """Queue again what failed, and nothing else."""

    async def act(tx: Transaction, catalogue: Catalogue) -> Again:
        accept = accept_possible_duplicate
        return await batches.retry_failed(
            tx, LOCAL, catalogue, project, scenes or None, accept_possible_duplicate=accept
        )

    return _placed(act, dry_run=dry_run, paid=paid)


def resume(project: str, *, accept_possible_duplicate: bool, dry_run: bool, paid: bool) -> int:
    """Go on with a film that stopped."""

    async def act(tx: Transaction, catalogue: Catalogue) -> Again:
        accept = accept_possible_duplicate
        return await batches.resume(tx, LOCAL, catalogue, project, accept_possible_duplicate=accept)

    return _placed(act, dry_run=dry_run, paid=paid)


def cancel(project: str, scenes: Sequence[UUID]) -> int:
    """Cancel what has not started, and tell what goes on."""

    async def act() -> Sequence[JobOutcome]:
        async with opened_records() as records, records.transaction() as tx:
            return await batches.cancel(tx, LOCAL, project, scenes or None)

    outcomes = asyncio.run(act())
    if outcomes:
        _print(outcomes)
    else:
        say("nothing to cancel: nothing is on its way")
    return 0


def _scope(words: Sequence[str]) -> RenderScope | Sequence[str]:
    """Read the word for a scope, or names of scenes and shots."""
    if len(words) == 1 and words[0].lower() in set(RenderScope):
        return RenderScope(words[0].lower())
    return words or RenderScope.MISSING


def _placed(act: _Act, *, dry_run: bool, paid: bool, first: _Advice | None = None) -> int:
    refuse_wrong_settings()
    return asyncio.run(_place(act, dry_run=dry_run, paid=paid, first=first))


async def _place(act: _Act, *, dry_run: bool, paid: bool, first: _Advice | None) -> int:
    """Rehearse an order, say what it comes to, ask where that is paid, and place it; give the exit code.

    Raises:
        ConfigurationError: it costs money, nobody agreed and nobody can be asked.
        ConflictError: meanwhile it would cost more than was agreed to.
    """
    async with opened_ground_and_records() as (ground, records):
        catalogue = ground.catalogue
        foreseen = await _rehearsed(records, catalogue, act)
        if first is not None:
            async with records.transaction() as tx:
                await first(tx, catalogue)
        say(f"quote ${foreseen.quote:.2f}: {_counted(foreseen)}")
        if dry_run:
            _print(foreseen.outcomes, "what would become of it")
            return 0
        if not await asyncio.to_thread(agree, foreseen.makers, foreseen.quote, paid=paid, ask=terminal()):
            say("nothing was ordered")
            return FAILED
        async with records.transaction() as tx:
            done = await _done(tx, catalogue, act)
            if done.quote > foreseen.quote:
                more = f"it would come to ${done.quote:.2f} by now"
                raise ConflictError(f"{more}, and nothing was ordered; look again", "conflict")
        _print(done.outcomes)
        say(f"{_counted(done)} queued" if _is_something(done) else "nothing was queued")
        return 0 if _is_something(done) else FAILED


async def _rehearsed(records: Records, catalogue: Catalogue, act: _Act) -> _Done:
    """Do it in a transaction that is given up: what would be refused is refused before anybody is asked."""
    done: list[_Done] = []
    with suppress(_OverError):
        async with records.transaction() as tx:
            done.append(await _done(tx, catalogue, act))
            raise _OverError
    return done[0]


async def _done(tx: Transaction, catalogue: Catalogue, act: _Act) -> _Done:
    made = await act(tx, catalogue)
    outcomes = made.requeued.outcomes if isinstance(made, Again) else ()
    again = [one.job_id for one in outcomes if one.outcome is BatchOutcome.QUEUED]
    charged = [job for job in [*made.jobs, *await tx.jobs.named(again)] if job.kind is not JobKind.FILM]
    makers = {job.provider or catalogue.choose(job.kind).provider for job in charged}
    return _Done(made.quote, made.jobs, outcomes, frozenset(makers))


def _is_something(done: _Done) -> bool:
    return bool(done.new) or any(one.outcome is BatchOutcome.QUEUED for one in done.outcomes)


def _counted(done: _Done) -> str:
    """Count what is made, as in ``2 images, 1 clip``."""
    again = [one.kind for one in done.outcomes if one.outcome is BatchOutcome.QUEUED]
    counts = Counter([*(job.kind for job in done.new), *again])
    said = [f"{counts[kind]} {name}{'' if counts[kind] == 1 else 's'}" for kind, name in _NAMES.items()]
    return ", ".join(words for kind, words in zip(_NAMES, said, strict=True) if counts[kind]) or "nothing"


def _print(outcomes: Sequence[JobOutcome], last: str = "what became of it") -> None:
    if outcomes:
        rows = [(one.job_id, one.label, one.kind, one.status, _OUTCOMES[one.outcome]) for one in outcomes]
        print_table(("job", "shot", "kind", "status", last), rows)
