"""Orders over HTTP: missing prompts are written first, and then all of it is queued, at most once."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from uuid import UUID

from api.call import Answer, Call
from api.schemas.rendering import AdmissionOut, PromptsOut
from api.showing import shown_jobs
from domain.records import Transaction
from services.admission import Admission
from services.pipeline import FilmOrder
from services.prompting import Prompts
from services.rendering import RenderOrder

_Admit = Callable[[Transaction, Mapping[UUID, str]], Awaitable[Admission]]


async def place(call: Call, order: FilmOrder | RenderOrder, admit: _Admit) -> Answer:
    """Queue an order; ``admit`` does so, given the prompts that were written for it."""

    async def prepare() -> Prompts:
        desk = call.parts.desk
        return await desk.for_order(
            call.caller, order.project, admit, provider=order.provider, model=order.model
        )

    async def change(tx: Transaction, prompts: Prompts) -> Answer:
        made = await admit(tx, prompts.texts)
        answer = AdmissionOut(
            jobs=await shown_jobs(call, tx, made.jobs),
            quote=float(made.quote),
            receipt_id=made.receipt_id,
            prompts=PromptsOut.of(prompts),
        )
        return Answer(HTTPStatus.ACCEPTED, answer)

    return await call.once_prepared(prepare, change)
