"""What a shot's clip is asked for with."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from domain.films import Shot
from domain.prompts import video_prompt


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
