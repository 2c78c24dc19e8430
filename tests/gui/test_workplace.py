"""Docks: fixed until asked, then moved, floated and tabbed; remembered, and put back."""

from __future__ import annotations

import time
from typing import Any

import pytest
from made_views import shown
from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QLineEdit, QWidget

from voxviewer.gui.curtain import Curtain
from voxviewer.gui.turns import turns
from voxviewer.gui.workplace import PATIENCE, Workplace

Area = Qt.DockWidgetArea


class Painted(QObject):
    """Writes down when a widget was painted."""

    def __init__(self, widget: QWidget, name: str, order: list[str]) -> None:
        super().__init__(widget)
        self._name, self._order = name, order
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._order.append(self._name)
        return False


class Strip(QWidget):
    def sizeHint(self) -> QSize:
        return QSize(400, 60)


def make() -> Workplace:
    place = Workplace()
    place.setCentralWidget(QWidget())
    place.furnish(Strip(), Strip())
    return place


@pytest.fixture
def place(qtbot: Any, themed: Any) -> Workplace:
    made = shown(qtbot, make(), (1500, 800))
    qtbot.waitUntil(lambda: made.widths() == (280, 320))
    return made


def test_docks_stand_still_without_titles_until_they_are_to_be_moved(place) -> None:
    dock = place.docks["left"]
    assert dock.features() == dock.DockWidgetFeature.NoDockWidgetFeatures
    assert dock.titleBarWidget() is not None
    place.unlocked = True
    assert dock.features() & dock.DockWidgetFeature.DockWidgetMovable
    assert dock.titleBarWidget() is None


def test_moved_floated_and_tabbed_docks_come_back_on_reset(qtbot, place) -> None:
    place.unlocked = True
    place.addDockWidget(Area.RightDockWidgetArea, place.docks["left"])
    place.tabifyDockWidget(place.docks["right"], place.docks["left"])
    place.docks["time"].setFloating(True)
    place.docks["shapes"].hide()
    assert place.widths()[0] == 0
    assert place.tabifiedDockWidgets(place.docks["right"]) == [place.docks["left"]]
    place.reset()
    qtbot.waitUntil(lambda: place.widths() == (280, 320))
    assert not place.unlocked
    assert not place.docks["time"].isFloating()
    assert all(place.shown(name) for name in place.docks)
    assert all(dock.titleBarWidget() is not None for dock in place.docks.values())


def test_a_layout_is_remembered(qtbot, place) -> None:
    place.toggle("right")
    place.addDockWidget(Area.RightDockWidgetArea, place.docks["left"])
    other = make()
    other.restore_layout(place.layout_bytes())
    assert other.layout_bytes() == place.layout_bytes()
    shown(qtbot, other, (1500, 800))
    qtbot.waitUntil(lambda: not other.shown("right"))
    assert other.dockWidgetArea(other.docks["left"]) == Area.RightDockWidgetArea


def test_the_keyboard_stays_where_it_is_while_a_layout_comes_back(qtbot, place) -> None:
    other = make()
    below = QLineEdit()
    other.docks["time"].setWidget(below)
    other.docks["shapes"].setWidget(QLineEdit())
    other.restore_layout(place.layout_bytes())
    shown(qtbot, other, (1500, 800))
    other.activateWindow()
    below.setFocus()
    qtbot.waitUntil(lambda: below.hasFocus() and other._stored is None)
    other.restore_layout(place.layout_bytes())
    other._settle()
    assert below.hasFocus()


def test_widths_are_remembered(qtbot, place) -> None:
    docks = [place.docks["left"], place.docks["right"]]
    place.resizeDocks(docks, [352, 401], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: place.widths() == (352, 401))
    other = make()
    other.restore_layout(place.layout_bytes())
    other.resize(400, 300)
    shown(qtbot, other, (1500, 800))
    qtbot.waitUntil(lambda: other.widths() == (352, 401))


@pytest.mark.parametrize("stored", [None, "text", 7, QByteArray(b"no layout"), QByteArray()])
def test_a_stored_layout_that_is_none_changes_nothing(qtbot, themed, stored) -> None:
    other = make()
    other.restore_layout(stored)
    shown(qtbot, other, (1500, 800))
    qtbot.waitUntil(lambda: other.widths() == (280, 320))


def test_a_small_window_has_narrower_panels(qtbot, place) -> None:
    place.set_compact(True)
    qtbot.waitUntil(lambda: place.widths() == (266, 304))


@pytest.mark.usefixtures("in_turns")
def test_docks_come_up_in_turns_after_the_views(qtbot: Any, themed: Any) -> None:
    place = make()
    docks = [place.docks[name] for name in ("time", "left", "right")]
    order: list[str] = []
    inside = (place.docks["time"].widget(), place.left.widget(), place.right.widget())
    for name, widget in zip(("time", "left", "right"), inside, strict=True):
        Painted(widget, name, order)
    place.come_up()
    assert not any(part.updatesEnabled() for part in (place, *docks))
    shown(qtbot, place, (1500, 800))
    qtbot.waitUntil(lambda: all(part.updatesEnabled() for part in (place, *docks)))
    qtbot.waitUntil(lambda: "right" in order)
    assert list(dict.fromkeys(order)) == ["time", "left", "right"]
    assert not place._draw.isActive()


@pytest.mark.usefixtures("in_turns")
def test_nothing_of_before_is_seen_where_a_curtain_hangs(qtbot: Any, themed: Any) -> None:
    window = QWidget()
    behind = QPalette()
    behind.setColor(QPalette.ColorRole.Window, QColor("red"))
    window.setAutoFillBackground(True)
    window.setPalette(behind)
    part = QWidget(window)
    covers, fills = QWidget(part), QWidget(part)
    covers.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
    fills.setAutoFillBackground(True)
    for widget, left in ((covers, 0), (fills, 50)):
        widget.setGeometry(left, 0, 50, 100)
    part.setGeometry(0, 0, 100, 100)
    window.resize(100, 100)
    qtbot.addWidget(window)
    curtain = Curtain(part, [window, covers, fills])
    assert window.autoFillBackground()
    assert not covers.testAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
    image = window.grab().toImage()
    assert {image.pixelColor(x, 50).name() for x in (25, 75)} == {"#ff0000"}
    curtain.draw()
    assert covers.testAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
    assert fills.autoFillBackground() and part.updatesEnabled()


def test_docks_are_painted_at_once_where_nobody_waits(place) -> None:
    place.come_up()
    assert all(dock.updatesEnabled() for dock in place.docks.values())


@pytest.mark.usefixtures("in_turns")
def test_what_was_laid_out_unseen_moves_no_more_when_it_is_shown(qtbot: Any, themed: Any) -> None:
    place = make()
    turns_taken = sum(1 for _ in place.prepared(QSize(1500, 800)))
    assert turns_taken > 5
    assert place.widths() == (280, 320)
    before = {name: dock.geometry() for name, dock in place.docks.items()}
    shown(qtbot, place, (1500, 800))
    assert {name: dock.geometry() for name, dock in place.docks.items()} == before


@pytest.mark.usefixtures("in_turns")
@pytest.mark.parametrize("room", [QSize(1500, 800), QSize(900, 600)])
def test_widths_are_remembered_whatever_room_there_was_to_prepare(
    qtbot: Any, place: Workplace, room: QSize
) -> None:
    docks = [place.docks["left"], place.docks["right"]]
    place.resizeDocks(docks, [352, 401], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: place.widths() == (352, 401))
    other = make()
    other.restore_layout(place.layout_bytes())
    for _ in other.prepared(room):
        pass
    assert other.layout_bytes() == place.layout_bytes()
    shown(qtbot, other, (1500, 800))
    qtbot.waitUntil(lambda: other.widths() == (352, 401))


@pytest.mark.usefixtures("in_turns")
def test_a_window_that_became_small_after_all_was_laid_out_has_narrower_panels(
    qtbot: Any, themed: Any
) -> None:
    place = make()
    for _ in place.prepared(QSize(1500, 800)):
        pass
    place.set_compact(True)
    shown(qtbot, place, (1500, 800))
    qtbot.waitUntil(lambda: place.widths() == (266, 304))


@pytest.mark.usefixtures("in_turns")
def test_a_side_waits_for_its_panels_but_not_for_ever(
    qtbot: Any, themed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make()
    place.come_up()
    shown(qtbot, place, (1500, 800))
    monkeypatch.setattr(type(turns()), "idle", property(lambda _: False))
    place._came_up = time.monotonic() + 3600
    place._draw_next()
    assert not place.docks["left"].updatesEnabled()
    place._came_up = time.monotonic() - PATIENCE
    qtbot.waitUntil(lambda: place.docks["right"].updatesEnabled())
