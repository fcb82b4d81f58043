"""The one table of errors, walked row by row."""

import pytest

from domain.failures import RULES, ErrorCode, Retrier

E, R = ErrorCode, Retrier

NOBODY_BY_ITSELF = {
    E.INVALID_REQUEST,
    E.CONTENT_BLOCKED,
    E.MODEL_UNAVAILABLE,
    E.SUBMIT_UNKNOWN,
    E.RESULT_EXPIRED,
    E.RESULT_MISSING,
    E.CLIP_INVALID,
    E.DEADLINE_EXCEEDED,
    E.CANCELLED,
}
"""Blocked, invalid, lost, over: a person, after changing something."""
THE_ACCOUNTS = {E.AUTH, E.PERMISSION, E.QUOTA_OR_BILLING}
"""Not this job's fault: it keeps its place, and its provider is paused until a person mends the account."""
PASSING = {E.RATE_LIMITED, E.PROVIDER_TRANSIENT, E.PROVIDER_FAILED}
"""Refused: the attempt again, not counted. Failed after it was accepted: the job again, counted."""
OF_ONE_STEP = {E.DOWNLOAD_FAILED, E.STORAGE_FAILED}
"""The clip is made and paid for: only the download or upload is repeated."""


def test_every_code_has_its_place() -> None:
    parts = [NOBODY_BY_ITSELF, THE_ACCOUNTS, PASSING, OF_ONE_STEP]
    assert set(RULES) == set(ErrorCode) == set().union(*parts)
    assert sum(map(len, parts)) == len(ErrorCode)


@pytest.mark.parametrize("code", sorted(NOBODY_BY_ITSELF))
def test_nothing_is_tried_again_where_it_would_end_the_same(code: ErrorCode) -> None:
    assert (RULES[code].at_submit, RULES[code].at_generation) == (R.PERSON, R.PERSON)
    assert not RULES[code].pauses_provider


@pytest.mark.parametrize("code", sorted(THE_ACCOUNTS))
def test_a_fault_of_the_account_pauses_the_provider_and_keeps_the_queue(code: ErrorCode) -> None:
    assert (RULES[code].at_submit, RULES[code].at_generation) == (R.ATTEMPT, R.PERSON)
    assert RULES[code].pauses_provider


@pytest.mark.parametrize("code", sorted(PASSING))
def test_a_passing_fault_is_tried_again(code: ErrorCode) -> None:
    assert (RULES[code].at_submit, RULES[code].at_generation) == (R.ATTEMPT, R.JOB)


@pytest.mark.parametrize("code", sorted(OF_ONE_STEP))
def test_a_paid_clip_is_never_generated_again(code: ErrorCode) -> None:
    assert (RULES[code].at_submit, RULES[code].at_generation) == (R.STEP, R.STEP)
    assert not RULES[code].pauses_provider


def test_only_faults_that_every_job_would_meet_pause_a_provider() -> None:
    paused = {code for code, rule in RULES.items() if rule.pauses_provider}
    assert paused == THE_ACCOUNTS | {E.RATE_LIMITED, E.PROVIDER_TRANSIENT}


@pytest.mark.parametrize("code", ErrorCode)
def test_a_film_maker_reads_a_sentence(code: ErrorCode) -> None:
    sentence = RULES[code].sentence
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "_" not in sentence, "no code, no field name"


def test_sentences_differ() -> None:
    assert len({rule.sentence for rule in RULES.values()}) == len(RULES)
