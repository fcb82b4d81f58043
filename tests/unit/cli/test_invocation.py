"""What people are told to call can be pasted."""

import sys
from pathlib import Path

import pytest

from cli.invocation import program


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    made = tmp_path / "my tools" / "bin" / "rushes"
    made.parent.mkdir(parents=True)
    made.write_text("#!/bin/sh\n")
    made.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(made)])
    monkeypatch.setenv("PATH", "/nowhere")
    return made


def test_a_command_below_this_folder_is_called_from_here(
    monkeypatch: pytest.MonkeyPatch, command: Path
) -> None:
    monkeypatch.chdir(command.parents[2])
    assert program() == "'my tools/bin/rushes'"
    monkeypatch.chdir(command.parent)
    assert program() == "./rushes"


def test_one_elsewhere_is_called_by_its_whole_path(monkeypatch: pytest.MonkeyPatch, command: Path) -> None:
    (command.parents[2] / "here").mkdir()
    monkeypatch.chdir(command.parents[2] / "here")
    assert program() == f"'{command}'"


def test_one_that_the_shell_finds_is_called_by_its_name(
    monkeypatch: pytest.MonkeyPatch, command: Path
) -> None:
    monkeypatch.setenv("PATH", str(command.parent))
    assert program() == "rushes"


def test_another_program_that_uses_ours_calls_it_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/pytest"])
    assert program() == "rushes"
