"""From shots to the jobs that make them: checked against their models and priced, nothing written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from domain.credits import Means
from domain.errors import ConflictError, InvalidRequestError, Problem
from domain.films import Project, Scene, Shot
from domain.ids import ordered_id
from domain.job import Job
from domain.pipeline import NOTHING_YET, ShotState
from domain.prompts import video_prompt
from domain.records import NewJob, Transaction
from domain.requests import GenerationRequest
from domain.statuses import JobKind, JobStatus
from services import admission
from services.catalogue import Catalogue, Choice


@dataclass(frozen=True, slots=True)
class Makers:
    """Who makes the clips and the images of an order."""

    video: Choice
    image: Choice | None
    """``None`` where no provider makes images."""
    provider: str | None
    """As ordered; ``None`` leaves it to the executor that claims."""
    model: str | None

    @property
    def uses_images(self) -> bool:
        """Whether clips can start from images."""
        return self.image is not None and self.video.capability.start_frame


def makers_of(catalogue: Catalogue, provider: str | None, model: str | None) -> Makers:
    """Settle on who makes what.

    Raises:
        InvalidRequestError: there is no such provider, or it has no such model.
    """
    video = catalogue.choose(JobKind.VIDEO, provider, model)
    try:
        image = catalogue.choose(JobKind.IMAGE)
    except InvalidRequestError:
        image = None
    return Makers(video, image, provider, model)


@dataclass(slots=True)
class Plan:
    """Jobs to admit, in the order in which they are to run, and what stands in their way."""

    jobs: list[NewJob] = field(default_factory=list)
    wrong: list[Problem] = field(default_factory=list)
    """What no wait would mend."""
    busy: list[Problem] = field(default_factory=list)
    """What the state of the shots does not allow now."""
    prompts: dict[UUID, str] = field(default_factory=dict)
    """Video prompts for the shots that had none, to be kept with them."""

    @property
    def quote(self) -> Decimal:
        """The price of all jobs, USD."""
        return sum((job.estimated_cost for job in self.jobs), Decimal(0))

    def count(self, kind: JobKind) -> int:
        """Count the jobs of a kind."""
        return sum(job.request.kind is kind for job in self.jobs)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an order would come to, and everything that stands in its way."""

    quote: Decimal
    """USD, for images and clips; films are made of what is paid for."""
    wrong: Sequence[Problem]
    """With shots, and with the order itself."""
    means: Means | None = None
    """``None`` where nothing is priced, or credits are off."""

    @property
    def problems(self) -> Sequence[Problem]:
        """Everything that the order would be refused for, credits included."""
        return [*self.wrong, *(self.means.problems if self.means else ())]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans the shots of one project."""

    project: Project
    states: Mapping[UUID, ShotState]
    makers: Makers
    written: Mapping[UUID, str] = field(default_factory=dict)
    """Video prompts that were written for shots without one."""

    def state(self, shot: Shot) -> ShotState:
        """Tell how a shot stands."""
        return self.states.get(shot.id, NOTHING_YET)

    def needs_image(self, shot: Shot, *, fresh: bool) -> bool:
        """Tell whether an image has to be made before the clip; ``fresh`` if a stale one will not do."""
        state = self.state(shot)
        if not self.makers.uses_images or shot.start_frame_url or state.live_image:
            return False
        if not (shot.image_prompt or "").strip():
            return False
        return state.stuck or state.image_path is None or (fresh and state.image_stale)

    def plan_image(self, plan: Plan, scene: Scene, shot: Shot) -> UUID | None:
        """Add the image of a shot; give its job's id unless it cannot be made."""
        image = self.makers.image
        assert image is not None, "asked only where there is one"
        request = self._request(JobKind.IMAGE, image.model, scene, shot, shot.image_prompt or "")
        if found := image.capability.problems(request):
            plan.wrong += [_of_image(problem) for problem in found]
            return None
        cost = image.capability.quote(request)
        plan.jobs.append(NewJob(request=request, provider=None, model=None, estimated_cost=cost))
        return request.job_id

    def plan_video(self, plan: Plan, scene: Scene, shot: Shot, *, image: UUID | None = None) -> None:
        """Add the clip of a shot. It starts from the shot's own frame, or else from its image.

        ``image`` is the job of an image that is to be made first.
        """
        state, able = self.state(shot), self.makers.video.capability
        frame, source, status = shot.start_frame_url, None, JobStatus.QUEUED
        awaited = image or state.live_image
        if frame is None and able.start_frame and awaited:
            # What it costs and whether it fits is known before the image is there.
            frame, source, status = f"/api/v1/jobs/{awaited}/content", awaited, JobStatus.WAITING
        elif frame is None and able.start_frame and state.image_path:
            frame, source = state.image_path, state.chosen_image
        prompt = self._prompt(plan, shot)
        request = self._request(JobKind.VIDEO, self.makers.video.model, scene, shot, prompt, frame)
        if found := able.problems(request):
            plan.wrong += found
            return
        plan.jobs.append(
            NewJob(
                request=request,
                provider=self.makers.provider,
                model=self.makers.model,
                estimated_cost=able.quote(request),
                status=status,
                start_image_job_id=source,
            )
        )

    def _prompt(self, plan: Plan, shot: Shot) -> str:
        """Give a shot's own prompt, the one that was written for it, or the usual one."""
        if own := (shot.video_prompt or "").strip():
            return own
        if prompt := self.written.get(shot.id) or video_prompt(shot):
            plan.prompts[shot.id] = prompt
        return prompt

    def _request(  # noqa: PLR0917 # private, and each of them is what a request is made of
        self, kind: JobKind, model: str, scene: Scene, shot: Shot, prompt: str, frame: str | None = None
    ) -> GenerationRequest:
        is_video = kind is JobKind.VIDEO
        return GenerationRequest(
            job_id=ordered_id(),
            project_id=self.project.id,
            scene_id=scene.id,
            shot_id=shot.id,
            kind=kind,
            model=model,
            prompt=prompt,
            duration_seconds=shot.duration_seconds if is_video else None,
            start_frame_url=frame,
            end_frame_url=shot.end_frame_url if is_video else None,
            project_title=self.project.title,
            scene_title=scene.title,
            shot_label=shot.label,
        )


async def check(tx: Transaction, project: Project, plan: Plan, again: Sequence[Job] = ()) -> None:
    """Refuse a plan for everything that stands in its way at once, credits that are missing included.

    ``again`` are jobs of the same order that are paid for as well. The project's account is locked.

    Raises:
        InvalidRequestError: some shot cannot be made as it is.
        ConflictError: ``shot_busy`` names each shot that has a video job on its way.
        InsufficientCreditsError: nothing else is in the way, and the project's credits do not go for it.
    """
    means = await admission.means(tx, project.id, plan.jobs, again)
    problems = [*plan.wrong, *plan.busy, *(means.problems if means else ())]
    if plan.wrong:
        raise InvalidRequestError(problems)
    if plan.busy:
        raise ConflictError("some of these shots have a video job on its way", "shot_busy", problems)
    if means and (refusal := means.refusal):
        raise refusal


def busy(shot: Shot) -> Problem:
    """Say that a shot cannot be ordered now."""
    allowed = "has a video job on its way; cancel that first, or leave the shot out"
    return Problem("shots", shot.label, allowed, shot.label)


def _of_image(problem: Problem) -> Problem:
    field_name = "image_prompt" if problem.field == "prompt" else problem.field
    return Problem(field_name, problem.value, problem.allowed, problem.where)
