"""Scripts in plain text come down to scenes and shots, and nothing is dropped silently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.screenplay import USUAL_SECONDS, read

SCRIPT = """Title: Night Shift
Author: Somebody

INT. BAKERY - NIGHT

NARRATOR (V.O.)
The city sleeps.

A baker pulls bread from a glowing oven. (6 s)

BAKER
(quietly)
There you are.

1C: Steam rises from
a split loaf. [4.5 sec]

CUT TO:

# The street

Image: Wet cobbles at dawn.
Video: A slow crane down to a cat. (8s)
Narration: And then, the cat.
"""


def test_a_script_becomes_scenes_and_shots() -> None:
    project = read(SCRIPT).project
    assert project.title == "Night Shift"
    assert [scene.title for scene in project.scenes] == ["INT. BAKERY - NIGHT", "The street"]
    bakery, street = project.scenes
    assert bakery.narration == "The city sleeps."
    assert [(shot.label, shot.duration_seconds) for shot in bakery.shots] == [("1A", 6.0), ("1C", 4.5)]
    assert bakery.shots[0].image_prompt == "A baker pulls bread from a glowing oven."
    assert bakery.shots[0].narration == "There you are."
    assert bakery.shots[1].image_prompt == "Steam rises from a split loaf."
    (cat,) = street.shots
    assert (cat.image_prompt, cat.video_prompt, cat.narration, cat.duration_seconds) == (
        "Wet cobbles at dawn.",
        "A slow crane down to a cat.",
        "And then, the cat.",
        8.0,
    )


def test_what_is_left_out_is_said() -> None:
    found = read(SCRIPT + "\n[[ask the cat]]\n\n= A synopsis.\nThe cat yawns.\n")
    assert "transitions and synopses were left out" in found.notes
    assert "notes and comments were left out" in found.notes
    assert found.project.scenes[-1].shots[-1].image_prompt == "The cat yawns."


def test_what_is_assumed_is_said() -> None:
    found = read("A fox crosses a frozen lake.")
    assert found.project.title == "Untitled"
    assert found.project.scenes[0].shots[0].duration_seconds == USUAL_SECONDS
    assert len(found.notes) == 3
    assert found.notes[-1].startswith("1 shot names no length and gets 6 s")


@pytest.mark.parametrize(
    "heading", ["INT. ROOM - DAY", "ext. room", "INT./EXT. CAR", ".THE ROOM", "## The room"]
)
def test_headings_of_every_form(heading: str) -> None:
    project = read(f"Title: T\n\n{heading}\n\nA chair. (4 s)").project
    assert len(project.scenes) == 1
    assert len(project.scenes[0].shots) == 1


@pytest.mark.parametrize("text", ["", "\n\n", "Title: Alone", "===", "[[nothing]]"])
def test_an_empty_script_is_an_empty_project(text: str) -> None:
    assert read(text).project.scenes == ()


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    assert read("\ufeff" + SCRIPT.replace("\n", "\r\n")).project == read(SCRIPT).project


@given(st.text(max_size=400))
def test_no_text_breaks_it_and_labels_are_never_empty(text: str) -> None:
    for scene in read(text).project.scenes:
        assert scene.title
        assert all(shot.label for shot in scene.shots)
