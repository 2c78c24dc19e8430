"""The README's examples run, and what it says of formats is what READERS has."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

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
    # The window's own commands and training have tests of their own.
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


def test_the_lesson_from_openpose_to_a_batch_runs_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five lines, from two folders of keypoint files to what Conv3D is fed."""
    lesson = next(
        block for block in re.findall(r"```py\n(.*?)```", README, re.S) if "walk1/" in block
    )
    assert len([line for line in lesson.splitlines() if line.strip()]) == 5
    for folder, frames in (("walk1", 40), ("walk2", 25)):
        (tmp_path / folder).mkdir()
        for t in range(frames):
            flat = [value for j in range(25) for value in (100 + 3 * j + t, 50 + 8 * j, 0.9)]
            file = tmp_path / folder / f"walk_{t:012d}_keypoints.json"
            file.write_text(json.dumps({"people": [{"pose_keypoints_2d": flat}] if t != 7 else []}))
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    exec(lesson, scope)
    assert scope["x"].shape == (2, 32, 64, 64, 1)
    assert scope["x"].dtype == "float32"
    assert scope["batch"].real.sum(axis=1).tolist() == [32, 25]
