"""Credits: what a project may spend, what is held of it, and what became of every dollar.

An account's figures are the sums of its ledger's entries, in the database's own keeping. Amounts are US
dollars here and whole micro-dollars in the database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid5

from domain.errors import InsufficientCreditsError, Problem
from domain.job import Job
from domain.paging import Page, Position
from domain.statuses import AttemptState, JobKind

_MICROS = 1_000_000
SMALLEST = Decimal(1) / _MICROS


def micros(dollars: Decimal) -> int:
    """Give whole micro-dollars, as the database rounds a cost."""
    return int((dollars * _MICROS).to_integral_value(ROUND_HALF_UP))


def dollars(amount: int) -> Decimal:
    """Give US dollars for whole micro-dollars."""
    return Decimal(amount) / _MICROS


def usd(amount: Decimal) -> str:
    """Show an amount, to the cent where that is all of it."""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount.normalize():f} USD"


def receipt_of(project: UUID, jobs: Sequence[UUID]) -> UUID:
    """Name an order after its jobs: whoever has those can tell that nothing was added."""
    return uuid5(project, ",".join(map(str, jobs)))


Quote = Callable[[Job], Decimal]
"""Tells what a job will cost, USD, once its provider and model are settled."""


class EntryKind(StrEnum):
    """What an entry of the ledger is about."""

    GRANT = "grant"
    """A person put credits in: the only way there are any."""
    HOLD = "hold"
    """Set aside for a generation, before it is queued or claimed."""
    SETTLE = "settle"
    """Charged: what the provider took, out of the hold first, then out of the balance."""
    RELEASE = "release"
    """The rest of a hold, back in the balance."""
    REFUND = "refund"
    """A person gave back what was charged."""


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """On which terms credits are held, where they are."""

    welcome: Decimal = Decimal(0)
    """USD that every project is granted, once, when its account is opened."""


@dataclass(frozen=True, slots=True)
class Paying:
    """What an executor needs to hold credits for what it claims."""

    quote: Quote
    terms: CreditTerms = CreditTerms()  # frozen, so it may be shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How a project stands, USD."""

    project_id: UUID
    balance: Decimal
    """Free to be held; never negative."""
    held: Decimal
    spent: Decimal
    owed: Decimal
    """What generations cost beyond their hold and the balance; the next grant pays it first."""
    cap: Decimal | None
    """The most that may be spent and held together; ``None`` for no such budget."""

    @property
    def available(self) -> Decimal:
        """What may still be held."""
        return self.balance if self.cap is None else min(self.balance, self.cap - self.spent - self.held)


@dataclass(frozen=True, slots=True)
class Means:
    """What an order takes, and what its project has for it."""

    account: Account
    needed: Decimal
    """USD."""

    @property
    def missing(self) -> Decimal:
        """USD that there are too few; 0 where the order is covered."""
        return max(Decimal(0), self.needed - self.account.available) if self.needed else Decimal(0)

    @property
    def refusal(self) -> InsufficientCreditsError | None:
        """Say no to an order that is not covered, with the figures of what leaves less: credits or budget."""
        if not self.missing:
            return None
        account, takes = self.account, f"this takes {usd(self.needed)}"
        if account.cap is None or account.available == account.balance:
            field, code = "credits", "insufficient_credits"
            said = f"{takes}, and the project has {usd(account.balance)} of credits"
        else:
            field, code = "budget", "budget_exceeded"
            gone = usd(account.spent + account.held)
            said = f"{takes}; the project's budget is {usd(account.cap)}, of which {gone} are spent or held"
        problem = Problem(field, usd(account.available), f"{said}: {usd(self.missing)} are missing")
        return InsufficientCreditsError(f"{said}; nothing was queued", code, [problem])

    @property
    def problems(self) -> Sequence[Problem]:
        """The same as one of the things that stand in an order's way; none where it is covered."""
        refusal = self.refusal
        return refusal.problems if refusal else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the ledger: what it added to each of the account's figures, USD."""

    id: int
    project_id: UUID
    kind: EntryKind
    amount: Decimal
    """To the balance."""
    held: Decimal
    spent: Decimal
    owed: Decimal
    job_id: UUID | None
    attempt_id: UUID | None
    key: str
    receipt_id: UUID
    note: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Entries:
    """One page of the ledger, the latest first."""

    data: Sequence[Entry]
    next: int | None
    """The last one's id; ``None`` on the last page."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A queued job that the account does not go for."""

    job_id: UUID
    needed: Decimal
    """What has to be held for it, USD."""


@dataclass(frozen=True, slots=True)
class SceneWaits:
    """All queued jobs of a scene that the account does not go for."""

    scene_id: UUID | None
    """``None`` for what belongs to the whole project."""
    jobs: int
    needed: Decimal
    """USD, for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one attempt cost, or will: the cost log has every attempt, paid or not."""

    attempt_id: UUID
    job_id: UUID
    scene_id: UUID | None
    shot_id: UUID | None
    kind: JobKind
    number: int
    provider: str
    model: str
    state: AttemptState
    estimated_cost: Decimal | None
    actual_cost: Decimal | None
    """As the provider reported it; the quote where it made something and reported nothing."""
    charged: Decimal | None
    """Out of the project's credits; ``None`` where nothing was."""
    owed: Decimal | None
    """Of the cost, what there were no credits for."""
    error_code: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptCost:
    """What one order had written for it, and what that cost. Nobody is charged for it."""

    id: UUID
    project_id: UUID
    writer: str
    model: str
    asked: int
    """Shots that the writer was asked about."""
    written: int
    """Shots that got a prompt."""
    priced: int
    """Answers whose cost is known."""
    cost: Decimal
    """Of these, USD."""
    created_at: datetime | None = None
    """By the database's clock, once it is written down."""


class CreditRecords(Protocol):
    """Accounts, in the transaction of whoever asks.

    Accounts are locked before projects: whoever holds for jobs has locked the project through its own port.
    """

    on: bool
    """Whether credits are held at all; nothing is written where they are not."""

    async def account(self, project: UUID) -> Account:
        """Tell how a project stands, or will as soon as its account is opened."""
        ...

    async def hold(self, project: UUID, costs: Mapping[UUID, Decimal], receipt: UUID) -> None:
        """Hold for all of these jobs of a project, or for none.

        Raises:
            InsufficientCreditsError: ``insufficient_credits`` or ``budget_exceeded``, with the figures.
        """
        ...

    async def grant(self, project: UUID, amount: Decimal, *, key: str, note: str | None) -> Entry:
        """Put credits in. Under a key that was used before, gives what was granted then.

        Raises:
            ConflictError: ``grant_key_reused``: the key was used for another project or amount.
        """
        ...

    async def refund(
        self, project: UUID, job: UUID, amount: Decimal | None, *, key: str, note: str | None
    ) -> Sequence[Entry]:
        """Give back what a job was charged, all of it or an amount, or what is held in doubt for it.

        Raises:
            ConflictError: ``nothing_to_refund``, with what there is where that is less.
        """
        ...

    async def set_cap(self, project: UUID, cap: Decimal | None) -> None:
        """Set the most that may be spent."""
        ...

    async def entries(self, project: UUID, *, after: int | None, limit: int) -> Entries:
        """List the ledger, the latest first."""
        ...

    async def costs(self, project: UUID, *, after: Position | None, limit: int) -> Page[Cost]:
        """List every attempt with what it cost, the latest first."""
        ...

    async def note_prompts(self, cost: PromptCost) -> None:
        """Write down what prompts cost, whether credits are on or not."""
        ...

    async def prompts(self, project: UUID, *, after: Position | None, limit: int) -> Page[PromptCost]:
        """List what prompts cost, the latest order first."""
        ...

    async def totals(self, project: UUID) -> Mapping[EntryKind, Decimal]:
        """Sum up the ledger by kind, each as a positive figure."""
        ...

    async def waiting(self, project: UUID, limit: int) -> Sequence[Wait]:
        """List the queued jobs of a project that wait for credits, the cheapest first."""
        ...

    async def waiting_by_scene(self, project: UUID) -> Sequence[SceneWaits]:
        """Sum up all queued jobs of a project that wait for credits; scenes without any are left out."""
        ...

    async def shortfall(self, job: UUID) -> Decimal | None:
        """Give what has to be held for a queued job that waits for credits; ``None`` for any other."""
        ...
