"""Imports on other threads step back for the window; the window's own do not."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from voxviewer.gui import polite_imports
from voxviewer.gui.polite_imports import PoliteImports

ON_A_THREAD = """
import sys, threading
from voxviewer.gui.polite_imports import install
install()
install()
assert sum(type(finder).__name__ == "PoliteImports" for finder in sys.meta_path) == 1

def work():
    from nibabel.nifti1 import Nifti1Header
    assert Nifti1Header().get_data_dtype() == "float32"
    assert "pydicom" not in sys.modules
    import pydicom
    assert pydicom.dcmread

thread = threading.Thread(target=work)
thread.start()
thread.join()
print("pydicom" in sys.modules)
"""


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What is written down where a thread looks whether somebody waits."""
    found: list[int] = []
    monkeypatch.setattr(polite_imports, "_step_back", lambda: found.append(threading.get_ident()))
    yield found


def on_a_thread(finder: PoliteImports, names: list[str]) -> None:
    thread = threading.Thread(target=lambda: [finder.find_spec(name) for name in names])
    thread.start()
    thread.join()


def test_nibabel_is_imported_without_what_it_is_not_asked_for_and_that_can_come_later() -> None:
    pytest.importorskip("nibabel")
    pytest.importorskip("pydicom")
    done = subprocess.run(
        [sys.executable, "-c", ON_A_THREAD], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True"]


def test_a_thread_looks_whether_the_window_waits(
    looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter((1.0, 1.0 + polite_imports.SHARE / 2, 1.0 + polite_imports.SHARE * 2))
    monkeypatch.setattr(polite_imports.time, "thread_time", lambda: next(clock))
    on_a_thread(PoliteImports(), ["first", "second", "third"])
    assert len(looks) == 2
    assert threading.get_ident() not in looks


def test_the_window_itself_never_steps_back(looks: list[int]) -> None:
    finder = PoliteImports()
    assert [finder.find_spec(name) for name in ("numba", "pydicom")] == [None, None]
    assert looks == []


def test_who_was_kept_waiting_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(polite_imports.time, "sleep", slept.append)
    for waited in (0.0, 1.0):
        clock = iter((5.0, 5.0 + waited))
        monkeypatch.setattr(polite_imports.time, "perf_counter", lambda clock=clock: next(clock))
        polite_imports._step_back()
    assert slept == [polite_imports.LOOK, polite_imports.LOOK, polite_imports.WAIT]
