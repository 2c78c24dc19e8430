"""Opening files: reading never holds up the window, and can be let go at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voxviewer.gui.drops import pasted_paths
from voxviewer.gui.program import Program
from voxviewer.gui.refusals import heading, reason, summary
from voxviewer.session import Refusal


@pytest.fixture
def program(qapp: Any) -> Iterator[Program]:
    """Everything behind a window, with threads of its own."""
    made = Program(keras=False)
    yield made
    made.close()


def test_a_reader_that_does_not_listen_is_let_go_within_200_ms(
    program: Program, qtbot: Any, scan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library may work for minutes on a file without a word; the next file need not wait."""
    import voxviewer.sources as sources

    real, entered, release = sources.same_opening, threading.Event(), threading.Event()

    def deaf(opening: Any, **more: Any) -> Any:
        if opening.path == "slow.npy":
            entered.set()
            assert release.wait(30)
        return real(opening, **more)

    monkeypatch.setattr(sources, "same_opening", deaf)
    try:
        program.pipeline.open(["slow.npy"])
        qtbot.waitUntil(entered.is_set, timeout=10_000)
        before = time.perf_counter()
        program.pipeline.cancel("load")
        assert program.jobs.idle
        assert time.perf_counter() - before < 0.2
        program.pipeline.open([str(scan)])
        qtbot.waitUntil(lambda: bool(program.session.sources), timeout=10_000)
    finally:
        release.set()
    qtbot.waitUntil(lambda: program.jobs.idle, timeout=10_000)
    assert [source.name for source in program.session.sources] == ["scan.npy"]
    assert program.session.notice is None and program.session.refusals is None


def test_the_window_goes_on_while_a_packed_volume_is_read(
    program: Program, qtbot: Any, tmp_path: Path
) -> None:
    """The longest gap between two turns of the event loop stays far below what a person feels."""
    from PySide6.QtCore import QTimer

    rng = np.random.default_rng(0)
    np.savez_compressed(tmp_path / "big.npz", rng.integers(0, 99, (160, 192, 224), np.int16))
    turns = [time.perf_counter()]
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(time.perf_counter()))
    timer.start(2)
    program.pipeline.open([str(tmp_path / "big.npz")])
    qtbot.waitUntil(lambda: bool(program.session.sources), timeout=30_000)
    timer.stop()
    gaps = np.diff(turns)
    assert np.percentile(gaps, 99) < 0.05, gaps.max()


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("/data/scan.nii.gz\n", ["/data/scan.nii.gz"]),
        ('"/my data/a b.npy"', ["/my data/a b.npy"]),
        ("'/my data/a b.npy'", ["/my data/a b.npy"]),
        ("file:///data/a%20b.npy", ["/data/a b.npy"]),
        ("/a/1.png\n/a/2.png\n\n", ["/a/1.png", "/a/2.png"]),
        ("sample:phantom", ["sample:phantom"]),
        ("~/x.npy", [str(Path.home() / "x.npy")]),
        ("Dear all,\nplease find attached", []),
        ("", []),
    ],
)
def test_pasted_words_are_paths_where_they_can_be(text: str, paths: list[str]) -> None:
    from PySide6.QtCore import QMimeData

    mime = QMimeData()
    mime.setText(text)
    assert pasted_paths(mime) == paths


def refused(count: int) -> list[Refusal]:
    return [Refusal(f"/x/f{n}.nii", f"f{n}.nii: is empty.", "Copy it again.") for n in range(count)]


def test_a_notice_names_the_first_refused_files_and_counts_the_others() -> None:
    assert heading(8, refused(3)) == "3 of 8 files were not opened."
    assert heading(3, refused(3)) == "None of 3 files could be opened."
    lines = summary(refused(7)).splitlines()
    assert lines[0] == "• f0.nii is empty." and lines[-1] == "and 3 more" and len(lines) == 5
    assert reason(refused(1)[0]) == "Is empty. Copy it again."
