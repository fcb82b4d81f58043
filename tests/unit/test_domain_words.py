"""The small rules of the vocabulary: errors, access, prompts, tallies, providers' answers, the boot clock."""

import json
import time
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.access import LOCAL, Caller, Scope
from domain.clock import boot_time
from domain.failures import RULES, ErrorCode
from domain.films import SceneTally, Shot
from domain.prompts import video_prompt
from domain.provider import GenerationFailedError, Result, SubmitRejectedError, SubmitUnknownError
from domain.statuses import FINAL, LIVE, JobStatus, RenderStatus
from tests.factories import MOMENT, claim


def test_an_error_speaks_by_its_docstring_or_by_its_words() -> None:
    assert errors.NotAllowedError().message == "This key does not allow that."
    assert errors.NotAllowedError("not you").message == "not you"


def test_a_wrong_setting_names_itself_its_value_and_what_is_allowed() -> None:
    wrong = errors.ConfigurationError("VIDEO_PROVIDER", "sora", "allowed: mock")
    assert wrong.message == "VIDEO_PROVIDER is 'sora'; allowed: mock"
    assert errors.ConfigurationError("API_KEY", None, "needed").message == "API_KEY is not set; needed"


def test_an_invalid_request_lists_every_problem() -> None:
    problems = [errors.Problem("a", 1, "b"), errors.Problem("c", 2, "d", "1A")]
    error = errors.InvalidRequestError(problems)
    assert error.problems == tuple(problems)
    assert error.message == "a is 1; b; 1A: c is 2; d"


def test_a_conflict_carries_a_code_and_what_is_in_the_way() -> None:
    assert errors.ConflictError().code == "conflict"
    problem = errors.Problem("shots", "1A", "busy")
    assert errors.ConflictError("no", "shot_busy", [problem]).problems == (problem,)


@pytest.mark.parametrize(
    ("held", "asked", "may"),
    [
        (Scope.READ, Scope.READ, True),
        (Scope.READ, Scope.RENDER, False),
        (Scope.RENDER, Scope.READ, True),
        (Scope.RENDER, Scope.RENDER, True),
        (Scope.RENDER, Scope.ADMIN, False),
        (Scope.ADMIN, Scope.READ, True),
        (Scope.ADMIN, Scope.RENDER, True),
        (Scope.ADMIN, Scope.ADMIN, True),
    ],
)
def test_a_scope_includes_the_smaller_ones(held: Scope, asked: Scope, may: bool) -> None:
    assert Caller("c", frozenset({held})).may(asked) is may


def test_a_key_bound_to_projects_sees_no_other() -> None:
    bound = Caller("c", frozenset({Scope.READ}), frozenset({UUID(int=1)}))
    assert bound.sees(UUID(int=1))
    assert not bound.sees(UUID(int=2))
    assert LOCAL.sees(UUID(int=2))
    assert not Caller("c", frozenset()).may(Scope.READ)


SHOT = Shot(
    id=UUID(int=1),
    project_id=UUID(int=2),
    scene_id=UUID(int=3),
    position=1,
    label="1A",
    image_prompt=None,
    video_prompt=None,
    narration=None,
    duration_seconds=4,
    start_frame_url=None,
    end_frame_url=None,
    created_at=MOMENT,
    updated_at=MOMENT,
)


@pytest.mark.parametrize(
    ("own", "picture", "spoken", "prompt"),
    [
        (" it moves ", "a fox", "once", "it moves"),
        (None, "a fox", "once", "a fox\nNarration: once"),
        (" ", "a fox", None, "a fox"),
        (None, None, "once", "Narration: once"),
        (None, " ", "", ""),
    ],
)
def test_a_clip_is_asked_for_with_its_own_prompt_or_a_composed_one(
    own: str | None, picture: str | None, spoken: str | None, prompt: str
) -> None:
    assert video_prompt(replace(SHOT, video_prompt=own, image_prompt=picture, narration=spoken)) == prompt


COUNTS = st.dictionaries(
    st.sampled_from([status for status in JobStatus if status is not JobStatus.CANCELLED]), st.integers(0, 5)
)


@given(COUNTS)
def test_a_scene_is_what_its_deciding_jobs_make_of_it(counts: dict[JobStatus, int]) -> None:
    tally = SceneTally(UUID(int=1), counts, 0)
    there = {status for status, count in counts.items() if count}
    if there & LIVE:
        assert tally.status is RenderStatus.RENDERING
    elif JobStatus.FAILED in there:
        assert tally.status is RenderStatus.FAILED
    elif there:
        assert there == {JobStatus.COMPLETED}
        assert tally.status is RenderStatus.COMPLETE
    else:
        assert tally.status is RenderStatus.PENDING
    assert tally.total == tally.live + tally.failed + tally.completed
    assert tally.total == sum(counts.get(status, 0) for status in LIVE | FINAL)


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
    st.none() | st.decimals(0, 999_999, places=6),
)
def test_a_result_survives_its_way_through_the_database(
    data: dict[str, object], cost: Decimal | None
) -> None:
    result = Result(data, "image/png", cost)
    assert Result.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_a_providers_error_has_its_sentence_its_code_and_the_raw_answer() -> None:
    refused = SubmitRejectedError(ErrorCode.RATE_LIMITED, raw="429", retry_after=7.0)
    assert (refused.message, refused.raw, refused.retry_after) == (
        RULES[ErrorCode.RATE_LIMITED].sentence,
        "429",
        7.0,
    )
    assert SubmitUnknownError().code is ErrorCode.SUBMIT_UNKNOWN
    failed = GenerationFailedError(ErrorCode.CONTENT_BLOCKED, cost=Decimal(1), reasons=("gore",))
    assert (failed.cost, failed.reasons) == (Decimal(1), ("gore",))


def test_a_claim_freezes_what_is_asked_of_the_provider() -> None:
    held = claim()
    request = held.request("model-x")
    for name in ("project_id", "scene_id", "kind", "prompt", "duration_seconds", "seed"):
        assert getattr(request, name) == getattr(held.job, name)
    assert (request.job_id, request.model, request.shot_label) == (held.job.id, "model-x", held.shot_label)
    assert (request.project_title, request.scene_title) == (held.project_title, held.scene_title)


def test_the_boot_clock_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert boot_time() <= boot_time()
    # Where the platform has no clock that counts sleep, the monotonic one is the next best.
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    before = time.monotonic()
    assert before <= boot_time() <= time.monotonic()
