"""Findings under the source, the fields of length and values, marks of the film strip."""

from __future__ import annotations

import numpy as np
import pytest
from direct import Desk
from PySide6.QtCore import QPoint, Qt

from voxviewer.gui import theme
from voxviewer.gui.panels.encode_panel import EncodePanel
from voxviewer.gui.panels.findings import Findings
from voxviewer.gui.panels.time_fields import LengthFields
from voxviewer.gui.shared_statistics import StatisticsMeter
from voxviewer.gui.views import strip_marks
from voxviewer.gui.views.wall_tiles import WallTiles


@pytest.fixture
def desk(tmp_path):
    """A film with copied frames, open; jobs run at once."""
    rng = np.random.default_rng(0)
    frames = np.cumsum(rng.integers(-6, 7, (12, 16, 18, 1)), axis=0) + 120
    frames[[4, 5]] = frames[3]
    np.save(tmp_path / "film.npy", frames.astype(np.uint8))
    desk = Desk()
    desk.session.live = False
    desk.pipeline.open_one(opening(tmp_path / "film.npy"))
    return desk


def opening(path):
    from voxviewer.settings import Opening

    return Opening(str(path), axes="THWC")


def test_a_finding_is_repaired_by_one_click_and_undone_as_one_step(qtbot, desk):
    findings = Findings(desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(findings)
    assert [line.finding.key for line in findings.lines] == ["duplicate"]
    before = desk.session.encoding
    qtbot.mouseClick(findings.lines[0].repair, Qt.MouseButton.LeftButton)
    assert desk.session.encoding.frame_order == (0, 1, 2, 3, 6, 7, 8, 9, 10, 11)
    assert desk.session.clip.frames.tolist() == [0, 1, 2, 3, 6, 7, 8, 9, 10, 11]
    assert findings.lines[0].repair.isHidden()
    desk.history.undo()
    assert desk.session.encoding == before
    assert not findings.lines[0].repair.isHidden()


def test_rows_of_transforms_percentiles_and_pads_are_there_when_they_are_wanted(qtbot, desk):
    panel = EncodePanel(desk.session, desk.history)
    qtbot.addWidget(panel)
    assert panel.rows["percentiles"].isHidden() and panel.rows["seed"].isHidden()
    desk.session.change("encoding", normalize="percentile", length="random", frames=5)
    assert not panel.rows["percentiles"].isHidden() and not panel.rows["seed"].isHidden()
    length = panel.fields["length"]
    assert length.value == ("random", "after", 0) and length.side.isHidden()
    desk.session.change("encoding", length="pad-loop", pad_side="both", frames=20)
    assert length.value == ("pad-loop", "both", 0) and not length.side.isHidden()
    assert "8 padded" in length.accessibleDescription()
    desk.session.change("encoding", length="window", start=30)
    assert "start 30 is not there" in panel.rows["length"].error


def test_statistics_of_all_sources_become_numbers_in_one_step(qtbot, desk, tmp_path):
    meter = StatisticsMeter(desk.session, desk.history, desk.jobs)
    np.save(tmp_path / "dark.npy", np.full((3, 16, 18, 1), 7, np.uint8))
    desk.pipeline.open_one(opening(tmp_path / "dark.npy"))
    desk.session.change("encoding", normalize="minmax")
    desk.history.commit()
    desk.session.change("encoding", statistics="sources")
    low, high = desk.session.encoding.statistics
    assert low == 7.0 and high > 100
    desk.history.undo()
    assert desk.session.encoding.statistics == "clip"
    desk.session.change("encoding", normalize="none")
    desk.session.change("encoding", statistics="sources")
    assert desk.session.encoding.statistics == "clip"
    meter.deleteLater()


def test_the_strip_marks_what_was_dropped_the_seam_and_what_padding_reaches(desk):
    session = desk.session
    session.change("encoding", frames=6)
    assert strip_marks.dropped(session).tolist() == [0, 2, 4, 6, 8, 10]
    assert strip_marks.gaps(session.clip, strip_marks.dropped(session))[0] == [0]
    session.change("encoding", frames=20, length="pad-loop")
    desk.pipeline.run()
    rows = {mark: value for mark, _, value in strip_marks.legend_rows(session)}
    assert "dropped" not in rows and rows["seam"].endswith("×")
    assert rows["reach"] == "10 of 20"  # 8 padded, the frame before them, and the first
    found = []
    for frame in (0, 5, 11, 15):  # under "same", a third of the first window is zeros
        session.frame = frame
        found.append(strip_marks.reach_now(session))
    assert found == pytest.approx([1 / 3, 0, 1 / 3, 1])


def test_padding_is_marked_on_the_maps_of_the_wall_too(qtbot, desk):
    desk.session.change("encoding", frames=20, length="pad-zero")
    desk.pipeline.run()
    tiles = WallTiles(desk.session)
    qtbot.addWidget(tiles)
    tiles.resize(500, 400)
    tiles.grab()  # lays out
    tile = next(tile for tile in tiles.layout_now.tiles if tile.index == 0)
    x, y, wide, tall = tile.image
    at = tiles.origin() + QPoint(x + wide // 2, y + tall - 2)
    seen = {}
    for frame in (5, 15):
        desk.session.frame = frame
        seen[frame] = tiles.viewport().grab().toImage().pixelColor(at).name()
    assert seen[15] == theme.color("padded").name() != seen[5]


def test_the_way_of_a_length_alone_has_the_whole_row(qtbot):
    fields = LengthFields()
    qtbot.addWidget(fields)
    fields.resize(172, 60)
    fields.show()
    wide = {}
    for way in ("sample", "pad-zero", "window", "sample"):
        fields.value = (way, "after", 0)
        fields.layout().activate()
        wide[way] = fields.way.width()
    assert wide["sample"] > 160 and wide["pad-zero"] < 110 and wide["window"] < 110
