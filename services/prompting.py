"""Have video prompts written for the shots of an order that have none, before the order is made.

It takes seconds and costs money, so it is done outside of any transaction, and only for an order that
nothing stands in the way of. What a writer cannot do, or not in time, is composed as ever: no film stops for
a prompt.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

import structlog

from domain.access import Caller
from domain.credits import PromptCost
from domain.failures import ErrorCode
from domain.films import Film, Shot
from domain.ids import ordered_id
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
from services import pipeline, projects, rendering
from services.catalogue import Catalogue
from services.pipeline import FilmOrder
from services.planning import makers_of
from services.rendering import RenderOrder
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


@dataclass(frozen=True, slots=True)
class PromptDesk:
    """Where orders get their prompts; without a writer nothing is done at all."""

    records: Records
    catalogue: Catalogue
    writer: PromptWriter | None
    patience: Patience = field(default_factory=Patience)

    async def for_film(self, caller: Caller, order: FilmOrder) -> Prompts:
        """Have prompts written for an order of a film.

        Raises:
            NotFoundError: there is no such project, or it is somebody else's.
        """
        if self.writer is None:
            return Prompts()
        async with self.records.transaction() as tx:
            estimate = await pipeline.estimate(tx, caller, self.catalogue, order)
            if estimate.problems:
                return Prompts()
            film, picks = await pipeline.picked(tx, caller, order)
        return await self._written(self.writer, film, picks, order.provider, order.model)

    async def for_scene(self, caller: Caller, order: RenderOrder) -> Prompts:
        """Have prompts written for an order of a scene's clips; raises as ``for_film`` does."""
        if self.writer is None:
            return Prompts()
        async with self.records.transaction() as tx:
            estimate = await rendering.estimate(tx, caller, self.catalogue, order)
            if estimate.problems:
                return Prompts()
            film, picks = await _of_scene(tx, caller, order)
        return await self._written(self.writer, film, picks, order.provider, order.model)

    async def _written(
        self, writer: PromptWriter, film: Film, picks: Sequence[Pick], provider: str | None, model: str | None
    ) -> Prompts:
        able = makers_of(self.catalogue, provider, model).video.capability
        longest = min(LONGEST_WRITTEN, able.longest_prompt)
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


async def _of_scene(tx: Transaction, caller: Caller, order: RenderOrder) -> tuple[Film, Sequence[Pick]]:
    film = await projects.find_film(tx, caller, order.project)
    wanted = {shot.id for shot in await rendering.ordered(tx, caller, order)}
    return film, [Pick(scene, shot) for scene in film.scenes for shot in scene.shots if shot.id in wanted]


def _briefs(film: Film, picks: Sequence[Pick], longest: int) -> list[tuple[Shot, ShotBrief]]:
    """Give what a writer is told about each shot that has no prompt and something to make one of."""
    before: Mapping[UUID, str] = _before(film)
    found = []
    for scene, shot in picks:
        room = longest - len(narration_line(shot)) - 1
        if (shot.video_prompt or "").strip() or not video_prompt(shot) or room < _SHORTEST:
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
