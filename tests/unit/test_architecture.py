"""The diagram of a job's life in the documents is the table that the code goes by."""

import re
from pathlib import Path

from domain.statuses import FINAL, JobStatus
from domain.transitions import ALLOWED

PAGE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")
DIAGRAM = PAGE.split("```mermaid", 1)[1].split("```", 1)[0]
DRAWN = re.findall(r"^ +(\S+) --> (\S+?)(?::.*)?$", DIAGRAM, re.MULTILINE)


def test_every_move_is_drawn_and_no_other() -> None:
    drawn = [(source, target) for source, target in DRAWN if "[*]" not in {source, target}]
    allowed = {(source.value, target.value) for source, targets in ALLOWED.items() for target in targets}
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == allowed


def test_a_life_begins_and_ends_where_the_statuses_say() -> None:
    begins = {target for source, target in DRAWN if source == "[*]"}
    ends = {source for source, target in DRAWN if target == "[*]"}
    assert begins == {JobStatus.WAITING, JobStatus.QUEUED}
    # A failed job is final until a person retries it, so its arrows lead back and not out.
    assert ends == FINAL - {JobStatus.FAILED}
