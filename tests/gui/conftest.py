"""What a window test gets: settings of its own, the theme applied, no leftovers."""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from voxviewer.gui import theme
from voxviewer.gui.turns import turns


@pytest.fixture(autouse=True, scope="session")
def stacks_of_a_crash() -> None:
    """What ends the process in Qt leaves the stacks of all threads, whatever the options were."""
    if not faulthandler.is_enabled() and sys.__stderr__ is not None:
        faulthandler.enable(sys.__stderr__)


@pytest.fixture(autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Recent files and geometry of the person who runs the tests stay as they are."""
    folder = tmp_path_factory.mktemp("settings")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))


@pytest.fixture(autouse=True)
def nobody_waits(request: pytest.FixtureRequest) -> Iterator[None]:
    """Panels follow at once, so that a test may look right after a change."""
    turns().at_once = "in_turns" not in request.fixturenames
    yield
    turns().at_once = False


@pytest.fixture
def in_turns() -> None:
    """For tests of whole visits: panels follow in turns of the event loop, as for a person."""


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["voxviewer-tests"]


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[QApplication]:
    """The application in the dark theme, whatever a test chose before."""
    theme.apply(qapp, "dark")
    yield qapp
    theme.choose("dark")


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A small volume without symmetry, (12, 10, 6)."""
    import numpy as np

    path = tmp_path / "scan.npy"
    np.save(path, np.random.default_rng(0).random((12, 10, 6), dtype=np.float32))
    return path
