"""What a new user met in the first hour, and what no one shall meet again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from made_views import make_clip
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from voxviewer import flow
from voxviewer.convolution import random_filters
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.palette import CommandPalette
from voxviewer.gui.panels.convolve_panel import proof
from voxviewer.gui.parts import AxisFields, NumberField
from voxviewer.gui.program import Program
from voxviewer.gui.refusals import title_words
from voxviewer.gui.views.captions import Caption, briefly, paint_caption
from voxviewer.gui.views.missing import no_clip, no_maps
from voxviewer.gui.views.places import clip_place, map_place
from voxviewer.session import Session
from voxviewer.settings import ConvolutionSettings, Opening

PAINTED = ("Canvas", "WallTiles", "FilmStrip", "LedgerSteps", "VoxelPicture", "_Tabs")
"""Views say what is under the pointer in their own way."""


@pytest.fixture
def window(qtbot: Any, themed: QApplication, scan: Path) -> Iterator[MainWindow]:
    """A shown window with a small scan in it."""
    made = MainWindow(Program(keras=False), autoplay=False)
    made.resize(1600, 1000)
    with qtbot.waitExposed(made):
        made.show()
    made.open_all([Opening(str(scan))])
    qtbot.waitUntil(lambda: done(made), timeout=20_000)
    yield made
    made.close()
    made.deleteLater()


def done(window: MainWindow) -> bool:
    session = window.session
    return session.features is not None and not session.stale and window.program.jobs.idle


def stops(window: MainWindow) -> list[QWidget]:
    """What Tab reaches, in order, until it begins anew."""
    found: list[QWidget] = []
    for _ in range(300):
        window.focusNextPrevChild(True)
        now = window.focusWidget()
        if now in found:
            return found
        found.append(now)
    raise AssertionError("Tab never comes back")


@pytest.mark.parametrize("sample", ["", "sample:waving-hand", "sample:waving-skeleton"])
def test_tab_reaches_every_control_whatever_is_open(
    window: MainWindow, qtbot: Any, sample: str
) -> None:
    if sample:
        window.pipeline.open([sample])
        qtbot.waitUntil(lambda: done(window) and len(window.session.sources) == 2, timeout=20_000)
    tab = Qt.FocusPolicy.TabFocus
    wanted = {
        item
        for item in window.findChildren(QWidget)
        if item.focusPolicy() & tab and not item.focusProxy() and item.isVisible()
        and item.isEnabled() and item.window() is window
    }  # fmt: skip
    reached = stops(window)
    assert wanted - set(reached) == set()
    assert len(reached) == len(set(reached))


def test_every_control_says_what_it_is_for(window: MainWindow) -> None:
    silent = []
    for item in stops(window):
        if type(item).__name__ in PAINTED:
            continue
        holder: QWidget | None = item
        while holder is not None and holder is not window and not holder.toolTip():
            holder = holder.parentWidget()
        if (holder is None or holder is window) and not within(item, window.filters_panel):
            silent.append(f"{type(item).__name__} {item.accessibleName()}")
    assert not silent


def within(item: QWidget, panel: QWidget) -> bool:
    return panel.isAncestorOf(item)


def test_after_opening_the_keys_are_for_time(window: MainWindow) -> None:
    assert window.focusWidget() is window.timeline.strip
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Right)
    assert window.session.frame == 1
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    assert window.session.playing


def test_space_and_question_mark_leave_a_number_alone(window: MainWindow) -> None:
    field = window.encode_panel.fields["frames"].fields[0]
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Space)
    assert window.session.playing
    QTest.keyClicks(field, "?")
    assert any(sheet.isVisible() for sheet in window.findChildren(QDialog))
    window.close()
    assert not any(sheet.isVisible() for sheet in window.findChildren(QDialog))


@pytest.mark.parametrize(
    ("typed", "number"), [("12,5", 12), ("99999", 64), ("0", 1), ("1e1", 10), ("7", 7), ("1e", 1)]
)
def test_a_whole_number_is_the_nearest_one_to_what_was_typed(
    qtbot: Any, themed: QApplication, typed: str, number: int
) -> None:
    """Points are not left out, which would make 125 of 12.5; too large becomes the largest."""
    field = AxisFields("T", (3,), 1, 64)
    qtbot.addWidget(field)
    field.show()
    spin = field.fields[0]
    spin.selectAll()
    QTest.keyClicks(spin, typed)
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert field.value == (number,)


def test_a_field_shows_what_the_session_holds_even_out_of_its_range(qtbot: Any) -> None:
    field = NumberField(9, 0, 20, 1, 0)
    qtbot.addWidget(field)
    field.set_range(0, 5)
    assert field.value == 9
    field.value = 40
    assert field.value == 40
    field.spin.stepBy(1)
    assert field.value == 5


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel", [(2, 4, 2), (3, 3, 3), (1, 5, 2)])
@pytest.mark.parametrize("strides", [(1, 1, 1), (2, 3, 2), (1, 5, 4)])
def test_crosshair_and_microscope_speak_of_one_voxel(
    padding: str, kernel: tuple[int, int, int], strides: tuple[int, int, int]
) -> None:
    """Clicking a map's voxel puts the crosshair on the clip; reading it back finds that voxel."""
    clip = make_clip()
    bank = random_filters(1, kernel, clip.shape[3], seed=1)
    maps = flow.convolve(clip, bank, ConvolutionSettings(padding=padding, strides=strides))
    for row, column in np.ndindex(maps.shape[1:3]):
        place = clip_place(maps, (row, column))
        again = clip_place(maps, map_place(maps, place))
        assert again == place
        if strides == (1, 1, 1) and padding == "valid":
            assert map_place(maps, place) == (row, column)


def test_a_problem_is_said_beside_its_field_and_where_the_maps_would_be(
    window: MainWindow, qtbot: Any
) -> None:
    window.choose("filters", kernel=(33, 3, 3))
    window.choose("convolution", padding="valid")
    qtbot.waitUntil(lambda: bool(window.session.problem("convolve")), timeout=20_000)
    assert not window.news.stack.notices
    assert "33 frames" in window.filters_panel.rows["kernel"].error
    assert no_maps(window.session).startswith("No maps. ")


def test_what_is_missing_is_said_as_it_is() -> None:
    session = Session()
    assert no_clip(session).startswith("Nothing open yet.")
    session.clip = make_clip()
    assert no_maps(session, busy=True) == "Convolving …"
    assert no_maps(session) == "No maps yet. Press Run."
    session.live = False
    assert no_maps(session) == "No maps yet. Run, or switch on Live."
    session.problems = (("convolve", "the kernel is too large"),)
    assert no_maps(session) == "No maps. the kernel is too large."


def test_no_difference_is_called_exact() -> None:
    same: Any = SimpleNamespace(max_difference=0.0, agree=True)
    near: Any = SimpleNamespace(max_difference=3.1e-7, agree=True)
    assert proof(same) == ("ok", "handwritten = Keras, exactly")
    assert proof(near) == ("ok", "handwritten = Keras, 3.1e-7")


def test_captions_of_a_wall_have_one_form(themed: QApplication) -> None:
    made = [
        Caption("input", "x", "0 – 1"),
        Caption("0", "5 % of energy", "±1", 0.1, "5 %"),
        Caption("11", "12 % of energy", "±0.4123", 1.0, "12 %"),
    ]
    assert briefly(made, 1000) == made
    assert [item.name for item in briefly(made, 130)] == ["x", "5 %", "12 %"]
    bare = briefly(made, 90)
    assert [item.name for item in bare] == ["x", "", ""]
    assert [item.limits for item in bare] == ["0 – 1", "±1", "±0.4123"]
    assert [item.limits for item in briefly(made, 40)] == ["0 – 1", "", ""]
    twin = Caption("9", "same as 3", "±0.4123", 1.0, "= 3")
    assert briefly([twin], 30)[0].name == "= 3", "the bar does not say that"


def ink(caption: Caption, width: int) -> tuple[QImage, int]:
    """A caption drawn on black, and where its last light pixel is."""
    image = QImage(width, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    paint_caption(painter, QRect(0, 0, width, 20), caption, chosen=False)
    painter.end()
    light = [x for x in range(width) for y in range(16) if image.pixelColor(x, y).lightness() > 60]
    return image, max(light, default=-1)


@pytest.mark.parametrize("name", ["dead", "= 3"])
def test_a_mark_is_shown_whole_and_the_limits_make_room(themed: QApplication, name: str) -> None:
    marked = Caption("9", name, "±0.4123", 0.0, name if name != "dead" else "")
    bare = Caption("9", name, "", 0.0, name if name != "dead" else "")
    assert marked.is_mark
    assert ink(marked, 64)[0] == ink(bare, 64)[0], "no limits, and no dots"
    assert ink(marked, 160)[1] > 150, "with room both are said"


def test_two_letters_of_a_name_are_not_shown(themed: QApplication) -> None:
    named, nameless = Caption("0", "motion right", "±70", 0.5), Caption("0", "", "±70", 0.5)
    assert ink(named, 64)[0] == ink(nameless, 64)[0]
    assert ink(named, 130)[0] != ink(nameless, 130)[0]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("scan.nii.gz: is empty.", "scan.nii.gz is empty."),
        ("a.npy: holds objects.", "a.npy holds objects."),
        ("a.npy: encoding it takes 17 GB.", "a.npy: encoding it takes 17 GB."),
        ("Copied as Python.", "Copied as Python."),
    ],
)
def test_a_notice_is_a_sentence(said: str, shown: str) -> None:
    assert title_words(said) == shown


def test_the_palette_puts_what_is_called_so_first(window: MainWindow, qtbot: Any) -> None:
    sheet = CommandPalette(window.actions_of, ["theme_system", "theme_light"], window)
    qtbot.addWidget(sheet)
    sheet.field.setText("light")
    assert sheet.list.item(0).text() == "Theme: light"


def test_the_timeline_stands_in_line_with_the_docks(window: MainWindow, qtbot: Any) -> None:
    for width in (1600, 1920, 1500):
        window.resize(width, 1000)
        qtbot.waitUntil(
            lambda: (
                window.timeline.transport.width() == window.left.width()
                and window.timeline.legend.width() == window.right.width()
            )
        )


def test_the_side_panels_are_said_to_be_shown_before_they_ever_were(
    qtbot: Any, themed: QApplication
) -> None:
    fresh = MainWindow(Program(keras=False), autoplay=False)
    qtbot.addWidget(fresh)
    fresh.show()
    assert fresh.arranging.side_shown("left")
    assert fresh.actions_of["left"].isChecked()
    fresh.arranging.toggle_side("left")
    assert not fresh.arranging.side_shown("left")
    fresh.arranging.toggle_side("left")
    assert fresh.arranging.side_shown("left")


def test_nothing_heavy_is_imported_before_the_first_paint() -> None:
    benchmarks = Path(__file__).resolve().parents[2] / "benchmarks"
    code = (
        f"import sys; sys.path.insert(0, {str(benchmarks)!r})\n"
        "import json, bench_window\n"
        "print(json.dumps(bench_window.start(sample=False)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    facts = json.loads(ran.stdout.splitlines()[-1])
    assert facts["modules"] == []
    assert facts["paint"] > 0


def test_a_figure_is_not_drawn_again_for_another_sigma(window: MainWindow, qtbot: Any) -> None:
    from voxviewer.gui.views import source_pictures

    window.pipeline.open(["sample:waving-skeleton"])
    qtbot.waitUntil(lambda: done(window) and len(window.session.sources) == 2, timeout=20_000)
    drawn = source_pictures._figure.cache_info().misses
    window.choose("encoding", sigma=3.0)
    qtbot.waitUntil(lambda: done(window), timeout=20_000)
    assert source_pictures._figure.cache_info().misses == drawn
