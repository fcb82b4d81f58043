"""What a model can do is checked before anything is paid, field by field; and what it will cost."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.capabilities import Capability, Seconds
from domain.errors import Problem
from domain.requests import GenerationRequest
from domain.statuses import JobKind

PRICES = {"720p": Decimal("0.05"), "1080p": Decimal("0.1234567")}
PLAIN = Capability(
    JobKind.VIDEO, Seconds(only=(4, 6, 8)), ("16:9", "9:16"), PRICES, audio=False, longest_prompt=50
)
ABLE = replace(
    PLAIN,
    price_per_image=Decimal("0.002"),
    start_frame=True,
    end_frame=True,
    audio=True,
    seed=True,
    negative_prompt=True,
)
IMAGES = Capability(JobKind.IMAGE, Seconds(), ("1:1",), price_per_image=Decimal("0.04"))


def asked(**changes: Any) -> GenerationRequest:
    plain = GenerationRequest(
        UUID(int=1), UUID(int=2), UUID(int=3), None, JobKind.VIDEO, "m", "a fox", 6.0, shot_label="1A"
    )
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("changes", "field", "allowed"),
    [
        ({"prompt": " \n"}, "prompt", "must not be empty"),
        ({"prompt": "x" * 51}, "prompt", "at most 50 characters"),
        ({"duration_seconds": 5.0}, "duration_seconds", "allowed: 4 or 6 or 8 s; the nearest is 4 s"),
        ({"duration_seconds": 90.0}, "duration_seconds", "allowed: 4 or 6 or 8 s; the nearest is 8 s"),
        ({"duration_seconds": None}, "duration_seconds", "allowed: 4 or 6 or 8 s"),
        ({"duration_seconds": float("nan")}, "duration_seconds", "allowed: 4 or 6 or 8 s"),
        ({"aspect_ratio": "4:3"}, "aspect_ratio", "allowed: 16:9, 9:16"),
        ({"resolution": "8k"}, "resolution", "allowed: 720p, 1080p"),
        ({"start_frame_url": "https://a/b"}, "start_frame_url", "this model takes no start frame"),
        ({"end_frame_url": "https://a/b"}, "end_frame_url", "this model takes no end frame"),
        ({"seed": 0}, "seed", "this model takes no seed"),
        ({"negative_prompt": "rain"}, "negative_prompt", "this model takes no negative prompt"),
        ({"generate_audio": True}, "generate_audio", "this model makes no sound"),
    ],
)
def test_a_refusal_names_field_value_and_what_is_allowed(
    changes: dict[str, Any], field: str, allowed: str
) -> None:
    (problem,) = PLAIN.problems(asked(**changes))
    assert (problem.field, problem.allowed, problem.where) == (field, allowed, "1A")
    if field != "prompt":
        assert [problem.value] == [changes[field]], "a list, because nan equals itself only there"
    assert str(problem).startswith(f"1A: {field} is ")


def test_an_able_model_takes_it_all() -> None:
    everything = asked(
        aspect_ratio="9:16",
        resolution="1080p",
        start_frame_url="https://a/b",
        end_frame_url="https://a/c",
        seed=0,
        negative_prompt="rain",
        generate_audio=True,
    )
    assert ABLE.problems(everything) == []
    assert PLAIN.problems(asked(generate_audio=False, negative_prompt="")) == []


def test_an_end_frame_may_need_a_start_frame() -> None:
    needs = replace(ABLE, end_frame_needs_start=True)
    (problem,) = needs.problems(asked(end_frame_url="https://a/b"))
    assert (problem.field, problem.allowed) == ("end_frame_url", "needs a start frame as well")
    assert not needs.problems(asked(end_frame_url="https://a/b", start_frame_url="https://a/c"))


def test_every_problem_is_reported_at_once() -> None:
    found = PLAIN.problems(asked(prompt="", duration_seconds=1.0, seed=1, aspect_ratio="2:1"))
    assert [problem.field for problem in found] == ["prompt", "duration_seconds", "aspect_ratio", "seed"]


def test_an_image_has_no_duration() -> None:
    assert IMAGES.problems(asked(kind=JobKind.IMAGE, duration_seconds=None)) == []
    assert IMAGES.problems(asked(kind=JobKind.IMAGE, resolution="any, where none is offered")) == []


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_range_of_seconds_allows_what_lies_in_it(seconds: float) -> None:
    assert Seconds(1, 15).allows(seconds) == (1 <= seconds <= 15)
    assert Seconds(only=(4, 6)).allows(seconds) == (seconds in {4.0, 6.0})


def test_seconds_read_as_a_person_would_say_them() -> None:
    assert str(Seconds(1, 15)) == "1 to 15 s"
    assert str(Seconds(only=(4, 6.5))) == "4 or 6.5 s"


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({}, "0.300000"),
        ({"resolution": "1080p"}, "0.740740"),
        ({"start_frame_url": "https://a/b"}, "0.302000"),
        ({"start_frame_url": "https://a/b", "end_frame_url": "https://a/c"}, "0.304000"),
        ({"duration_seconds": None}, "0.000000"),
    ],
)
def test_a_clip_costs_its_seconds_and_its_frames(changes: dict[str, Any], price: str) -> None:
    assert str(ABLE.quote(asked(**changes))) == price


def test_an_image_costs_what_one_image_costs() -> None:
    assert str(IMAGES.quote(asked(kind=JobKind.IMAGE))) == "0.040000"


def test_the_first_resolution_is_the_default() -> None:
    assert PLAIN.resolutions == ("720p", "1080p")
    assert IMAGES.resolutions == ()


def test_a_problem_without_a_place_names_none() -> None:
    assert str(Problem("seed", 1, "no seed")) == "seed is 1; no seed"
