"""Credits: what a project may spend, what became of it, and who may change that."""

from http import HTTPStatus
from uuid import uuid4

from pydantic import Field

from api import cursors
from api.call import Answer, Call
from api.endpoints import Endpoint
from api.reading import parse_id
from api.schemas.base import Queried
from api.schemas.credits import (
    AccountOut,
    BudgetIn,
    CostList,
    CreditsOut,
    EntryOut,
    GrantIn,
    GrantOut,
    PromptCostList,
    RefundIn,
    RefundOut,
    exact,
)
from api.schemas.paging import Limit
from domain.access import Scope
from domain.errors import InvalidRequestError, Problem
from domain.records import Transaction
from services import accounts


class PageQuery(Queried):
    """Which page."""

    after: str | None = Field(default=None, description="The next of an earlier page.")
    limit: Limit = 50


async def show_credits(call: Call) -> Answer:
    """Tell how an account stands."""
    query, project = call.query(PageQuery), call.word("project_id")
    after = _number(query.after)
    async with call.transaction() as tx:
        found = await accounts.look(tx, call.caller, project, after=after, limit=query.limit)
    return Answer(HTTPStatus.OK, CreditsOut.with_ledger(found))


def _number(word: str | None) -> int | None:
    if word is not None and not (word.isascii() and word.isdecimal() and len(word) < 19):  # noqa: PLR2004 # digits of a bigint
        raise InvalidRequestError([Problem("after", word, "the next of an earlier page")])
    return None if word is None else int(word)


async def list_costs(call: Call) -> Answer:
    """List what every attempt cost."""
    query, project = call.query(PageQuery), call.word("project_id")
    after = cursors.decode(query.after)
    async with call.transaction() as tx:
        page = await accounts.costs(tx, call.caller, project, after, query.limit)
    return Answer(HTTPStatus.OK, CostList.of(page, cursors.encode(page.next)))


async def list_prompt_costs(call: Call) -> Answer:
    """List what prompts cost."""
    query, project = call.query(PageQuery), call.word("project_id")
    after = cursors.decode(query.after)
    async with call.transaction() as tx:
        page = await accounts.prompts(tx, call.caller, project, after, query.limit)
    return Answer(HTTPStatus.OK, PromptCostList.of(page, cursors.encode(page.next)))


async def grant_credits(call: Call) -> Answer:
    """Put credits in."""
    asked, project = call.read(GrantIn), call.word("project_id")
    key = _key(call)

    async def change(tx: Transaction) -> Answer:
        entry = await accounts.grant(tx, call.caller, project, exact(asked.amount), key=key, note=asked.note)
        account = await tx.credits.account(entry.project_id)
        return Answer(HTTPStatus.CREATED, GrantOut.of(entry, account))

    return await call.once(change)


async def refund_job(call: Call) -> Answer:
    """Give back what a job was charged."""
    asked, project = call.read(RefundIn), call.word("project_id")
    job = parse_id("job_id", asked.job_id)
    amount = None if asked.amount is None else exact(asked.amount)
    key = _key(call)

    async def change(tx: Transaction) -> Answer:
        made = await accounts.refund(tx, call.caller, project, job, amount, key=key, note=asked.note)
        account = await tx.credits.account(made[0].project_id)
        entries = [EntryOut.model_validate(entry) for entry in made]
        answer = RefundOut(entries=entries, account=AccountOut.of(account, enabled=True))
        return Answer(HTTPStatus.CREATED, answer)

    return await call.once(change)


async def set_budget(call: Call) -> Answer:
    """Set the most that a project may spend."""
    asked, project = call.read(BudgetIn), call.word("project_id")
    budget = None if asked.budget is None else exact(asked.budget)

    async def change(tx: Transaction) -> Answer:
        account = await accounts.set_budget(tx, call.caller, project, budget)
        return Answer(HTTPStatus.OK, AccountOut.of(account, enabled=True))

    return await call.once(change)


def _key(call: Call) -> str:
    """Give the ledger's key: the request's, so that it books once however late it is repeated."""
    return f"{call.caller.name}:{call.idempotency_key or uuid4()}"


_TAG = "Credits"
ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/projects/{project_id}/credits",
        handler=show_credits,
        summary="Show a project's credits and its ledger",
        description="Every change is a row of the ledger, the latest first; the figures are their sums.",
        tag=_TAG,
        scope=Scope.READ,
        query=PageQuery,
        answers={HTTPStatus.OK: CreditsOut},
    ),
    Endpoint(
        method="PATCH",
        path="/projects/{project_id}/credits",
        handler=set_budget,
        summary="Set a project's budget",
        description="Orders that would bring what is spent and held beyond it are refused.",
        tag=_TAG,
        scope=Scope.ADMIN,
        body=BudgetIn,
        answers={HTTPStatus.OK: AccountOut},
        codes=("credits_off",),
    ),
    Endpoint(
        method="POST",
        path="/projects/{project_id}/credits/grants",
        handler=grant_credits,
        summary="Grant credits to a project",
        description="What is owed is paid out of it first. Jobs that waited for credits go on.",
        tag=_TAG,
        scope=Scope.ADMIN,
        body=GrantIn,
        answers={HTTPStatus.CREATED: GrantOut},
        codes=("credits_off", "grant_key_reused"),
    ),
    Endpoint(
        method="POST",
        path="/projects/{project_id}/credits/refunds",
        handler=refund_job,
        summary="Refund what a job was charged",
        description="All of it, or an amount. Without an amount, what is still held for an attempt whose "
        "outcome nobody learned is given back as well.",
        tag=_TAG,
        scope=Scope.ADMIN,
        body=RefundIn,
        answers={HTTPStatus.CREATED: RefundOut},
        codes=("credits_off", "nothing_to_refund"),
    ),
    Endpoint(
        method="GET",
        path="/projects/{project_id}/credits/attempts",
        handler=list_costs,
        summary="List what every attempt cost",
        description="Paid or not, with or without credits, the latest first.",
        tag=_TAG,
        scope=Scope.READ,
        query=PageQuery,
        answers={HTTPStatus.OK: CostList},
    ),
    Endpoint(
        method="GET",
        path="/projects/{project_id}/credits/prompts",
        handler=list_prompt_costs,
        summary="List what written prompts cost",
        description="What PROMPT_WRITER took for each order, the latest first. It is not charged.",
        tag=_TAG,
        scope=Scope.READ,
        query=PageQuery,
        answers={HTTPStatus.OK: PromptCostList},
    ),
)
