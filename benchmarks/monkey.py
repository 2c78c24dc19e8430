"""A monkey at the window: seeded random actions, and what must be true after each of them.

Used by `tests/gui/test_monkey.py` for some seconds and by `soak.py` for some minutes. The same seed
does the same to the same window, so that what it finds can be found again.
"""

from __future__ import annotations

import random
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest.mock import patch

import numpy as np
from PySide6.QtCore import (
    QEvent,
    QEventLoop,
    QMessageLogContext,
    QMimeData,
    QPoint,
    QPointF,
    Qt,
    QTimer,
    QtMsgType,
    QUrl,
    qInstallMessageHandler,
)
from PySide6.QtGui import QDesktopServices, QDrag, QDropEvent, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QFileDialog,
    QMenu,
    QWidget,
)
from shiboken6 import isValid

from voxviewer.gui.actions import COMMANDS
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.turns import turns

KEYS = (
    *(Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down),
    *(Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Return),
    *(Qt.Key.Key_Escape, Qt.Key.Key_L, Qt.Key.Key_A, Qt.Key.Key_B, Qt.Key.Key_PageUp),
    *(Qt.Key.Key_PageDown, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_0, Qt.Key.Key_Delete),
)
TEXTS = ("", "0", "1", "3", "7", "12", "2,5", "-1", "abc", "1e9", "999999999999", "4.", "٣", "−2")
MODIFIERS = (
    *(Qt.KeyboardModifier.NoModifier,) * 4,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
SIZES = ((1600, 1000), (1024, 700), (1366, 768), (1920, 1200), (1500, 860), (1499, 859), (300, 200))
LEFT_OUT = ("quit", "about", "keys", "palette", "full_screen", "open_folder", "copy_value")
"""Commands that end the monkey or open a window of their own, which it does in its own way."""

PATIENCE = 100
"""Answers that one menu or dialog gets before it is closed."""

CHOICES: dict[str, dict[str, tuple[Any, ...]]] = {
    "encoding": {
        "frames": (None, 1, 2, 5, 12), "height": (None, 1, 9, 24), "width": (None, 2, 17, 24),
        "order": (0, 1, 3), "antialias": (True, False), "grid": ("edges", "centers"),
        "time_axis": ("auto", "depth", "height", "width"),
        "depth": ("middle", "mean", "channels", 0, 4), "time_index": (0, 3),
        "channels": ("gray", "rgb"), "sigma": (0.3, 2.0, 30.0),
        "combine": ("sum", "max", "joints"), "plane": ("xy", "xz", "yz"),
        "center": ("subpixel", "pixel"), "fit": ("auto", "box", "pixels", "none"),
        "length": ("sample", "center", "pad-zero", "pad-edge", "pad-loop", "pad-reflect"),
        "normalize": ("none", "minmax", "zscore", "percentile"),
    },
    "filters": {
        "count": (1, 2, 8), "kernel": ((3, 3, 3), (1, 1, 1), (2, 4, 2), (9, 1, 1), (1, 5, 3)),
        "seed": (0, 7), "initializer": ("glorot_uniform", "random_normal", "legacy_normal"),
    },
    "convolution": {
        "padding": ("same", "valid"), "strides": ((1, 1, 1), (2, 2, 2), (1, 3, 1)),
        "dilation": ((1, 1, 1), (2, 1, 2)), "mode": ("correlation", "convolution"),
    },
    "render": {
        "colormap": (None, "gray", "viridis", "signed"), "limits": (None, (0.0, 1.0), (-2.0, 9.0)),
        "scaling": ("map", "global", "symmetric", "frame"),
    },
    "export": {"rate": (1.0, 10.0, 60.0), "range": (None, (0, 3), (2, 2), (50, 90))},
}  # fmt: skip


@dataclass
class Watch:
    """Everything that must not happen unseen: exceptions in callbacks, and Qt's warnings."""

    found: list[str] = field(default_factory=list)

    def __enter__(self) -> Watch:
        self._hook, sys.excepthook = sys.excepthook, self._on_exception
        self._handler = qInstallMessageHandler(self._on_message)
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook = self._hook
        qInstallMessageHandler(self._handler)

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        self.found.append("".join(traceback.format_exception(kind, error, trace)))

    def _on_message(self, kind: QtMsgType, where: QMessageLogContext, text: str) -> None:
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            self.found.append(f"Qt: {text}")


class Monkey:
    """Does random things to a window and tells what it did.

    Parameters
    ----------
    window : a shown window
    seed : the same one does the same things
    folder : an empty folder, for the files it opens and writes
    """

    def __init__(self, window: MainWindow, seed: int, folder: Path) -> None:
        self.window = window
        self.folder = folder
        self.done: deque[str] = deque(maxlen=40)
        self._dice = random.Random(seed)
        self._files = _write_files(folder)
        self._bound = bound_widgets(window)
        self._asks: QWidget | None = None
        self._asked = 0
        self._closer = QTimer()
        self._closer.setInterval(3)
        self._closer.timeout.connect(self._answer)
        self._acts: tuple[tuple[int, Callable[[], str]], ...] = (
            (22, self._click), (14, self._press_key), (8, self._type), (6, self._wheel),
            (6, self._drag), (9, self._command), (12, self._choose), (4, self._view),
            (3, self._open), (1, self._drop), (4, self._travel), (1, self._resize),
            (1, self._close_source), (1, self._pick_model),
        )  # fmt: skip

    def run(self, actions: int, watch: Watch) -> None:
        """Act so many times; AssertionError with the last actions where something is wrong."""
        self._closer.start()
        try:
            with self.answering():
                self._act_in_a_loop(actions, watch)
        finally:
            self._closer.stop()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Stand in for the system where it would wait for a person: files, browsers, drags."""
        with ExitStack() as stack:
            for name in _ASKS:
                answer = staticmethod(getattr(self, name))
                stack.enter_context(patch.object(QFileDialog, name, answer))
            stack.enter_context(patch.object(QDesktopServices, "openUrl", lambda _: True))
            stack.enter_context(patch.object(QDrag, "exec", self._carry))
            yield

    def _act_in_a_loop(self, actions: int, watch: Watch) -> None:
        """Act from within an event loop, as a person does.

        Outside of one, Qt deletes what is to be deleted later as soon as a menu opens a loop of its
        own: in the middle of the click that opened it.
        """
        loop, timer = QEventLoop(), QTimer()
        timer.setSingleShot(True)
        failed: list[BaseException] = []
        left = actions

        def act() -> None:
            nonlocal left
            left -= 1
            try:
                self.step(watch)
            except BaseException as error:
                failed.append(error)
            if left > 0 and not failed:
                timer.start(0)
            else:
                loop.quit()

        timer.timeout.connect(act)
        timer.start(0)
        loop.exec()
        if failed:
            raise failed[0]

    def step(self, watch: Watch) -> None:
        """Do one thing, let the window answer, look whether all is well."""
        weights, acts = zip(*self._acts, strict=True)
        act = self._dice.choices(acts, weights)[0]
        self.done.append(act.__name__.strip("_"))
        self.done[-1] += f" {act()}"
        QApplication.processEvents()
        turns().finish()
        wrong = [*watch.found, *complaints(self.window, self._bound)]
        if wrong:
            trail = "\n".join(self.done)
            raise AssertionError(f"after\n{trail}\n\n{chr(10).join(wrong)}")

    # what it is asked

    def getOpenFileNames(self, *_: Any) -> tuple[list[str], str]:
        """Pick none, one, or several."""
        return self._dice.sample(self._files, self._dice.randint(0, 3)), ""

    def getOpenFileName(self, *_: Any) -> tuple[str, str]:
        """Pick one, or give up."""
        return self._dice.choice(["", *self._files]), ""

    def getExistingDirectory(self, *_: Any) -> str:
        """Pick a folder, one that is gone, or none."""
        return self._dice.choice(["", str(self.folder / "frames"), str(self.folder / "nowhere")])

    def getSaveFileName(self, *_: Any) -> tuple[str, str]:
        """Say where, sometimes where nothing can be written."""
        names = ("", "a.gif", "b.npy", "c.npz", "nowhere/d.gif", "no suffix")
        name = self._dice.choice(names)
        return (str(self.folder / name) if name else ""), ""

    def _carry(self, *_: Any) -> Qt.DropAction:
        """Drop what is dragged on some other program, or nowhere.

        The system's own drag waits for the release of a button that this very monkey holds: it
        would never end.
        """
        return self._dice.choice((Qt.DropAction.CopyAction, Qt.DropAction.IgnoreAction))

    def _answer(self) -> None:
        """Answer whatever asks: a menu, a list, a dialog."""
        popup = QApplication.activePopupWidget()
        asked = popup or QApplication.activeModalWidget()
        if asked is None:
            return
        self._asked = self._asked + 1 if asked is self._asks else 0
        self._asks = asked
        if not asked.isEnabled() or self._asked > PATIENCE:  # what is turned off hears no key
            asked.close()
            return
        key = self._dice.choice((Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Escape))
        if isinstance(asked, QMenu) and key == Qt.Key.Key_Return:
            active = asked.activeAction()
            if active is not None and active.objectName() in LEFT_OUT:
                key = Qt.Key.Key_Escape
        _tap(asked.focusWidget() or asked, key)
        for window in QApplication.topLevelWidgets():
            if window.isVisible() and window is not self.window and window is not asked:
                window.close()

    # what it does

    def _widgets(self, kind: type[QWidget] = QWidget) -> list[QWidget]:
        return [
            widget
            for widget in self.window.findChildren(kind)
            if widget.isEnabled() and widget.isVisible() and widget.width() > 4
        ]

    def _widget(self, kind: type[QWidget] = QWidget) -> QWidget:
        found = self._widgets(kind)
        return self._dice.choice(found) if found else self.window

    def _point(self, widget: QWidget) -> QPoint:
        pick = self._dice.randint
        return QPoint(pick(0, max(widget.width() - 1, 0)), pick(0, max(widget.height() - 1, 0)))

    def _click(self) -> str:
        widget = self._widget(QAbstractButton if self._dice.random() < 0.4 else QWidget)
        point, name = self._point(widget), _name(widget)
        button = Qt.MouseButton.LeftButton
        if self._dice.random() < 0.08:
            button = Qt.MouseButton.RightButton
        if self._dice.random() < 0.1:
            QTest.mouseDClick(widget, button, pos=point)
        else:
            _click(widget, button, self._dice.choice(MODIFIERS), point)
        return f"{name} at {point.toTuple()}"

    def _press_key(self) -> str:
        target = self.window.focusWidget() or self.window
        key, modifier = self._dice.choice(KEYS), self._dice.choice(MODIFIERS)
        name = _name(target)
        _tap(target, key, modifier)
        return f"{modifier.name} {key.name} on {name}"

    def _type(self) -> str:
        widget = self._widget(QAbstractSpinBox)
        text, name = self._dice.choice(TEXTS), _name(widget)
        if not isinstance(widget, QAbstractSpinBox):
            return "nothing to type into"
        widget.setFocus()
        widget.selectAll()
        for letter in text:  # QTest knows no letters beyond ASCII
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                event = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter)
                QApplication.sendEvent(widget, event)
        if self._dice.random() < 0.7 and isValid(widget):
            _tap(widget, self._dice.choice((Qt.Key.Key_Return, Qt.Key.Key_Tab)))
        return f"{text!r} into {name}"

    def _wheel(self) -> str:
        widget = self._widget()
        turn = QPoint(0, self._dice.choice((-120, 120, 15, -240)))
        point = QPointF(self._point(widget))
        event = QWheelEvent(
            point, QPointF(widget.mapToGlobal(point.toPoint())), QPoint(), turn,
            Qt.MouseButton.NoButton, self._dice.choice(MODIFIERS), Qt.ScrollPhase.NoScrollPhase,
            False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
        return f"{turn.y()} over {_name(widget)}"

    def _drag(self) -> str:
        widget = self._widget()
        name, left = _name(widget), Qt.MouseButton.LeftButton
        QTest.mousePress(widget, left, pos=self._point(widget))
        for _ in range(self._dice.randint(1, 4)):
            if isValid(widget):
                QTest.mouseMove(widget, self._point(widget))
                QApplication.processEvents()
        if isValid(widget):
            QTest.mouseRelease(widget, left, pos=self._point(widget))
        return name

    def _command(self) -> str:
        rows = [row.key for row in COMMANDS if row.key not in LEFT_OUT]
        action = self.window.actions_of[self._dice.choice(rows)]
        action.trigger()
        return action.objectName()

    def _choose(self) -> str:
        name = self._dice.choice(list(CHOICES))
        key = self._dice.choice(list(CHOICES[name]))
        value = self._dice.choice(CHOICES[name][key])
        self.window.choose(name, **{key: value})
        return f"{name}.{key} = {value}"

    def _view(self) -> str:
        name = self._dice.choice(("frame", "map", "voxel", "playing", "live", "loop"))
        session = self.window.session
        value: Any = self._dice.random() < 0.5
        if name == "frame":
            value = self._dice.randint(0, 20)
            self.window.player.go(value)
        elif name == "map" and session.features is not None:
            session.map = self._dice.randrange(session.features.shape[3])
        elif name == "voxel":
            session.voxel = self._dice.choice((None, (0, 0), (3, 5), (200, 200)))
        elif name in ("playing", "live", "loop") and session.clip is not None:
            setattr(session, name, value)
        return f"{name} {value}"

    def _open(self) -> str:
        paths = self._dice.sample(self._files, self._dice.choice((1, 1, 1, 3)))
        self.window.pipeline.open(paths)
        return ", ".join(Path(path).name for path in paths)

    def _drop(self) -> str:
        paths = self._dice.sample(self._files, 2)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
        event = QDropEvent(
            QPointF(200, 200), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(self.window, event)
        return ", ".join(Path(path).name for path in paths)

    def _travel(self) -> str:
        steps = self._dice.randint(1, 4)
        back = self._dice.random() < 0.6
        for _ in range(steps):
            (self.window.history.undo if back else self.window.history.redo)()
        return f"{steps} {'back' if back else 'forth'}"

    def _resize(self) -> str:
        size = self._dice.choice(SIZES)
        self.window.resize(*size)
        return str(size)

    def _close_source(self) -> str:
        if len(self.window.session.sources) > 2:
            self.window.close_source()
        return ""

    def _pick_model(self) -> str:
        path = self._dice.choice(self._files)
        self.window.pipeline.choose_model(path)
        return Path(path).name


def _click(
    widget: QWidget, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier, point: QPoint
) -> None:
    """Press and release, if there is still something to release.

    A press may open a menu, and what is chosen there may take the widget away: QTest's own click
    would then send the release to memory that is another's. Qt itself looks before.
    """
    QTest.mousePress(widget, button, modifiers, point)
    if isValid(widget):
        QTest.mouseRelease(widget, button, modifiers, point)


def _tap(
    widget: QWidget,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press and release a key, with the same care."""
    QTest.keyPress(widget, key, modifiers)
    if isValid(widget):
        QTest.keyRelease(widget, key, modifiers)


_ASKS = ("getOpenFileNames", "getOpenFileName", "getExistingDirectory", "getSaveFileName")


def bound_widgets(window: MainWindow) -> list[QWidget]:
    """Return the widgets that show a field of the session; all are there from the start."""
    return [widget for widget in window.findChildren(QWidget) if hasattr(widget, "binding")]


def complaints(window: MainWindow, bound: list[QWidget]) -> list[str]:
    """Return what is not as the session says; empty where all is well."""
    session, found = window.session, []

    def check(holds: object, words: str) -> None:
        if not holds:
            found.append(words)

    check(window.stack.currentIndex() == (session.current is not None), "the wrong page is shown")
    name = session.current.name if session.current is not None else ""
    check(window.windowTitle().startswith(name), "the title names another source")
    check(session.current is None or any(item is session.current for item in session.sources),
          "the current source is not in the list")  # fmt: skip
    if session.clip is not None:
        check(0 <= session.frame < session.clip.shape[0], f"frame {session.frame} is not there")
        check(
            window.timeline.transport.position.words[0] == str(session.frame),
            "another frame is said",
        )
    check(window.toolbar.engine.value == session.convolution.engine, "another engine is shown")
    for row in COMMANDS:
        action = window.actions_of[row.key]
        wanted = row.enabled is None or bool(row.enabled(window))
        check(action.isEnabled() == wanted, f"{row.key} is {'off' if wanted else 'on'}")
        if row.checked is not None:
            check(action.isChecked() == bool(row.checked(window)), f"{row.key} is checked wrongly")
    typing = window.focusWidget() or window
    for widget in bound:
        binding = widget.binding  # type: ignore[attr-defined]
        if binding.problem or widget.isAncestorOf(typing):
            continue
        check(widget.value == binding.value,
              f"{_name(widget)} shows {widget.value!r}, not {binding.value!r}")  # fmt: skip
    shown = [notice for notice in window.news.stack.notices if notice.isVisibleTo(window)]
    check(window.news.stack._all or len(shown) <= 3, "more than three notices are shown")
    return found


def _name(widget: QWidget) -> str:
    if not isValid(widget):
        return "a widget that is gone"
    words = widget.accessibleName() or widget.objectName()
    text = getattr(widget, "text", None)  # of the log's sheet a widget, not a method
    if not words and callable(text):
        words = text()
    return f"{type(widget).__name__} {words!r}"


def _write_files(folder: Path) -> list[str]:
    """Small files of every kind, good and bad."""
    from PIL import Image

    dice = np.random.default_rng(0)
    frames = folder / "frames"
    frames.mkdir()
    for index in range(4):
        pixels = dice.integers(0, 255, (20, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(frames / f"frame{index}.png")
    arrays = {
        "volume": dice.random((12, 10, 6), dtype=np.float32),
        "film": dice.random((7, 14, 12, 3)).astype(np.float32),
        "nan": np.full((6, 5, 4), np.nan, np.float32),
        "series": dice.random((9, 8, 5, 3), dtype=np.float32),
        "joints": dice.uniform(-1, 1, (9, 5, 3)).astype(np.float32),
        "flat": np.zeros((8, 8), np.float32),
        "one": np.ones((1, 1, 1), np.float32),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    objects = np.array([{}], dtype=object)
    np.save(folder / "objects.npy", objects, allow_pickle=True)
    (folder / "empty.nii.gz").write_bytes(b"")
    long = "a name that goes on and on " * 6
    (folder / f"{long.strip()}.gif").write_text("")
    (folder / "no.keras").write_bytes(b"PK\x03\x04 cut off")
    paths = sorted(str(path) for path in folder.iterdir())
    return [*paths, str(folder / "missing.npy"), "sample:waving-skeleton", "sample:phantom"]
