"""Two-way bindings: a widget shows a field of the session, and the field follows the widget.

    binding = bind(number, session, "encoding.sigma", history, row=row)

Every widget of `gui.parts` has a `value` (setting it is silent), `changed(object)` while a person
edits and `committed(object)` when the edit is finished. So while a slider is dragged the session
follows live, and the whole drag is one step of the history. A wrong value is said beside the field,
in the sentence of the `ValueError`; the session keeps what it had.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from PySide6.QtCore import SignalInstance

from voxviewer.gui.turns import After, Soon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QObject

    from voxviewer.session import History, Session


class Wires:
    """Connections to signals that outlive a widget, cut when the widget is destroyed.

    Only bound methods, which psygnal holds weakly: neither the session nor the wires keep a closed
    widget alive, and none of the two can call into a widget that Qt has deleted.
    """

    def __init__(self, owner: QObject) -> None:
        self._ends: list[tuple[Any, WeakMethod[Any]]] = []
        self._soon: dict[str, Soon] = {}
        owner.destroyed.connect(_Cut(self._ends))

    def connect(self, signal: Any, method: Callable[..., None]) -> None:
        """Call the method for the signal's news for as long as the widget lives."""
        signal.connect(method, max_args=_most_arguments(method))
        self._ends.append((signal, WeakMethod(method)))

    def soon(
        self, signal: Any, method: Callable[..., None], *, alone: bool = False, first: bool = False
    ) -> None:
        """Call the method for the signal's news in a turn of its own, soon: see `gui.turns`.

        It gets no arguments, and one call for several signals that came meanwhile. `alone`: much
        has to be painted after it, so nobody shall share its turn; `first`: before all who wait.
        """
        made = Soon(method, alone=alone, first=first)
        waiting = self._soon.setdefault(method.__name__, made)
        self.connect(signal, waiting.ask)

    def after(self, signal: Any, method: Callable[..., None]) -> None:
        """Call the method once, without arguments, after the event in which news came.

        A view's own signals, which are Qt's, may call it too.
        """
        waiting = self._soon.setdefault(method.__name__, After(method))
        if isinstance(signal, SignalInstance):
            signal.connect(waiting.ask)
        else:
            self.connect(signal, waiting.ask)

    def cut(self) -> None:
        """Stop listening."""
        _Cut(self._ends)()


def _most_arguments(method: Callable[..., None]) -> int:
    """How many arguments a bound method takes; psygnal's own look at it takes 50 times as long."""
    code = method.__func__.__code__  # type: ignore[attr-defined]
    takes_all = code.co_flags & inspect.CO_VARARGS
    return 99 if takes_all else code.co_argcount - 1


class _Cut:
    """What `destroyed` calls; holds the ends but not the widget."""

    def __init__(self, ends: list[tuple[Any, WeakMethod[Any]]]) -> None:
        self._ends = ends

    def __call__(self, *_: Any) -> None:
        while self._ends:
            signal, held = self._ends.pop()
            method = held()
            if method is None:
                continue
            signal.disconnect(method, missing_ok=True)
            if isinstance(method.__self__, Soon):
                method.__self__.cut()


class Binding:
    """One widget and the field, or fields, that it shows. Made by `bind`."""

    def __init__(
        self,
        widget: Any,
        session: Session,
        paths: Sequence[str],
        history: History | None,
        row: Any,
        to_widget: Callable[[Any], Any] | None,
        to_session: Callable[[Any], Any] | None,
    ) -> None:
        self.widget = widget
        self.paths = tuple(paths)
        self.problem = ""
        self._session = session
        self._history = history
        self._row = row
        self._to_widget = to_widget
        self._to_session = to_session
        self._field, self._names = _split(self.paths)
        widget.changed.connect(self._on_changed)
        widget.committed.connect(self._on_committed)
        self._wires = Wires(widget)
        self._wires.connect(getattr(session.events, self._field), self._show)
        self._show()

    @property
    def value(self) -> Any:
        """What the session holds, as the widget would show it."""
        held = getattr(self._session, self._field)
        if self._names:
            parts = tuple(getattr(held, name) for name in self._names)
            held = parts if len(parts) > 1 else parts[0]
        return self._to_widget(held) if self._to_widget is not None else held

    def _show(self, *_: Any) -> None:
        """Show what the session holds; what a person is just typing is that already."""
        shown = self.value
        if self.widget.value != shown:
            self.widget.value = shown
        if self.problem:
            self._say("")

    def _on_changed(self, value: Any) -> None:
        try:
            self._write(self._to_session(value) if self._to_session is not None else value)
        except ValueError as error:
            self._say(str(error))
            return
        if self.problem:
            self._say("")

    def _on_committed(self, _: Any = None) -> None:
        if self._history is not None and not self.problem:
            self._history.commit()

    def _write(self, value: Any) -> None:
        if not self._names:
            setattr(self._session, self._field, value)
            return
        values = value if len(self._names) > 1 else (value,)
        self._session.change(self._field, **dict(zip(self._names, values, strict=True)))

    def _say(self, problem: str) -> None:
        self.problem = problem
        self.widget.set_bad(bool(problem))
        if self._row is not None:
            self._row.set_error(problem)


def bind(
    widget: Any,
    session: Session,
    path: str | Sequence[str],
    history: History | None = None,
    *,
    row: Any = None,
    to_widget: Callable[[Any], Any] | None = None,
    to_session: Callable[[Any], Any] | None = None,
) -> Binding:
    """Bind a widget's value to a field of the session, both ways.

    Parameters
    ----------
    widget : has `value` (set silently), `changed(object)`, `committed(object)`, `set_bad(bool)`
    session : the state
    path : "encoding.sigma"; "live" for a field that is no settings; several of one settings field,
        ("encoding.frames", "encoding.height"), for a widget whose value is a tuple
    history : takes a step when an edit is finished; None for view fields, which are outside undo
    row : says a wrong value's sentence, by `set_error(text)`
    to_widget, to_session : turn the field's value into the widget's and back; `to_session` may
        raise `ValueError`

    Returns
    -------
    Binding
        the widget holds it; it ends with the widget

    Example
    -------
    >>> bind(NumberField(name="Sigma"), session, "encoding.sigma", history).value
    5.0
    """
    paths = (path,) if isinstance(path, str) else tuple(path)
    binding = Binding(widget, session, paths, history, row, to_widget, to_session)
    # psygnal and Qt hold the binding weakly; it shall live exactly as long as its widget.
    widget.binding = binding
    return binding


def _split(paths: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """("encoding.frames", "encoding.height") as "encoding" and its names; no names for "live"."""
    owners = {path.partition(".")[0] for path in paths}
    if len(owners) != 1:
        raise ValueError(f"one binding is for one field of the session, not {sorted(owners)}")
    names = tuple(path.partition(".")[2] for path in paths if "." in path)
    return owners.pop(), names
