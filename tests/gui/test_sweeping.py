"""Garbage is swept by the event loop, not in the middle of anything."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from voxviewer.gui import sweeping
from voxviewer.gui.sweeping import Sweeper


class Ring:
    """Holds itself: only a search finds it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def busy() -> Iterator[list[bool]]:
    yield [True]
    gc.unfreeze()
    gc.enable()


def test_new_rings_are_swept_while_work_goes_on(qapp: Any, busy: list[bool]) -> None:
    gc.collect()
    sweeper = Sweeper(lambda: not busy[0])
    assert not gc.isenabled()
    ring = weakref.ref(Ring())
    assert ring() is not None
    for _ in range(10):
        sweeper.look()
    assert ring() is None
    sweeper.stop()
    assert gc.isenabled()


def test_everything_is_looked_through_once_nobody_works(
    qapp: Any, busy: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[int] = []
    monkeypatch.setattr(sweeping.gc, "collect", lambda generation=2: swept.append(generation))
    sweeper = Sweeper(lambda: not busy[0])
    for _ in range(sweeping.CALM + 5):
        sweeper.look()
    assert 2 not in swept
    busy[0] = False
    for _ in range(3 * sweeping.CALM):
        sweeper.look()
    assert swept.count(2) == 1
    sweeper.stop()


def test_what_modules_bring_is_set_aside(
    qapp: Any, busy: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeper = Sweeper(lambda: False)
    sweeper.look()
    before = gc.get_freeze_count()
    held = [Ring() for _ in range(50)]
    sweeper.look()
    assert gc.get_freeze_count() == before
    monkeypatch.setitem(__import__("sys").modules, "a_module_of_this_test", gc)
    sweeper.look()
    assert gc.get_freeze_count() >= before + len(held)
    sweeper.stop()
