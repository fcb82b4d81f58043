"""Which moves exist: the diagram of a job's life, drawn once more as pairs, and every move of an executor."""

import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import moves
from domain.errors import InvalidTransitionError
from domain.failures import ErrorCode
from domain.moves import Move, Pause
from domain.provider import Handle, ProviderError, Result
from domain.statuses import FINAL, IN_HAND, LIVE, AttemptState, JobStatus
from domain.transitions import ALLOWED, check_move
from tests.factories import attempt, claim

S = JobStatus

DIAGRAM = {
    # The way forward.
    (S.WAITING, S.QUEUED),
    (S.QUEUED, S.PROCESSING),
    (S.PROCESSING, S.GENERATING),
    (S.GENERATING, S.UPLOADING),
    (S.UPLOADING, S.COMPLETED),
    # Again, from wherever an executor works.
    (S.PROCESSING, S.QUEUED),
    (S.GENERATING, S.QUEUED),
    (S.UPLOADING, S.QUEUED),
    # Given up.
    (S.WAITING, S.FAILED),
    (S.PROCESSING, S.FAILED),
    (S.GENERATING, S.FAILED),
    (S.UPLOADING, S.FAILED),
    # A person cancels whatever is not final.
    (S.WAITING, S.CANCELLED),
    (S.QUEUED, S.CANCELLED),
    (S.PROCESSING, S.CANCELLED),
    (S.GENERATING, S.CANCELLED),
    (S.UPLOADING, S.CANCELLED),
    # A person's retry, the adoption of a recovered result, a person's retry-download.
    (S.FAILED, S.QUEUED),
    (S.FAILED, S.GENERATING),
    (S.FAILED, S.UPLOADING),
}

CLAIM, ATTEMPT, ERROR = claim(), attempt(), ProviderError(ErrorCode.PROVIDER_FAILED)
STORED = {"storage_path": "p/s/j.mp4", "video_url": "/api/v1/jobs/j/content"}

MOVES: dict[str, tuple[Callable[[], Move], JobStatus, JobStatus]] = {
    "begin": (lambda: moves.begin(CLAIM, ATTEMPT), S.PROCESSING, S.PROCESSING),
    "accept": (lambda: moves.accept(CLAIM, ATTEMPT, Handle("h")), S.PROCESSING, S.GENERATING),
    "lose_answer": (lambda: moves.lose_answer(CLAIM, ATTEMPT, ERROR), S.PROCESSING, S.PROCESSING),
    "free_slot": (lambda: moves.free_slot(CLAIM), S.PROCESSING, S.PROCESSING),
    "release": (lambda: moves.release(CLAIM), S.PROCESSING, S.QUEUED),
    "reject": (lambda: moves.reject(CLAIM, ATTEMPT, ERROR, 1.0, Pause("busy")), S.PROCESSING, S.QUEUED),
    "progress": (lambda: moves.progress(CLAIM, 40), S.GENERATING, S.GENERATING),
    "collect": (lambda: moves.collect(CLAIM, ATTEMPT.id, Result({})), S.GENERATING, S.UPLOADING),
    "collect_take": (
        lambda: moves.collect_take(CLAIM, ATTEMPT.id, Result({})),
        S.CANCELLED,
        S.CANCELLED,
    ),
    "complete": (lambda: moves.complete(CLAIM, ATTEMPT.id, STORED, 1), S.UPLOADING, S.COMPLETED),
    "retry_later": (
        lambda: moves.retry_later(CLAIM, ATTEMPT.id, ERROR, Decimal(1), 2.0),
        S.GENERATING,
        S.QUEUED,
    ),
    "fail": (lambda: moves.fail(CLAIM, S.UPLOADING, ERROR, ATTEMPT.id), S.UPLOADING, S.FAILED),
    "keep_take": (lambda: moves.keep_take(CLAIM, ATTEMPT.id, STORED, 1), S.CANCELLED, S.CANCELLED),
    "let_go": (lambda: moves.let_go(CLAIM, ATTEMPT.id, ERROR), S.CANCELLED, S.CANCELLED),
}
"""Every named move of an executor, and between which statuses it stands."""


def test_the_table_is_the_diagram() -> None:
    assert {(source, target) for source, targets in ALLOWED.items() for target in targets} == DIAGRAM
    assert set(ALLOWED) == set(JobStatus)


@pytest.mark.parametrize("source", JobStatus)
@pytest.mark.parametrize("target", JobStatus)
def test_a_move_outside_the_diagram_names_both_ends(source: JobStatus, target: JobStatus) -> None:
    if (source, target) in DIAGRAM:
        check_move(source, target)
        return
    with pytest.raises(InvalidTransitionError) as caught:
        check_move(source, target)
    assert (caught.value.source, caught.value.target, caught.value.code) == (
        source,
        target,
        "invalid_transition",
    )
    assert str(source) in caught.value.message


def test_every_move_of_an_executor_is_known_here() -> None:
    public = {
        name
        for name, found in vars(moves).items()
        if inspect.isfunction(found) and found.__module__ == moves.__name__ and not name.startswith("_")
    }
    assert public == set(MOVES)


@pytest.mark.parametrize("name", MOVES)
def test_a_move_is_in_the_diagram_or_changes_no_status(name: str) -> None:
    build, expected, target = MOVES[name]
    move = build()
    assert (move.name, move.expected, move.target) == (name, expected, target)
    assert move.changes_status == (expected is not target)
    assert not move.changes_status or (expected, target) in DIAGRAM


@pytest.mark.parametrize("expected", [S.QUEUED, S.COMPLETED, S.CANCELLED])
def test_a_move_cannot_be_built_where_the_diagram_has_none(expected: JobStatus) -> None:
    with pytest.raises(InvalidTransitionError):
        moves.fail(CLAIM, expected, ERROR)


def test_statuses_fall_into_live_and_final() -> None:
    assert frozenset(JobStatus) == LIVE | FINAL
    assert not LIVE & FINAL
    assert IN_HAND < LIVE


@given(st.lists(st.sampled_from(JobStatus), max_size=40))
def test_no_walk_leaves_completed_or_cancelled(targets: list[JobStatus]) -> None:
    here, over = JobStatus.WAITING, False
    for target in targets:
        if target in ALLOWED[here]:
            assert not over
            here = target
            over = here in {JobStatus.COMPLETED, JobStatus.CANCELLED}


@pytest.mark.parametrize(
    ("name", "frees", "gives_back"),
    [
        ("begin", False, False),
        ("accept", False, False),
        ("lose_answer", False, False),
        ("free_slot", True, False),
        ("release", True, True),
        ("reject", True, True),
        ("progress", False, False),
        ("collect", True, False),
        ("collect_take", True, False),
        ("complete", False, False),
        ("retry_later", True, False),
        ("fail", True, False),
        ("keep_take", True, False),
        ("let_go", True, False),
    ],
)
def test_slots_and_generations_are_given_back_where_nothing_runs(
    name: str, frees: bool, gives_back: bool
) -> None:
    move = MOVES[name][0]()
    assert (move.frees_slot, move.gives_back) == (frees, gives_back)


def test_a_failure_counts_as_a_generation_unless_nothing_was_accepted() -> None:
    assert moves.fail(CLAIM, S.PROCESSING, ERROR).gives_back
    assert moves.fail(CLAIM, S.PROCESSING, ERROR, ATTEMPT.id, AttemptState.REJECTED).gives_back
    assert not moves.fail(CLAIM, S.PROCESSING, ERROR, ATTEMPT.id, AttemptState.UNKNOWN).gives_back


def test_the_end_of_an_attempt_that_never_was_says_nothing_of_it() -> None:
    assert moves.let_go(CLAIM, None, ERROR).attempt is None


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("begin", AttemptState.INTENT),
        ("accept", AttemptState.ACCEPTED),
        ("lose_answer", AttemptState.UNKNOWN),
        ("reject", AttemptState.REJECTED),
        ("collect", AttemptState.SUCCEEDED),
        ("collect_take", AttemptState.ABANDONED),
        ("complete", AttemptState.SUCCEEDED),
        ("retry_later", AttemptState.FAILED),
        ("fail", AttemptState.FAILED),
        ("keep_take", AttemptState.ABANDONED),
        ("let_go", AttemptState.ABANDONED),
        ("free_slot", None),
        ("release", None),
        ("progress", None),
    ],
)
def test_what_a_move_says_about_the_attempt(name: str, state: AttemptState | None) -> None:
    change: Any = MOVES[name][0]().attempt
    assert (change.state if change else None) == state
    assert change is None or change.id == ATTEMPT.id


def test_a_failure_reaches_job_and_attempt_with_its_words() -> None:
    error = ProviderError(ErrorCode.CONTENT_BLOCKED, raw="{}")
    move = moves.fail(CLAIM, S.GENERATING, error, ATTEMPT.id, cost=Decimal("0.5"))
    assert move.columns == {"error_code": "content_blocked", "error_message": error.message}
    assert move.attempt is not None
    assert (move.attempt.error_code, move.attempt.raw_error, move.attempt.actual_cost) == (
        ErrorCode.CONTENT_BLOCKED,
        "{}",
        Decimal("0.5"),
    )
