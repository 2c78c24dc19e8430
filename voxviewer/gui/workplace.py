"""Where the work is done: the views in the middle, and round them docks that move, float and tab.

Docks stand still and have no titles of their own until a person asks to move them: the panels in
them say what they are, and no row of pixels is lost to a title that says it again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QObject, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabWidget, QWidget

from voxviewer.gui import theme
from voxviewer.gui.curtain import Curtain, hides_ground
from voxviewer.gui.parts import PanelStack
from voxviewer.gui.turns import turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QShowEvent

LAYOUT = 1
"""The number of the stored layout's form; another one is not restored."""

BETWEEN = 12
"""Milliseconds between the docks, when they are painted for the first time."""

PATIENCE = 0.3
"""Seconds for which they wait until all that is in them shows the first file."""

Area = Qt.DockWidgetArea
Feature = QDockWidget.DockWidgetFeature


class Workplace(QMainWindow):
    """Two stacks of panels, `left` and `right`, round the views; below them timeline and ledger.

    Made empty and filled afterwards: what is hung into another widget is styled anew with all that
    it holds.
    """

    moved = Signal()
    """A dock was moved, floated, hidden, shown or resized."""
    shown_changed = Signal()
    """A dock was hidden or shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)  # a part of the window, not one of its own
        self.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        self.setTabPosition(Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, Area.BottomDockWidgetArea)
        self._compact = False
        self.docks = {
            "left": self._dock("left", "Source and encoding", Area.LeftDockWidgetArea),
            "right": self._dock("right", "Filters and maps", Area.RightDockWidgetArea),
            "time": self._dock("time", "Time", Area.BottomDockWidgetArea),
            "shapes": self._dock("shapes", "Shapes", Area.BottomDockWidgetArea),
        }
        self.splitDockWidget(self.docks["time"], self.docks["shapes"], Qt.Orientation.Vertical)
        self.left, self.right = PanelStack(), PanelStack()
        self.docks["left"].setWidget(self.left)
        self.docks["right"].setWidget(self.right)
        self._unlocked = False
        # A timer of its own: a single shot would keep a window alive that dies before it.
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._settle)
        self._curtains: list[Curtain] = []  # before what is not painted yet, the next one last
        self._grounds: dict[QWidget, None] = {}  # widgets that hide what is behind them
        self._came_up = 0.0
        self._draw = QTimer(self, interval=BETWEEN)
        self._draw.timeout.connect(self._draw_next)
        self._kept = False  # the widths are those that a person left
        self._room = QSize()  # the size for which all is, or was, laid out before it is seen
        self._laid_out = False
        self._outer: tuple[QWidget, ...] = ()  # what docks and middle hold
        self._stored: QByteArray | None = None  # where docks are to be once they are shown
        self._lock()
        self._usual = self.saveState(LAYOUT)

    def furnish(self, timeline: QWidget, ledger: QWidget) -> None:
        """Give the docks below what they show, and the panels, now complete, their least width."""
        middle = self.centralWidget()
        self._outer = (self.left, self.right, timeline, ledger, *([middle] if middle else ()))
        self.docks["time"].setWidget(timeline)
        self.docks["shapes"].setWidget(ledger)
        for side, least in ((self.left, 248), (self.right, 296)):
            side.setMinimumWidth(max(theme.width(least), side.minimumSizeHint().width()))

    def prepared(self, room: QSize) -> Iterator[None]:
        """Style and lay out all for this room before anybody looks, piece by piece.

        Qt does it where a window is shown, in one turn: the first file would wait for it.
        """
        parts = [*_panels(self.left), *_panels(self.right), *self._outer]
        if turns().at_once:
            return
        for part in parts:
            for item in (part, *part.findChildren(QWidget)):
                item.ensurePolished()
                if hides_ground(item):
                    self._grounds.setdefault(item)
            yield
        self._room = room
        self.resize(room)
        self._put_docks()
        yield
        _lay_out(self, deep=False)
        for part in parts:
            yield
            _lay_out(part)
        yield
        self.grab(QRect(0, 0, 1, 1))  # what is hidden is laid out, to the last, where it is painted
        self._laid_out = not self.isVisible()

    def come_up(self) -> None:
        """Be shown for the first time: then the views are painted, then time, then the panels.

        All at once would be the longest turn of the event loop there is.
        """
        if turns().at_once:
            return
        self._came_up = time.monotonic()
        parts = [*(self.docks[name] for name in ("right", "left", "time")), self]
        self._curtains = [Curtain(part, self._grounds) for part in parts]
        self._draw.start()

    def _draw_next(self) -> None:
        """Paint a part: a side where its panels have followed, or were waited for long enough."""
        side = len(self._curtains) <= 2
        if side and not turns().idle and time.monotonic() - self._came_up < PATIENCE:
            return
        mine = turns().take()
        self._draw.setInterval(BETWEEN if mine else 0)
        if self._curtains and mine:
            self._curtains.pop().draw()
        if not self._curtains:
            self._draw.stop()

    def _dock(self, name: str, title: str, area: Area) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock-{name}")
        self.addDockWidget(area, dock)
        dock.installEventFilter(self)
        dock.topLevelChanged.connect(lambda _: self._title(dock))
        for signal in (dock.topLevelChanged, dock.dockLocationChanged, dock.visibilityChanged):
            signal.connect(lambda *_: self.moved.emit())
        return dock

    # what a person does

    @property
    def unlocked(self) -> bool:
        """True while docks show their titles and can be moved."""
        return self._unlocked

    @unlocked.setter
    def unlocked(self, unlocked: bool) -> None:
        if unlocked != self._unlocked:
            self._unlocked = unlocked
            self._lock()
            self.moved.emit()

    def reset(self) -> None:
        """Put every dock back where it stood at first, shown and of the usual width."""
        self._unlocked = self._kept = False
        self._stored = None
        self.restoreState(self._usual, LAYOUT)
        for dock in self.docks.values():
            dock.show()
        self._lock()
        self.set_compact(self._compact)
        self.moved.emit()

    def shown(self, name: str) -> bool:
        """Return whether a dock is shown; one that nobody has hidden counts as shown."""
        dock = self.docks[name]
        chosen = Qt.WidgetAttribute.WA_WState_ExplicitShowHide
        return not (dock.isHidden() and dock.testAttribute(chosen))

    def toggle(self, name: str) -> None:
        """Show or hide a dock."""
        self.docks[name].setVisible(not self.shown(name))

    # sizes

    def set_compact(self, compact: bool) -> None:
        """Give the panels the widths of a small window, or of a large one."""
        self._laid_out = self._laid_out and compact == self._compact
        self._compact = compact
        if self.isVisible() and not self._kept:
            self._widen()
            # What was hidden has its place only after the layout has run.
            self._later.start()

    def _widen(self) -> None:
        wanted = (266, 304) if self._compact else (280, 320)
        docks = [self.docks["left"], self.docks["right"]]
        self.resizeDocks(docks, [theme.width(side) for side in wanted], Qt.Orientation.Horizontal)

    def showEvent(self, event: QShowEvent) -> None:
        """Docks can be given widths once they are shown."""
        super().showEvent(event)
        if self._laid_out and self.size() == self._room:
            self._stored = None
        elif self._stored is not None:
            self._later.start()
        else:
            self.set_compact(self._compact)

    def widths(self) -> tuple[int, int]:
        """Return how wide the panels left and right stand beside the views; 0 where none stands."""
        left = self._beside("left", Area.LeftDockWidgetArea)
        return left, self._beside("right", Area.RightDockWidgetArea)

    def _beside(self, name: str, area: Area) -> int:
        dock = self.docks[name]
        away = dock.isFloating() or dock.isHidden() or self.dockWidgetArea(dock) != area
        return 0 if away else dock.width()

    # between two starts

    def layout_bytes(self) -> QByteArray:
        """Return where the docks are; as long as nobody saw them, where they were to be."""
        return self.saveState(LAYOUT) if self._stored is None else self._stored

    def restore_layout(self, stored: object) -> None:
        """Put the docks where they were; anything else that was stored is left alone.

        Widths can only be given back in a window of its final size: it is done once this is shown.
        """
        self._stored = stored if isinstance(stored, QByteArray) else None

    def _settle(self) -> None:
        """Do what needs a window that is shown and laid out."""
        restored = self._stored is not None
        self._put_docks()
        self._stored = None
        if restored:
            self.set_compact(self._compact)

    def _put_docks(self) -> None:
        """Let docks stand where they were left, or in the widths of this window."""
        if self._stored is not None:
            held = QApplication.focusWidget()
            self._kept = self.restoreState(self._stored, LAYOUT)
            if not self._kept:
                self.restoreState(self._usual, LAYOUT)
            self._lock()
            if held is not None and self.isAncestorOf(held) and not held.hasFocus():
                # Docks are hidden for a moment, and the focus went to whatever came next.
                held.setFocus(Qt.FocusReason.MouseFocusReason)
        if not self._kept:
            self._widen()

    # inside

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell of new widths, which the timeline follows."""
        kind = event.type()
        if kind in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            self.moved.emit()
        if kind in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self.shown_changed.emit()
        return super().eventFilter(watched, event)

    def _lock(self) -> None:
        """Take the titles away, or give them back; a dock that floats keeps its own."""
        for dock in self.docks.values():
            free = Feature.DockWidgetMovable | Feature.DockWidgetFloatable
            closes = Feature.DockWidgetClosable
            dock.setFeatures(free | closes if self._unlocked else Feature.NoDockWidgetFeatures)
            self._title(dock)

    def _title(self, dock: QDockWidget) -> None:
        before: QWidget | None = dock.titleBarWidget()  # None: Qt's own title
        titled = self._unlocked or dock.isFloating()
        if titled and before is not None:
            dock.setTitleBarWidget(None)  # type: ignore[arg-type]
            before.deleteLater()
        elif not titled and before is None:
            dock.setTitleBarWidget(QWidget(dock))


def _panels(stack: PanelStack) -> list[QWidget]:
    inside, children = stack.widget(), Qt.FindChildOption.FindDirectChildrenOnly
    return inside.findChildren(QWidget, options=children) if inside is not None else []


def _lay_out(widget: QWidget, *, deep: bool = True) -> None:
    """Let layouts give the widgets in them their places; from the outside inwards."""
    for item in (widget, *(widget.findChildren(QWidget) if deep else ())):
        layout = item.layout()
        if layout is not None:
            layout.activate()
