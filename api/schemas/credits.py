"""Credits on the wire."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.schemas.base import Answered, Asked, Cost, Text
from domain.credits import SMALLEST, Account, Entries, Entry, EntryKind, PromptCost
from domain.credits import Cost as AttemptCost
from domain.paging import Page
from domain.statuses import AttemptState, JobKind
from services.accounts import LARGEST_GRANT, MOST_WAITING, Statement

_MOST = float(LARGEST_GRANT)


def _whole(amount: float) -> float:
    if Decimal(str(amount)) % SMALLEST:
        raise PydanticCustomError("too_fine", "must be a whole number of millionths")
    return amount


Amount = Annotated[float, Field(gt=0, le=_MOST, description="USD."), AfterValidator(_whole)]
Budget = Annotated[float, Field(ge=0, le=_MOST), AfterValidator(_whole)]


def exact(amount: float) -> Decimal:
    """Give an amount as it was written."""
    return Decimal(str(amount))


class GrantIn(Asked):
    """Credits to put in."""

    amount: Amount = Field(examples=[25.0])
    note: Text | None = Field(default=None, examples=["Invoice 2026-114"])


class RefundIn(Asked):
    """What to give back."""

    job_id: str = Field(description="The job that was charged.")
    amount: Amount | None = Field(
        default=None,
        description="Default: all that it was charged, and what is still held for an attempt in doubt.",
    )
    note: Text | None = None


class BudgetIn(Asked):
    """The most that a project may spend."""

    budget: Budget | None = Field(
        description="USD spent and held together; null for no limit but the balance.", examples=[100.0]
    )


class AccountOut(Answered):
    """How a project's account stands."""

    project_id: UUID
    enabled: bool = Field(description="Whether credits are held here (CREDITS=on).")
    balance: Cost = Field(description="USD free to be held; never negative.")
    held: Cost = Field(description="USD set aside for what is queued, under way or in doubt.")
    spent: Cost = Field(description="USD charged, less what was refunded.")
    owed: Cost = Field(
        description="USD that generations cost beyond their holds and the balance; a grant pays it."
    )
    budget: Cost | None = Field(description="The most that may be spent and held; null for no such limit.")

    @classmethod
    def of(cls, account: Account, *, enabled: bool) -> Self:
        """Give an account as it is answered."""
        figures = {
            name: getattr(account, name) for name in ("project_id", "balance", "held", "spent", "owed")
        }
        return cls.model_validate({**figures, "enabled": enabled, "budget": account.cap})


class EntryOut(Answered):
    """One row of the ledger: what it added to each figure of the account, USD."""

    id: int
    kind: EntryKind
    amount: Cost = Field(description="Added to the balance.")
    held: Cost
    spent: Cost
    owed: Cost
    job_id: UUID | None
    attempt_id: UUID | None
    key: str = Field(description="Idempotency key: there is no second row with it.")
    receipt_id: UUID = Field(description="Of the admission, grant or refund that it belongs to.")
    note: str | None
    created_at: datetime


class EntryList(Answered):
    """One page of the ledger, the latest first."""

    data: list[EntryOut]
    next: str | None = Field(description="The after of the next page; null on the last one.")

    @classmethod
    def of(cls, page: Entries) -> Self:
        """Give a page as it is answered."""
        following = None if page.next is None else str(page.next)
        return cls(data=[EntryOut.model_validate(entry) for entry in page.data], next=following)


class WaitOut(Answered):
    """A queued job that waits for credits."""

    job_id: UUID
    needed: Cost = Field(description="What has to be held for it, USD.")


class SceneWaitsOut(Answered):
    """All jobs of a scene that wait for credits."""

    scene_id: UUID | None = Field(description="Null for what belongs to the whole project.")
    jobs: int
    needed: Cost = Field(description="What has to be held for all of them, USD.")


class CreditsOut(AccountOut):
    """An account, what waits for it, and a page of its ledger."""

    waiting: list[WaitOut] = Field(
        description=f"Queued jobs that it does not go for, the cheapest first, at most {MOST_WAITING}."
    )
    waiting_by_scene: list[SceneWaitsOut] = Field(
        description="All of these summed up; scenes where nothing waits are left out."
    )
    ledger: EntryList

    @classmethod
    def with_ledger(cls, found: Statement) -> Self:
        """Give both as they are answered."""
        figures = AccountOut.of(found.account, enabled=found.on).model_dump()
        waiting = [WaitOut.model_validate(one) for one in found.waiting]
        by_scene = [SceneWaitsOut.model_validate(one) for one in found.waiting_by_scene]
        return cls(**figures, waiting=waiting, waiting_by_scene=by_scene, ledger=EntryList.of(found.entries))


class GrantOut(Answered):
    """A grant, and how the account stands with it."""

    entry: EntryOut
    account: AccountOut

    @classmethod
    def of(cls, entry: Entry, account: Account) -> Self:
        """Give a grant as it is answered."""
        return cls(entry=EntryOut.model_validate(entry), account=AccountOut.of(account, enabled=True))


class RefundOut(Answered):
    """What was given back, and how the account stands with it."""

    entries: list[EntryOut]
    account: AccountOut


class CostOut(Answered):
    """What one attempt cost."""

    attempt_id: UUID
    job_id: UUID
    scene_id: UUID | None
    shot_id: UUID | None
    kind: JobKind
    number: int
    provider: str
    model: str
    state: AttemptState
    estimated_cost: Cost | None
    actual_cost: Cost | None = Field(
        description="As the provider reported it; the quote where it made something and reported nothing."
    )
    charged: Cost | None = Field(description="Of the project's credits; null where nothing was charged.")
    owed: Cost | None = Field(description="Of the cost, what there were no credits for.")
    error_code: str | None
    created_at: datetime
    finished_at: datetime | None


class CostList(Answered):
    """One page of the cost log, the latest attempt first."""

    data: list[CostOut]
    next: str | None = Field(description="The after of the next page; null on the last one.")

    @classmethod
    def of(cls, page: Page[AttemptCost], following: str | None) -> Self:
        """Give a page as it is answered."""
        return cls(data=[CostOut.model_validate(one) for one in page.data], next=following)


class PromptCostOut(Answered):
    """What one order had written for it, and what that cost."""

    id: UUID
    project_id: UUID
    writer: str
    model: str
    asked: int = Field(description="Shots that the writer was asked about.")
    written: int = Field(description="Shots that got a prompt.")
    priced: int = Field(
        description="Answers whose cost is known. What fails or comes too late may be billed without."
    )
    cost: Cost = Field(description="Of these, USD. The project is not charged for it.")
    created_at: datetime


class PromptCostList(Answered):
    """One page of what prompts cost, the latest order first."""

    data: list[PromptCostOut]
    next: str | None = Field(description="The after of the next page; null on the last one.")

    @classmethod
    def of(cls, page: Page[PromptCost], following: str | None) -> Self:
        """Give a page as it is answered."""
        return cls(data=[PromptCostOut.model_validate(one) for one in page.data], next=following)
