"""What the first screen does not show is made after it, or when it is asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from voxviewer.gui.furnishing import MADE
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program
from voxviewer.settings import Opening


@pytest.fixture
def bare(qtbot: Any, themed: QApplication) -> Iterator[MainWindow]:
    """A window that is not furnished, and not shown."""
    made = MainWindow(Program(keras=False), autoplay=False, later=True)
    yield made
    made.close()
    made.deleteLater()


def there(window: MainWindow) -> set[str]:
    return set(MADE) & set(vars(window))


def test_the_first_paint_needs_no_panel_and_no_view(bare: MainWindow, qtbot: Any) -> None:
    assert there(bare) == set()
    with qtbot.waitExposed(bare):
        bare.show()
    qtbot.waitUntil(lambda: bare.furnishing.complete, timeout=20_000)
    assert there(bare) == set(MADE)


def test_the_loop_turns_between_the_pieces(bare: MainWindow, qtbot: Any) -> None:
    seen: list[int] = []
    tick = QTimer(interval=0)
    tick.timeout.connect(lambda: seen.append(len(there(bare))))
    tick.start()
    bare.show()
    qtbot.waitUntil(lambda: bare.furnishing.complete, timeout=20_000)
    tick.stop()
    assert len(set(seen)) > 6


def test_a_file_that_is_opened_at_once_waits_for_its_views(
    bare: MainWindow, qtbot: Any, scan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the pictures of the first screen, which it will not be seen on, are not drawn."""
    known: list[bool] = []
    drawn: list[bool] = []
    monkeypatch.setattr(bare.welcome, "load_pictures", lambda: drawn.append(True))
    bare.session.events.current.connect(lambda _: known.append(bare.furnishing.complete))
    bare.open_all([Opening(str(scan))])
    bare.show()
    qtbot.waitUntil(lambda: bare.session.features is not None, timeout=20_000)
    assert known == [True]
    assert not drawn
    assert bare.stack.currentIndex() == 1
    assert bare.windowTitle().startswith("scan")


@pytest.mark.usefixtures("in_turns")
def test_the_first_screen_is_left_a_turn_after_the_views_took_the_file(
    bare: MainWindow, qtbot: Any, scan: Path
) -> None:
    """Both at once would be one of the longest turns of a visit."""
    pages: list[int] = []
    bare.show()
    qtbot.waitUntil(lambda: bare.furnishing.complete, timeout=20_000)
    bare.session.events.current.connect(lambda _: pages.append(bare.stack.currentIndex()))
    bare.stack.currentChanged.connect(pages.append)
    bare.open_all([Opening(str(scan))])
    qtbot.waitUntil(lambda: bare.center.source.isVisible(), timeout=20_000)
    assert pages == [0, 1]
    assert bare.timeline.strip.hasFocus() or not bare.isActiveWindow()


def test_what_is_asked_for_early_is_made_at_once(bare: MainWindow) -> None:
    assert not bare.arranging.in_lab() and not bare.arranging.in_space()
    assert not bare.arranging.in_slices()
    assert there(bare) == set()
    assert bare.center.wall is not None
    assert there(bare) == set(MADE)
    with pytest.raises(AttributeError, match="no 'cellar'"):
        bare.cellar  # type: ignore[attr-defined]  # noqa: B018


def test_a_choice_made_before_the_panels_is_shown_by_them(bare: MainWindow) -> None:
    bare.choose("filters", count=3)
    bare.choose("encoding", sigma=2.5)
    bare.furnishing.finish()
    found = {path: widget.value for widget in _bound(bare) for path in widget.binding.paths}
    assert found["filters.count"] == 3
    assert found["encoding.sigma"] == 2.5


def test_a_window_that_closes_half_furnished_is_left_so(bare: MainWindow, qtbot: Any) -> None:
    bare.show()
    qtbot.waitUntil(lambda: bool(there(bare)), timeout=20_000)
    assert bare.close()
    assert not bare.furnishing.complete
    with pytest.raises(AttributeError):
        bare.ledger  # noqa: B018


def _bound(window: MainWindow) -> list[Any]:
    from PySide6.QtWidgets import QWidget

    return [widget for widget in window.findChildren(QWidget) if hasattr(widget, "binding")]


FRESH = """
from PySide6.QtTest import QTest
from voxviewer.gui import theme
from voxviewer.gui.app import application
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program

app = application()
theme.apply(app)
window = MainWindow(Program(keras=False), remembers=False, later=True)
window.show()
cards = window.welcome.cards.values()
for _ in range(3000):
    QTest.qWait(20)
    if all(card.drawn for card in cards) and window.furnishing.complete:
        break
print([card.drawn for card in cards], window.furnishing.complete)
window.close()
"""


def test_jobs_meet_no_module_that_is_half_made() -> None:
    """The samples' pictures are drawn by a thread that imports what the window does just then."""
    ran = subprocess.run(
        [sys.executable, "-c", FRESH], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout.split("\n")[0] == "[True, True, True, True] True"
