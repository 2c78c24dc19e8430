"""Panels in a dock: they take their heights together, once, and are painted once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from voxviewer.gui import theme
from voxviewer.gui import turns as turns_module
from voxviewer.gui.parts import FoldPanel, Label, PanelStack
from voxviewer.gui.turns import Soon, turns

pytestmark = pytest.mark.usefixtures("in_turns", "themed")


class Seen(QObject):
    """Counts the events of one kind that reach a widget."""

    def __init__(self, widget: QWidget, kind: QEvent.Type) -> None:
        super().__init__(widget)
        self._kind, self.times = kind, 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.times += event.type() == self._kind
        return super().eventFilter(watched, event)


class Note(Label):
    """Words that a panel shows when its turn comes."""

    def come(self) -> None:
        self.show()


@pytest.fixture
def dock(qtbot: Any) -> Iterator[tuple[PanelStack, list[FoldPanel], list[Note]]]:
    """Show three panels, each with words that are hidden."""
    stack, panels = PanelStack(), [FoldPanel(f"Panel {index}") for index in range(3)]
    notes = [Note("Words that take a line of their own.", wrap=True) for _ in panels]
    for panel, note in zip(panels, notes, strict=True):
        panel.add(note)
        note.hide()
        stack.add(panel)
    stack.resize(280, 180)
    qtbot.addWidget(stack)
    painted = Seen(panels[2], QEvent.Type.Paint)
    stack.show()
    qtbot.waitUntil(lambda: painted.times > 0 and turns().idle)
    QApplication.processEvents()
    yield stack, panels, notes
    stack.close()


def heights(panels: list[FoldPanel]) -> list[int]:
    return [panel.height() for panel in panels]


def test_panels_that_grow_one_after_the_other_are_laid_out_and_painted_once(
    qtbot: Any, dock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "SHARE", -1.0)  # each in a turn of its own
    stack, panels, notes = dock
    before = heights(panels)
    grown = Seen(stack.widget(), QEvent.Type.Resize)
    painted = Seen(panels[2], QEvent.Type.Paint)
    asked = [Soon(note.come) for note in notes]
    for one in asked:
        one.ask()
    qtbot.waitUntil(lambda: painted.times > 0)
    assert turns().idle
    qtbot.waitUntil(stack.widget().updatesEnabled)
    assert (grown.times, painted.times) == (1, 1)
    assert all(new > old for new, old in zip(heights(panels), before, strict=True))


def test_they_stand_where_a_plain_column_would_put_them(qtbot: Any, dock: Any) -> None:
    stack, panels, notes = dock
    notes[1].show()
    qtbot.waitUntil(lambda: panels[1].height() > panels[0].height() and turns().idle)
    width = stack.viewport().width()
    assert heights(panels) == [
        max(panel.heightForWidth(width), panel.minimumSizeHint().height()) for panel in panels
    ]
    assert [panel.y() for panel in panels] == [0, *accumulate(heights(panels))][:3]
    notes[1].hide()
    qtbot.waitUntil(lambda: panels[1].height() == panels[0].height())


def test_a_dock_that_is_drawn_wider_or_higher_follows_at_once(dock: Any) -> None:
    stack, panels, _ = dock
    stack.resize(340, 500)
    assert [panel.width() for panel in panels] == [340] * 3
    assert stack.widget().height() == 500


def test_words_that_change_in_their_place_move_nothing(qtbot: Any, dock: Any) -> None:
    stack, panels, notes = dock
    notes[0].show()
    qtbot.waitUntil(lambda: panels[0].height() > panels[1].height() and turns().idle)
    still = Seen(panels[2], QEvent.Type.Paint)
    notes[0].setText("Other words, about as long.")
    QApplication.processEvents()
    assert stack.widget().updatesEnabled() and turns().idle
    qtbot.waitUntil(lambda: turns().idle)
    assert still.times == 0


def test_panels_above_one_that_grows_are_not_painted_again(qtbot: Any, dock: Any) -> None:
    _, panels, notes = dock
    above, grown = (Seen(panels[row], QEvent.Type.Paint) for row in (0, 1))
    notes[1].show()
    qtbot.waitUntil(lambda: grown.times > 0 and turns().idle)
    QApplication.processEvents()
    assert above.times == 0
    assert all(panel.updatesEnabled() for panel in panels)


def test_a_panel_that_comes_is_seen_with_the_others_in_their_new_places(
    qtbot: Any, dock: Any
) -> None:
    stack, panels, _ = dock
    panels[1].hide()
    qtbot.waitUntil(lambda: panels[2].y() == panels[0].height() and turns().idle)
    first = Seen(panels[1], QEvent.Type.Paint)
    panels[1].show()
    QApplication.sendPostedEvents()
    assert not stack.widget().updatesEnabled()
    qtbot.waitUntil(lambda: first.times > 0)
    assert panels[1].y() == panels[0].height()
    assert panels[2].y() == panels[0].height() + panels[1].height()


def test_a_panel_that_waits_for_its_room_keeps_what_it_showed(qtbot: Any, dock: Any) -> None:
    """The ground behind it, were it painted, would show it empty until then."""
    _, panels, notes = dock
    notes[0].show()
    QApplication.sendPostedEvents()
    assert not panels[0].updatesEnabled()
    assert panels[0].testAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
    qtbot.waitUntil(lambda: panels[0].updatesEnabled() and turns().idle)
    assert not panels[0].testAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)


def test_nothing_behind_the_dock_is_painted_with_a_word_in_it(qtbot: Any, themed: Any) -> None:
    window = QWidget()
    stack, panel = PanelStack(), FoldPanel("Panel")
    word = Label("one")
    panel.add(word)
    stack.add(panel)
    QVBoxLayout(window).addWidget(stack)
    qtbot.addWidget(window)
    seen = Seen(word, QEvent.Type.Paint)
    window.resize(300, 200)
    window.show()
    qtbot.waitUntil(lambda: seen.times > 0 and turns().idle)
    QApplication.processEvents()
    behind, before = Seen(window, QEvent.Type.Paint), seen.times
    word.setText("two")
    qtbot.waitUntil(lambda: seen.times > before)
    assert behind.times == 0


def test_its_ground_follows_the_theme(dock: Any) -> None:
    stack, _, _ = dock
    for name in ("light", "dark"):
        theme.choose(name)
        corner = stack.grab().toImage().pixelColor(stack.width() // 2, stack.height() - 2)
        assert corner == theme.color("panel")
