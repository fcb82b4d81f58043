"""Have video prompts written for the shots of an order that have none, before the order is made.

It takes seconds and costs money, so it is done outside of any transaction, and only for clips that the order
was seen to make in a rehearsal. What a writer cannot do, or not in time, is composed as ever: no film stops
for a prompt.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol
from uuid import UUID

import structlog

from domain.access import Caller
from domain.credits import PromptCost
from domain.failures import ErrorCode
from domain.films import Film, Shot
from domain.ids import ordered_id
from domain.job import Job
from domain.prompts import (
    LONGEST_WRITTEN,
    PromptWriter,
    ShotBrief,
    Written,
    narration_line,
    video_prompt,
    with_narration,
)
from domain.provider import ProviderError
from domain.records import Records, Transaction
from domain.statuses import JobKind
from services import projects
from services.catalogue import Catalogue
from services.planning import makers_of
from services.rehearsing import rehearsed
from services.scoping import Pick

_AT_ONCE = 16
_SHORTEST = 100
"""Characters that a writer has to have beside the narration, or it is not asked."""

_REASONS: Mapping[ErrorCode, str] = {
    ErrorCode.INVALID_REQUEST: "does not take this question",
    ErrorCode.CONTENT_BLOCKED: "is not allowed to answer by its content rules",
    ErrorCode.AUTH: "does not accept our credentials",
    ErrorCode.PERMISSION: "may not be used by our account",
    ErrorCode.QUOTA_OR_BILLING: "is out of credits or quota for us",
    ErrorCode.RATE_LIMITED: "was asked too often",
    ErrorCode.MODEL_UNAVAILABLE: "does not offer this model; set PROMPT_MODEL",
    ErrorCode.PROVIDER_TRANSIENT: "is having trouble",
    ErrorCode.SUBMIT_UNKNOWN: "broke off or answered with an error",
}
"""What is told of a failure. The sentences of ``domain.failures`` speak of shots, and of what they cost."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that writers are waited for."""

    each: float = 20.0
    all: float = 60.0
    """For an order: whoever sent it waits for the answer."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """A shot whose prompt was composed after all."""

    label: str
    reason: str


@dataclass(slots=True)
class Prompts:
    """What was written for an order."""

    writer: str | None = None
    """``None`` where nobody was asked."""
    texts: dict[UUID, str] = field(default_factory=dict)
    """By shot."""
    labels: dict[UUID, str] = field(default_factory=dict)
    """Of all shots that somebody was asked about."""
    reasons: dict[UUID, str] = field(default_factory=dict)
    """Why there is none of a shot."""
    costs: list[Decimal] = field(default_factory=list)
    """Of each answer whose cost is known, USD."""

    @property
    def written(self) -> Sequence[str]:
        """Labels of the shots that have one, in film order."""
        return [label for shot, label in self.labels.items() if shot in self.texts]

    @property
    def fallbacks(self) -> Sequence[Fallback]:
        """The others."""
        return [Fallback(self.labels[shot], reason) for shot, reason in self.reasons.items()]


class Ordered(Protocol):
    """What an order came to."""

    @property
    def jobs(self) -> Sequence[Job]:
        """Its new jobs."""
        ...


Act = Callable[[Transaction, Mapping[UUID, str]], Awaitable[Ordered]]
"""Makes an order, with video prompts that were written for it."""


@dataclass(frozen=True, slots=True)
class PromptDesk:
    """Where orders get their prompts; without a writer nothing is done at all."""

    records: Records
    catalogue: Catalogue
    writer: PromptWriter | None
    patience: Patience = field(default_factory=Patience)

    async def for_order(
        self, caller: Caller, project: str, act: Act, *, provider: str | None = None, model: str | None = None
    ) -> Prompts:
        """Have prompts written for the clips that an order makes now, of shots that have none.

        Raises:
            RushesError: what the order is refused for.
        """
        if self.writer is None:
            return Prompts()

        async def look(tx: Transaction) -> tuple[Film, Sequence[Pick]]:
            film = await projects.find_film(tx, caller, project)
            lacking = _without_prompts(film)
            made = await act(tx, {}) if lacking else None
            coming = {job.shot_id for job in made.jobs if job.kind is JobKind.VIDEO} if made else set()
            return film, [pick for pick in lacking if pick.shot.id in coming]

        film, picks = await rehearsed(self.records, look)
        able = makers_of(self.catalogue, provider, model).video.capability
        return await self._written(self.writer, film, picks, min(LONGEST_WRITTEN, able.longest_prompt))

    async def _written(
        self, writer: PromptWriter, film: Film, picks: Sequence[Pick], longest: int
    ) -> Prompts:
        briefs = _briefs(film, picks, longest)
        prompts = Prompts(writer.name, labels={shot.id: shot.label for shot, _ in briefs})
        places = asyncio.Semaphore(_AT_ONCE)
        tasks = {
            shot.id: asyncio.create_task(self._one(writer, shot, brief, longest, places))
            for shot, brief in briefs
        }
        try:
            if tasks:
                await asyncio.wait(tasks.values(), timeout=self.patience.all)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        for shot_id, task in tasks.items():
            written = self._outcome(task)
            if written.cost is not None:
                prompts.costs.append(written.cost)
            if written.text:
                prompts.texts[shot_id] = written.text
            else:
                prompts.reasons[shot_id] = written.why
        if tasks:
            await self._note(writer, film, prompts)
        return prompts

    async def _note(self, writer: PromptWriter, film: Film, prompts: Prompts) -> None:
        """Write down what it cost, whatever becomes of the order: into the log first, which always works."""
        cost = PromptCost(
            id=ordered_id(),
            project_id=film.project.id,
            writer=writer.name,
            model=writer.model,
            asked=len(prompts.labels),
            written=len(prompts.texts),
            priced=len(prompts.costs),
            cost=sum(prompts.costs, Decimal(0)),
        )
        log.info(
            "prompts were written",
            action="prompts_written",
            project_id=str(cost.project_id),
            writer=cost.writer,
            model=cost.model,
            written=cost.written,
            composed=len(prompts.reasons),
            priced=cost.priced,
            cost=float(cost.cost),
        )
        async with self.records.transaction() as tx:
            await tx.credits.note_prompts(cost)

    def _outcome(self, task: asyncio.Task[Written]) -> Written:
        """Give a prompt, or why there is none."""
        if task.cancelled():
            return _none(f"it was not its turn within the {self.patience.all:g} s of an order")
        if (error := task.exception()) is not None:
            log.error("a prompt writer broke", action="prompt_writer_broke", exc_info=error)
            return _none("the writer broke; see the log")
        return task.result()

    async def _one(  # private, and each of them is what a prompt is made of
        self,
        writer: PromptWriter,
        shot: Shot,
        brief: ShotBrief,
        longest: int,
        places: asyncio.Semaphore,
    ) -> Written:
        try:
            async with places, asyncio.timeout(self.patience.each):
                answer = await writer.write(brief)
        except TimeoutError:
            return _none(f"{writer.name} did not answer within {self.patience.each:g} s")
        except ProviderError as error:
            log.warning(
                "no prompt was written",
                action="prompt_failed",
                code=error.code,
                reason=error.message,
                raw=error.raw,
            )
            return _none(f"{writer.name} {_REASONS.get(error.code, 'failed')}")
        nothing = f"{writer.name} wrote nothing{f' ({answer.why})' if answer.why else ''}"
        return replace(answer, text=with_narration(answer.text, shot, longest), why=nothing)


def _none(why: str) -> Written:
    return Written("", None, why)


def _without_prompts(film: Film) -> list[Pick]:
    """Give the shots that have no prompt and something to make one of."""
    every = [Pick(scene, shot) for scene in film.scenes for shot in scene.shots]
    return [pick for pick in every if not (pick.shot.video_prompt or "").strip() and video_prompt(pick.shot)]


def _briefs(film: Film, picks: Sequence[Pick], longest: int) -> list[tuple[Shot, ShotBrief]]:
    """Give what a writer is told about each shot, as far as there is room for its answer."""
    before: Mapping[UUID, str] = _before(film)
    found = []
    for scene, shot in picks:
        room = longest - len(narration_line(shot)) - 1
        if room < _SHORTEST:
            continue
        brief = ShotBrief(
            film=film.project.title,
            scene=scene.title,
            label=shot.label,
            picture=(shot.image_prompt or "").strip(),
            spoken=(shot.narration or "").strip(),
            before=before[shot.id],
            seconds=shot.duration_seconds,
            longest=room,
        )
        found.append((shot, brief))
    return found


def _before(film: Film) -> dict[UUID, str]:
    """Give what the shot before each shot of the same scene shows."""
    found: dict[UUID, str] = {}
    for scene in film.scenes:
        shown = ""
        for shot in scene.shots:
            found[shot.id] = shown
            shown = (shot.image_prompt or shot.video_prompt or "").strip()
    return found
