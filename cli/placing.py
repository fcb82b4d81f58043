"""Place an order: rehearse it, say what it comes to, ask where that is paid, and only then make it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from cli.checking import refuse_wrong_settings
from cli.failing import FAILED
from cli.output import say
from cli.records import opened_ground_and_records
from cli.spending import agree, terminal
from cli.tables import print_table
from domain.access import LOCAL
from domain.errors import ConflictError
from domain.job import Job
from domain.pipeline import BatchOutcome, JobOutcome
from domain.prompts import PromptWriter
from domain.records import Records, Transaction
from domain.statuses import JobKind
from services import pipeline
from services.admission import Admission
from services.batches import Again
from services.catalogue import Catalogue
from services.pipeline import FilmOrder
from services.prompting import PromptDesk
from services.rehearsing import rehearsed

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
class Order:
    """What is to be made."""

    act: Callable[[Transaction, Catalogue, Mapping[UUID, str]], Awaitable[Admission | Again]]
    """Makes it, with video prompts that were written for it."""
    film: FilmOrder | None = None
    """The part of it that is new, and may need prompts; ``None`` where nothing is."""


@dataclass(frozen=True, slots=True)
class _Done:
    """What an order came to, or would come to."""

    quote: Decimal
    new: Sequence[Job]
    outcomes: Sequence[JobOutcome]
    costs: Mapping[str, Decimal]
    """Of each provider, by name."""

    @property
    def made(self) -> Counter[JobKind]:
        """How many of each kind are made."""
        again = [one.kind for one in self.outcomes if one.outcome is BatchOutcome.QUEUED]
        return Counter([*(job.kind for job in self.new), *again])

    def __str__(self) -> str:
        counts = [(name, self.made[kind]) for kind, name in _NAMES.items() if self.made[kind]]
        return ", ".join(f"{n} {name}{'' if n == 1 else 's'}" for name, n in counts) or "nothing"


def place(order: Order, *, dry_run: bool, paid: bool) -> int:
    """Place an order and give the exit code.

    Raises:
        ConfigurationError: it costs money, nobody agreed and nobody can be asked.
        ConflictError: meanwhile it would cost more than was agreed to.
    """
    refuse_wrong_settings()
    return asyncio.run(_place(order, dry_run=dry_run, paid=paid))


async def _place(order: Order, *, dry_run: bool, paid: bool) -> int:
    async with opened_ground_and_records() as (ground, records):
        catalogue, writer = ground.catalogue, ground.providers.writer
        # What would be refused is refused before anybody is asked.
        foreseen = await rehearsed(records, lambda tx: _done(tx, catalogue, order, {}))
        needs_prompts = await _advise(records, catalogue, order.film)
        say(f"quote ${foreseen.quote:.2f}: {foreseen}")
        if dry_run:
            print_outcomes(foreseen.outcomes, "what would become of it")
            return 0
        writes = writer.name if writer is not None and needs_prompts else None
        ask = terminal()
        if not await asyncio.to_thread(agree, foreseen.costs, writer=writes, paid=paid, ask=ask):
            say("nothing was ordered")
            return FAILED
        written = await _written(records, catalogue, order, writer)
        async with records.transaction() as tx:
            done = await _done(tx, catalogue, order, written)
            if done.quote > foreseen.quote:
                more = f"it would come to ${done.quote:.2f} by now"
                raise ConflictError(f"{more}, and nothing was ordered; look again")
        print_outcomes(done.outcomes)
        say(f"{done} queued" if done.made else "nothing was queued")
        return 0 if done.made else FAILED


async def _done(tx: Transaction, catalogue: Catalogue, order: Order, written: Mapping[UUID, str]) -> _Done:
    made = await order.act(tx, catalogue, written)
    outcomes = made.requeued.outcomes if isinstance(made, Again) else ()
    again = [one.job_id for one in outcomes if one.outcome is BatchOutcome.QUEUED]
    costs: dict[str, Decimal] = {}
    for job in [*made.jobs, *await tx.jobs.named(again)]:
        if job.kind is not JobKind.FILM:
            maker = job.provider or catalogue.choose(job.kind).provider
            costs[maker] = costs.get(maker, Decimal(0)) + (job.estimated_cost or 0)
    return _Done(made.quote, made.jobs, outcomes, costs)


async def _advise(records: Records, catalogue: Catalogue, film: FilmOrder | None) -> bool:
    """Say what is worth knowing before it is made; tell whether prompts are to be written for it."""
    if film is None:
        return False
    async with records.transaction() as tx:
        found = (await pipeline.estimate(tx, LOCAL, catalogue, film)).recommendations
    for one in found:
        say(f"{', '.join(one.shots)}: {one.sentence}")
    return any(one.code == "video_prompt_missing" for one in found)


async def _written(
    records: Records, catalogue: Catalogue, order: Order, writer: PromptWriter | None
) -> Mapping[UUID, str]:
    if (film := order.film) is None:
        return {}

    async def act(tx: Transaction, written: Mapping[UUID, str]) -> Admission | Again:
        return await order.act(tx, catalogue, written)

    desk = PromptDesk(records, catalogue, writer)
    prompts = await desk.for_order(LOCAL, film.project, act, provider=film.provider, model=film.model)
    if prompts.written:
        cost = f", for ${sum(prompts.costs):.4f}" if prompts.costs else ""
        say(f"prompts were written by {prompts.writer} for {', '.join(prompts.written)}{cost}")
    for fallback in prompts.fallbacks:
        say(f"{fallback.label}: its prompt is composed, {fallback.reason}")
    return prompts.texts


def print_outcomes(outcomes: Sequence[JobOutcome], last: str = "what became of it") -> None:
    """Print what became of each job of a batch."""
    if outcomes:
        rows = [(one.job_id, one.label, one.kind, one.status, _OUTCOMES[one.outcome]) for one in outcomes]
        print_table(("job", "shot", "kind", "status", last), rows)
