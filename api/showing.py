"""Jobs as they are answered, with links and as takes of their shots; and what they would cost."""

from collections.abc import Sequence

from api.call import Call
from api.errors import problem_entry
from api.schemas.jobs import JobOut
from api.schemas.pipeline import CountsOut, FilmEstimateOut, RecommendationOut
from api.schemas.problems import ProblemEntry
from api.schemas.rendering import MeansOut
from domain.job import Job
from domain.records import Transaction
from domain.statuses import JobKind
from services.pipeline import FilmEstimate


async def shown_jobs(call: Call, tx: Transaction, jobs: Sequence[Job]) -> list[JobOut]:
    """Give jobs as they are answered, in the order given."""
    takes = await tx.takes.of_jobs(jobs)
    return [JobOut.of(job, await call.links(job), takes.get(job.id)) for job in jobs]


async def shown_job(call: Call, tx: Transaction, job: Job) -> JobOut:
    """Give one job as it is answered."""
    (shown,) = await shown_jobs(call, tx, [job])
    return shown


def shown_estimate(found: FilmEstimate) -> FilmEstimateOut:
    """Give what a film would come to as it is answered."""
    return FilmEstimateOut(
        quote=float(found.quote),
        counts=CountsOut(**{kind.value: found.counts[kind] for kind in JobKind}),
        problems=[ProblemEntry(**problem_entry(problem)) for problem in found.problems],
        credits=MeansOut.of(found.means),
        recommendations=[
            RecommendationOut(code=one.code, sentence=one.sentence, shots=list(one.shots))
            for one in found.recommendations
        ],
    )
