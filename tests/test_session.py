"""The state and the steps back through what was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from voxviewer.session import History, Session
from voxviewer.settings import EncodingSettings, Opening


@dataclass(frozen=True, eq=False)
class AnySource:
    opening: Opening


@pytest.fixture
def session() -> Session:
    return Session()


def test_a_field_speaks_when_it_changes_and_is_silent_when_not(session: Session) -> None:
    heard: list[Any] = []
    session.events.frame.connect(heard.append)
    session.frame = 3
    session.frame = 3
    session.change("encoding", sigma=2.0)
    assert heard == [3]


def test_an_equal_choice_is_no_news(session: Session) -> None:
    heard: list[Any] = []
    session.events.encoding.connect(heard.append)
    session.encoding = EncodingSettings()
    assert heard == []


def test_a_wrong_value_leaves_the_choice_as_it_was(session: Session) -> None:
    with pytest.raises(ValueError, match="sigma must be a number above 0"):
        session.change("encoding", sigma=-1.0)
    assert session.encoding.sigma == 5.0


def test_a_drag_is_one_step_and_undo_and_redo_restore_all_choices(session: Session) -> None:
    history = History(session)
    for sigma in (4.0, 3.0, 2.0):
        session.change("encoding", sigma=sigma)
    history.commit()
    session.change("filters", count=4)
    history.commit()
    history.undo()
    assert (session.filters.count, session.encoding.sigma) == (8, 2.0)
    history.undo()
    assert session.encoding.sigma == 5.0
    assert not history.can_undo
    history.redo()
    history.redo()
    assert (session.filters.count, session.encoding.sigma) == (4, 2.0)
    assert not history.can_redo


def test_a_new_choice_after_undo_forgets_what_was_undone(session: Session) -> None:
    history = History(session)
    session.change("encoding", sigma=2.0)
    history.commit()
    history.undo()
    session.change("encoding", sigma=9.0)
    history.commit()
    assert not history.can_redo


def test_undoing_an_opening_reselects_the_earlier_source_and_keeps_the_file(
    session: Session,
) -> None:
    history = History(session)
    first, second = AnySource(Opening("a.npy")), AnySource(Opening("b.npy"))
    for source in (first, second):
        session.sources = (*session.sources, source)  # type: ignore[assignment]
        session.current = source  # type: ignore[assignment]
        history.commit()
    history.undo()
    assert session.current is first
    assert len(session.sources) == 2


def test_closing_a_source_drops_its_steps(session: Session) -> None:
    history = History(session)
    source = AnySource(Opening("a.npy"))
    session.sources, session.current = (source,), source  # type: ignore[assignment]
    history.commit()
    session.change("encoding", sigma=2.0)
    history.commit()
    session.sources, session.current = (), None
    history.drop(source.opening)
    history.undo()
    assert session.current is None


def test_a_thousand_changes_and_a_thousand_undos_come_back_to_the_start(session: Session) -> None:
    history = History(session)
    seen = [session.choices]
    for number in range(1000):
        field, value = [
            ("encoding", {"sigma": 1.0 + number}),
            ("filters", {"seed": number}),
            ("convolution", {"strides": (1, 1 + number, 1)}),
            ("export", {"rate": 1.0 + number}),
        ][number % 4]
        session.change(field, **value)
        history.commit()
        seen.append(session.choices)
    for choices in reversed(seen[:-1]):
        history.undo()
        assert session.choices == choices
    for choices in seen[1:]:
        history.redo()
        assert session.choices == choices
