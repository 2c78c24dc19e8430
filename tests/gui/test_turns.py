"""Who is asked soon: once, in order, in turns of the event loop, and no more after the end."""

from __future__ import annotations

from typing import Any

import pytest
from psygnal import Signal
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QWidget

from voxviewer.gui import turns as turns_module
from voxviewer.gui.bind import Wires
from voxviewer.gui.turns import Soon, turns

pytestmark = pytest.mark.usefixtures("in_turns")


class News:
    size = Signal(int)
    color = Signal(str)


class Shown(QWidget):
    """Writes down when it was asked."""

    def __init__(self, news: News, calls: list[str], name: str = "shown") -> None:
        super().__init__()
        self._calls, self._name = calls, name
        self._wires = Wires(self)
        self._wires.soon(news.size, self._show)
        self._wires.soon(news.color, self._show)

    def _show(self) -> None:
        if self._name == "broken":
            self._calls.append("broken")
            raise RuntimeError("on purpose")
        self._calls.append(self._name)
        if self._name in ("first", "second", "third"):
            QTimer.singleShot(0, self, lambda: self._calls.append("turn"))


def test_two_signals_before_its_turn_are_one_call(qtbot: Any) -> None:
    news, calls = News(), list[str]()
    shown = Shown(news, calls)
    qtbot.addWidget(shown)
    news.size.emit(3)
    news.size.emit(4)
    news.color.emit("red")
    assert calls == []
    qtbot.waitUntil(lambda: turns().idle)
    assert calls == ["shown"]
    news.size.emit(5)
    qtbot.waitUntil(lambda: len(calls) == 2)


def test_each_has_a_turn_of_its_own_where_work_is_long(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "SHARE", -1.0)
    news, calls = News(), list[str]()
    shown = [Shown(news, calls, name) for name in ("first", "second", "third")]
    for widget in shown:
        qtbot.addWidget(widget)
    news.size.emit(1)
    qtbot.waitUntil(lambda: calls.count("turn") == 3)
    assert calls == ["first", "turn", "second", "turn", "third", "turn"]


def test_a_widget_that_was_deleted_is_not_asked(qtbot: Any) -> None:
    news, calls = News(), list[str]()
    shown = Shown(news, calls)
    news.size.emit(1)
    shown.deleteLater()
    QCoreApplication.sendPostedEvents(shown, QEvent.Type.DeferredDelete.value)
    qtbot.waitUntil(lambda: turns().idle)
    assert calls == []


def test_one_that_fails_does_not_keep_the_others_waiting(qtbot: Any) -> None:
    news, calls = News(), list[str]()
    shown = [Shown(news, calls, name) for name in ("broken", "other")]
    for widget in shown:
        qtbot.addWidget(widget)
    news.size.emit(1)
    with qtbot.captureExceptions() as raised:
        qtbot.waitUntil(lambda: turns().idle)
    assert calls == ["broken", "other"]
    assert [str(error[1]) for error in raised] == ["on purpose"]


def test_nobody_waits_where_a_test_wants_it_so(qtbot: Any) -> None:
    news, calls = News(), list[str]()
    shown = Shown(news, calls)
    qtbot.addWidget(shown)
    turns().at_once = True
    news.color.emit("blue")
    assert calls == ["shown"]


def test_nobody_waits_any_longer_where_all_are_finished(qtbot: Any) -> None:
    news, calls = News(), list[str]()
    shown = [Shown(news, calls, name) for name in ("a", "b")]
    for widget in shown:
        qtbot.addWidget(widget)
    news.size.emit(1)
    turns().finish()
    assert calls == ["a", "b"]
    assert turns().idle


def test_a_turn_is_given_to_one_and_the_next_to_another(qtbot: Any) -> None:
    assert turns().take()
    assert not turns().take()
    qtbot.waitUntil(lambda: turns().take())
    assert not turns().take()


def test_clocks_that_ring_together_work_in_turns_of_their_own(qtbot: Any) -> None:
    calls: list[str] = []
    clocks = [QTimer(interval=0) for _ in range(3)]
    for number, clock in enumerate(clocks):

        def work(name: str = str(number), clock: QTimer = clock) -> None:
            if turns().take():
                calls.append(name)
                QTimer.singleShot(0, lambda: calls.append("turn"))
                clock.stop()

        clock.timeout.connect(work)
        clock.start()
    qtbot.waitUntil(lambda: calls.count("turn") == 3)
    assert [name for name in calls if name != "turn"] == ["0", "1", "2"]
    assert calls[1::2] == ["turn"] * 3


class View(QWidget):
    """A view that follows at once; writes down when it was asked, and when it was painted."""

    asking = QtSignal()

    def __init__(self, news: News, calls: list[str]) -> None:
        super().__init__()
        self._news, self.calls = news, calls
        self._wires = Wires(self)
        self._wires.after(news.size, self._show)
        self._wires.after(news.color, self._show)
        self._wires.after(self.asking, self._show)
        self._wires.after(news.color, self._fail)

    def _show(self) -> None:
        self.calls.append("shown")
        self.update()

    def _fail(self) -> None:
        if self.calls.count("failed") < 1 and self.windowTitle() == "fails":
            self.calls.append("failed")
            raise RuntimeError("on purpose")

    def paintEvent(self, event: object) -> None:
        self.calls.append("painted")


def test_a_view_is_asked_once_after_the_event_and_before_it_is_painted(qtbot: Any) -> None:
    news, calls = News(), list[str]()
    view = View(news, calls)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitUntil(lambda: "painted" in calls)
    calls.clear()

    def event() -> None:
        view.update()
        news.size.emit(1)
        news.color.emit("red")
        view.asking.emit()
        calls.append("event")

    QTimer.singleShot(0, view, event)
    qtbot.waitUntil(lambda: "painted" in calls)
    assert calls[:3] == ["event", "shown", "painted"]
    assert turns().idle


def test_where_one_view_fails_the_others_are_still_asked(qtbot: Any) -> None:
    news, calls = News(), list[str]()
    first, second = View(news, calls), View(news, calls)
    first.setWindowTitle("fails")
    for view in (first, second):
        qtbot.addWidget(view)
    with qtbot.captureExceptions() as failures:
        news.color.emit("red")
        qtbot.waitUntil(lambda: calls.count("shown") == 2)
    assert calls.count("failed") == 1
    assert [str(failure[1]) for failure in failures] == ["on purpose"]


def test_a_view_that_is_gone_is_not_asked(qtbot: Any) -> None:
    news, calls = News(), list[str]()
    view = View(news, calls)
    news.size.emit(1)
    view.deleteLater()
    QCoreApplication.sendPostedEvents(view, QEvent.Type.DeferredDelete)
    qtbot.waitUntil(lambda: turns().idle)
    assert calls == []


def test_who_wants_a_turn_alone_gets_it(qtbot: Any) -> None:
    calls: list[str] = []

    class Two:
        def first(self) -> None:
            calls.append("first")
            QTimer.singleShot(0, lambda: calls.append("turn"))

        def second(self) -> None:
            calls.append("second")

    two = Two()
    for one in (Soon(two.first, alone=True), Soon(two.second)):
        one.ask()
    qtbot.waitUntil(lambda: len(calls) == 3)
    assert calls == ["first", "turn", "second"]


def test_who_comes_first_is_asked_before_those_who_wait(qtbot: Any) -> None:
    calls: list[str] = []

    class Two:
        def waiting(self) -> None:
            calls.append("waiting")

        def urgent(self) -> None:
            calls.append("urgent")

    two = Two()
    for one in (Soon(two.waiting), Soon(two.urgent, first=True)):
        one.ask()
    qtbot.waitUntil(lambda: turns().idle)
    assert calls == ["urgent", "waiting"]
