"""Rendering: order the clips of a scene."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from api.call import Answer, Call
from api.endpoints import NOT_COVERED, Endpoint
from api.errors import problem_entry
from api.ordering import place
from api.schemas.problems import ProblemEntry
from api.schemas.rendering import AdmissionOut, EstimateOut, MeansOut, RenderIn
from domain.access import Scope
from domain.records import Transaction
from services import rendering
from services.admission import Admission
from services.rendering import RenderOrder


async def render_scene(call: Call) -> Answer:
    """Queue a video job per shot, or tell what that would cost."""
    wanted = call.read(RenderIn)
    order = RenderOrder(
        project=call.word("project_id"),
        scene=call.id("scene_id"),
        shots=wanted.shots,
        provider=wanted.provider,
        model=wanted.model,
    )
    if wanted.dry_run:
        return await _estimate(call, order)

    async def admit(tx: Transaction, written: Mapping[UUID, str]) -> Admission:
        return await rendering.admit(tx, call.caller, call.parts.catalogue, order, written)

    return await place(call, order, admit)


async def _estimate(call: Call, order: RenderOrder) -> Answer:
    async with call.transaction() as tx:
        found = await rendering.estimate(tx, call.caller, call.parts.catalogue, order)
    problems = [ProblemEntry(**problem_entry(problem)) for problem in found.problems]
    answer = EstimateOut(quote=float(found.quote), problems=problems, credits=MeansOut.of(found.means))
    return Answer(HTTPStatus.OK, answer)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/projects/{project_id}/scenes/{scene_id}/render",
        handler=render_scene,
        summary="Render the shots of a scene",
        description="Queues one video job per shot, or none at all: every problem of every shot is reported "
        "before anything is written. With dry_run it only tells the quote and what is in the way.",
        tag="Rendering",
        scope=Scope.RENDER,
        body=RenderIn,
        body_needed=False,
        answers={HTTPStatus.ACCEPTED: AdmissionOut, HTTPStatus.OK: EstimateOut},
        codes=("shot_busy", "nothing_to_render", *NOT_COVERED),
    ),
)
