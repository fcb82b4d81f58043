"""Which moves a job may make. Data, not code: the diagram in the docs is drawn from it."""

from domain.errors import InvalidTransitionError
from domain.statuses import JobStatus

S = JobStatus

ALLOWED: dict[JobStatus, frozenset[JobStatus]] = {
    S.WAITING: frozenset({S.QUEUED, S.FAILED, S.CANCELLED}),
    S.QUEUED: frozenset({S.PROCESSING, S.CANCELLED}),
    S.PROCESSING: frozenset({S.GENERATING, S.QUEUED, S.FAILED, S.CANCELLED}),
    S.GENERATING: frozenset({S.UPLOADING, S.QUEUED, S.FAILED, S.CANCELLED}),
    S.UPLOADING: frozenset({S.COMPLETED, S.QUEUED, S.FAILED, S.CANCELLED}),
    S.COMPLETED: frozenset(),
    S.CANCELLED: frozenset(),
    # A person's retry queues it, a person's retry-download uploads it, and a result that turns
    # up after its submit was given up for lost is adopted.
    S.FAILED: frozenset({S.QUEUED, S.GENERATING, S.UPLOADING}),
}


def check_move(source: JobStatus, target: JobStatus) -> None:
    """Raise ``InvalidTransitionError`` unless a ``source`` job may become ``target``."""
    if target not in ALLOWED[source]:
        raise InvalidTransitionError(source, target)
