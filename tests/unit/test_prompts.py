"""What a shot's clip is asked for with."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from domain.films import Shot
from domain.prompts import cleaned, shortened, video_prompt, with_narration


def shot(**texts: str | None) -> Shot:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Shot(
        id=uuid4(),
        project_id=uuid4(),
        scene_id=uuid4(),
        position=1,
        label="1A",
        image_prompt=texts.get("image_prompt"),
        video_prompt=texts.get("video_prompt"),
        narration=texts.get("narration"),
        duration_seconds=4.0,
        start_frame_url=None,
        end_frame_url=None,
        created_at=now,
        updated_at=now,
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"video_prompt": " She turns. ", "image_prompt": "A face", "narration": "Once."}, "She turns."),
        ({"image_prompt": "A face", "narration": " Once. "}, "A face\nNarration: Once."),
        ({"video_prompt": "  ", "image_prompt": "A face"}, "A face"),
        ({"narration": "Once."}, "Narration: Once."),
        ({}, ""),
    ],
)
def test_a_prompt_is_the_shots_own_or_composed(texts: dict[str, str], expected: str) -> None:
    assert video_prompt(shot(**texts)) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("  The lamp turns.\n\nFog rolls in.  ", "The lamp turns. Fog rolls in."),
        ('"The lamp turns."', "The lamp turns."),
        ("“The lamp turns.”", "The lamp turns."),
        ("**Prompt:** The lamp turns.", "The lamp turns."),
        ("Video prompt: the lamp turns", "the lamp turns"),
        ("The \x00lamp\u200b turns", "The lamp turns"),
        ("A prompt: that is said in the middle stays", "A prompt: that is said in the middle stays"),
        ('Prompt: "The lamp turns."', "The lamp turns."),
        ('She whispers "go"', 'She whispers "go"'),
        ('""', ""),
    ],
)
def test_what_writers_put_around_a_prompt_is_taken_off(written: str, expected: str) -> None:
    assert cleaned(written) == expected


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("Fits.", 5, "Fits."),
        ("One two three. Four five six.", 20, "One two three."),
        ("One two three four, five", 19, "One two three four"),
        ("A. Word after word after word", 24, "A. Word after word after"),
        ("Höhe 3.5 m und mehr davon", 12, "Höhe 3.5 m"),
        ("x" * 30, 10, "x" * 10),
    ],
)
def test_what_is_too_long_ends_with_a_sentence_or_a_word(text: str, most: int, expected: str) -> None:
    assert shortened(text, most) == expected


def test_narration_is_added_as_it_stands_and_counts() -> None:
    spoken = shot(image_prompt="A lamp", narration="  Up she goes. ")
    assert with_narration("The lamp turns.", spoken, 100) == "The lamp turns.\nNarration: Up she goes."
    bounded = with_narration("The lamp turns on. " * 50, spoken, 60)
    assert bounded == "The lamp turns on.\nNarration: Up she goes."
    assert len(bounded) <= 60
    assert not with_narration(" \n ", spoken, 100)
    assert not with_narration("The lamp turns.", spoken, 10), "no room beside the narration"
    assert with_narration("The lamp turns.", shot(), 100) == "The lamp turns."
