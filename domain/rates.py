"""How often a provider may be asked, and how executors keep to that together.

Submits are booked: a row per model says when the next one may go, and a claim moves it on by one slot for
each job that it takes. Polls cost no write: the time of the database's clock is divided into slots, which
executors own in turns. The arithmetic and its limits stand in decisions 45 and 46.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.capabilities import Capability
from domain.statuses import JobKind

SLACK_SECONDS = 0.1
"""How late a slot may be used; whoever comes later takes another one."""
LEAD_SECONDS = 0.2
"""From a booking to its first slot: time for the claim to arrive and for the intent to be committed."""
AHEAD_SECONDS = 1.0
"""How far claims book ahead. What is not booked yet is still queued: it may be cancelled, or overtaken."""
SETTLE_SECONDS = 8.0
"""From when an executor comes or goes to when slots change hands. By then everybody knows of it: who has not
beaten for 6 s asks nothing."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second to one model, over all executors; ``None`` where there is no limit."""

    model: str
    """Whose bucket it is: an alias shares that of the model it stands for."""
    submits: float | None = None
    polls: float | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """When one request may be made, by this machine's boot-time clock."""

    opens: float
    closes: float


@dataclass(frozen=True, slots=True)
class Booking:
    """How far the submits of one model are booked."""

    provider: str
    kind: JobKind
    model: str
    seconds: float
    """Until the next slot that is free; 0 when there is one now."""


@dataclass(frozen=True, slots=True)
class Member:
    """An executor that has its share of a lane's polls; moments in seconds of the database's clock."""

    id: UUID
    since: float
    until: float
    """When it will have been gone for long enough, as far as is known: each beat puts that off."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A look at the database's clock: it said ``database`` between ``sent`` and ``received`` by ours."""

    database: float
    sent: float
    received: float

    @property
    def doubt(self) -> float:
        """Seconds between which its answer lies."""
        return self.received - self.sent

    def at(self, moment: float) -> float:
        """Give what the database's clock says at a moment of ours, at the latest."""
        return self.database + moment - self.sent

    def slot(self, opens: float) -> Slot:
        """Give the slot that opens at a moment of the database's clock: never too early, and closed in time.

        A database that takes longer to answer than a slot is wide leaves a sliver of it, at the price of
        that doubt: better a little too fast than never.
        """
        earliest = self.received + opens - self.database
        return Slot(
            earliest, max(earliest + SLACK_SECONDS / 4, self.sent + opens - self.database + SLACK_SECONDS)
        )


@dataclass(frozen=True, slots=True)
class Share:
    """Which of a lane's slots are one executor's: every ``of``-th, from the ``place``-th on."""

    place: int
    of: int

    def next_after(self, number: int) -> int:
        """Give the number of the first slot of its own after that one."""
        return number + 1 + (self.place - number - 1) % self.of


def spacing(per_second: float) -> float:
    """Give the seconds between two slots.

    Each may be used ``SLACK_SECONDS`` late, so that n + 1 requests span n slots less that slack: with this
    spacing no window of one second sees more of them than the rate says.
    """
    return (1.0 + SLACK_SECONDS) / per_second


def share_of(executor: UUID, members: Collection[Member], now: float) -> Share | None:
    """Give an executor's share at a moment of the database's clock; ``None`` while it has none.

    All executors come to the same answer from what they learnt at different beats, because newcomers and
    leavers count from ``SETTLE_SECONDS`` after they came or went. The first one waits for nobody.
    """
    known = sorted((m for m in members if now < m.until), key=lambda member: (member.since, member.id))
    settled = [m.id for m in known[:1]] + [m.id for m in known[1:] if now >= m.since + SETTLE_SECONDS]
    return Share(settled.index(executor), len(settled)) if executor in settled else None


def rates_of(
    models: Mapping[str, Capability], *, submits: float | None = None, polls: float | None = None
) -> Mapping[str, Rate]:
    """Give the rates of the models that have any; what is given here wins over their own."""
    found = {
        model: Rate(
            able.limited_with or model,
            submits=able.submits_per_second if submits is None else submits,
            polls=able.polls_per_second if polls is None else polls,
        )
        for model, able in models.items()
    }
    return {model: rate for model, rate in found.items() if rate.submits or rate.polls}
