import re
from pathlib import Path

import pytest

from providers.mock.script import IN_SECONDS, Marker, ScriptError, from_prompt, parse, without_markers


def test_markers_are_read_from_anywhere_in_a_prompt() -> None:
    script = from_prompt("[mock:reject=2] a lighthouse [mock:slow=0.5, poll_error] at dusk")

    assert script.limit(Marker.REJECT) == 2
    assert script.seconds(Marker.SLOW) == 0.5
    assert Marker.POLL_ERROR in script
    assert script.limit(Marker.POLL_ERROR) is None
    assert Marker.FAIL not in script


def test_the_prompt_is_shown_without_them() -> None:
    assert without_markers("[mock:fail]  a  lighthouse [mock:slow=1] at dusk") == "a lighthouse at dusk"
    assert without_markers("a [note] on the desk") == "a [note] on the desk"


@pytest.mark.parametrize(
    "text", ["reject=2,slow=1.5", "[mock:reject=2] [mock:slow=1.5]", " reject = 2 , slow=1.5,"]
)
def test_a_setting_may_be_written_with_or_without_brackets(text: str) -> None:
    assert str(parse(text)) == "reject=2,slow=1.5"


def test_what_is_written_reads_back() -> None:
    script = parse(",".join(f"{m}=2" if m in IN_SECONDS else m for m in Marker))

    assert parse(str(script)) == script
    assert set(script.values) == set(Marker)


def test_the_prompt_wins_over_the_setting() -> None:
    assert str(parse("reject=1").over(parse("reject=5,fail"))) == "reject=1,fail"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("explode", "no marker 'explode'; it knows auth, blocked, .*wrong_duration"),
        ("reject=0", "reject takes a count, such as reject=2, or nothing"),
        ("reject=two", "reject takes a count"),
        ("slow", "slow needs seconds, such as slow=2.5"),
        ("delay=-1", "delay needs seconds"),
    ],
)
def test_mistakes_are_told(text: str, sentence: str) -> None:
    with pytest.raises(ScriptError, match=sentence):
        parse(text)


def test_the_page_lists_every_marker() -> None:
    page = (Path(__file__).parents[4] / "docs" / "how-to" / "mock-provider.md").read_text()

    rows = re.findall(r"^\| `([a-z_]+)(=SECONDS)?` \|", page, re.MULTILINE)

    assert sorted(name for name, _ in rows) == sorted(Marker)
    assert {Marker(name) for name, seconds in rows if seconds} == IN_SECONDS
