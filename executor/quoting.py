"""What a job will cost, by the tables that it is checked against before it is submitted."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.job import Claim, Job
from domain.provider import Provider
from domain.statuses import JobKind
from executor.submitting import prepare

_NO_CLAIM = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Quoter:
    """``domain.credits.Quote`` for the providers of one executor."""

    providers: Mapping[tuple[JobKind, str], Provider]

    def __call__(self, job: Job) -> Decimal:
        """Give the price of a job; nothing for one that will be refused before it is submitted."""
        assert job.provider is not None, "settled before anything is held"
        models = self.providers[job.kind, job.provider].models
        request, problems = prepare(Claim(job, _NO_CLAIM, None, 0, "", "", ""), models)
        return Decimal(0) if problems else models[request.model].quote(request)
