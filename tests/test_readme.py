"""The README's examples run, and what it says of formats is what READERS has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from voxviewer.cli import main
from voxviewer.sources import READERS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
TERMINAL = [
    line
    for language, code in BLOCKS
    if language == "sh"
    for line in code.splitlines()
    # The window's own commands have tests of their own.
    if re.match(r"voxviewer (info|encode|convolve|model)\b", line)
]


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_python_examples_print_what_they_say(
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    said = list(re.findall(r"^print\(.*?#\s*(\(.*?\))", code, flags=re.MULTILINE))
    printed = capsys.readouterr().out.splitlines()
    assert printed[: len(said)] == said
    assert said


@pytest.mark.parametrize("line", TERMINAL)
def test_terminal_examples_run(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(line)[1:]) == 0


def format_table() -> str:
    """The table of the README, from the rows the program itself goes by."""
    rows = ["| what | endings |", "|---|---|"]
    for reader in READERS:
        endings = ", ".join(f"`{suffix}`" for suffix in reader.suffixes) or "a folder"
        rows.append(f"| {reader.name} | {endings} |")
    return "\n".join(rows)


def test_the_format_table_is_that_of_the_readers() -> None:
    """Where this fails, put the table that it prints between the two marks of the README."""
    _, _, rest = README.partition(
        "<!-- formats: made from READERS, checked by tests/test_readme.py -->"
    )
    table, _, _ = rest.partition("<!-- /formats -->")
    assert table.strip() == format_table(), "\n" + format_table()


def test_the_pictures_it_shows_are_there() -> None:
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / path).is_file(), path
