"""The windows about the tensor: batch, a still three ways."""

from __future__ import annotations

import numpy as np
import pytest
from direct import Desk
from PySide6.QtCore import Qt

from voxviewer.gui.tensor_tools.batch_window import BatchWindow
from voxviewer.gui.tensor_tools.stills_window import StillsWindow
from voxviewer.gui.views.ledger_steps import entries
from voxviewer.settings import Opening


@pytest.fixture
def desk(tmp_path):
    """Two films of unequal length, open; jobs run at once."""
    desk = Desk()
    desk.session.live = False
    for name, count in (("short", 6), ("long", 9)):
        frames = np.random.default_rng(count).integers(0, 255, (count, 12, 14, 1))
        np.save(tmp_path / f"{name}.npy", frames.astype(np.uint8))
        desk.pipeline.open_one(Opening(str(tmp_path / f"{name}.npy"), axes="THWC"))
    return desk


def test_unequal_sources_are_refused_with_a_remedy_and_then_saved(qtbot, desk, tmp_path):
    window = BatchWindow(desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(window)
    assert desk.session.batch is None and not window.same.isHidden()
    assert "same frames" in window.memory.text()
    qtbot.mouseClick(window.same, Qt.MouseButton.LeftButton)
    assert desk.session.batch.batch.data.shape == (2, 6, 12, 14, 1)
    assert "(2, 6, 12, 14, 1)" in window.shape.text()
    step = next(entry.step for entry in entries(desk.session) if entry.key == "batch")
    assert step.shape == (2, 6, 12, 14, 1) and step.nbytes == 2 * 6 * 12 * 14 * 4
    import voxviewer as vv

    scope = {"vv": vv}
    exec(step.code, scope)
    assert np.array_equal(scope["batch"].data, desk.session.batch.batch.data)
    window.save_to(str(tmp_path / "batch.npz"))
    saved = np.load(tmp_path / "batch.npz")
    assert saved["data"].shape == (2, 6, 12, 14, 1) and saved["real"].shape == (2, 6)
    assert saved["frames"].shape == (2, 6)


def test_views_of_one_clip_take_no_memory_and_the_ledger_shows_n(qtbot, desk):
    window = BatchWindow(desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(window)
    qtbot.mouseClick(
        window.checks[0], Qt.MouseButton.LeftButton, pos=window.checks[0].rect().center()
    )
    window.checks[0].setChecked(False)
    window._on_check(desk.session.sources[0], False)
    window.views.value = 32
    window._make()
    made = desk.session.batch
    assert made.batch.data.shape == (32, 9, 12, 14, 1) and made.is_view
    step = next(entry.step for entry in entries(desk.session) if entry.key == "batch")
    assert step.shape[0] == 32 and step.nbytes == 0 and step.code.endswith("] * 32)")


def test_a_still_is_shown_three_ways_with_the_change_each_gives(qtbot, desk, tmp_path):
    window = StillsWindow(desk.session, desk.pipeline)
    qtbot.addWidget(window)
    replicas, moved, true = window.panes
    assert replicas.number.text().startswith("Change 0 inside")
    assert moved.way.change.inside > 0 and true.way.change.inside > 0
    assert replicas.way.clip.shape == moved.way.clip.shape == true.way.clip.shape
    window.resize(700, 360)
    window.grab()
    np.save(tmp_path / "one.npy", np.random.default_rng(0).integers(0, 255, (20, 22)).astype("u1"))
    desk.pipeline.open_one(Opening(str(tmp_path / "one.npy"), axes="HW"))
    assert true.way.clip is None and "no true frames" in true.words
    assert replicas.way.clip.shape == (5, 20, 22, 1)
