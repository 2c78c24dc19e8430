"""The timeline: the strip is the slider, its marks mean what the legend says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_views import drag, make_clip, make_maps, pixels, pixels_on_screen
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from voxviewer.gui import theme
from voxviewer.gui.player import Player
from voxviewer.gui.position import Position, time_words
from voxviewer.gui.timeline import TimelineView, legend
from voxviewer.gui.views.film_strip import FilmStrip
from voxviewer.gui.views.strip_layout import MARGIN, StripLayout
from voxviewer.render.limits import clip_scale
from voxviewer.render.pixels import clip_picture
from voxviewer.render.thumbnails import thumbnail
from voxviewer.session import History, Session


@pytest.fixture
def session(themed: Any) -> Session:
    session = Session()
    session.clip = make_clip(20, padded=4)
    session.features = make_maps(session.clip)
    return session


@pytest.fixture
def strip(qtbot: Any, session: Session) -> FilmStrip:
    strip = FilmStrip(session)
    qtbot.addWidget(strip)
    strip.resize(1000, 128)
    strip.show()
    qtbot.waitUntil(lambda: strip.thumbnails.complete)
    return strip


@pytest.fixture
def timeline(qtbot: Any, session: Session) -> TimelineView:
    player = Player(session, autoplay=False)
    made = TimelineView(session, History(session), player)
    made.player = player  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(1600, 128)
    made.show()
    return made


def place(strip: FilmStrip, frame: int) -> tuple[float, float]:
    layout = strip.strip()
    return layout.middle(frame), sum(layout.thumbnails) - 5


def test_a_click_at_37_percent_shows_the_frame_there(strip, session) -> None:
    x = MARGIN + 0.37 * (strip.width() - 2 * MARGIN)
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(round(x), 60))
    assert session.frame == 7  # floor(0.37 * 20)


def test_a_drag_shows_every_frame_on_its_way(strip, session) -> None:
    seen: list[int] = []
    session.events.frame.connect(seen.append)
    drag(strip, [place(strip, n) for n in (2, 3, 4, 5, 4, 12)])
    assert seen == [2, 3, 4, 5, 4, 12]


def test_a_drag_beyond_the_ends_stays_at_the_ends(strip, session) -> None:
    drag(strip, [place(strip, 3), (-400, 50), (4000, 50)])
    assert session.frame == 19


def test_scrubbing_pauses_and_plays_on_afterwards(strip, session) -> None:
    session.playing = True
    x, y = place(strip, 4)
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert not session.playing
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert session.playing


@pytest.mark.parametrize(
    ("key", "modifier", "frame"),
    [
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 8),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 6),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier, 17),
        (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier, 0),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 19),
    ],
)
def test_keys_step_through_the_frames(strip, session, key, modifier, frame) -> None:
    session.frame = 7
    QTest.keyClick(strip, key, modifier)
    assert session.frame == frame


def test_range_handles_are_dragged_and_stay_in_order(qtbot, strip, session) -> None:
    layout = strip.strip()
    left, right = layout.handle(0, last=False)
    grip = ((left + right) / 2, layout.range_y)
    with qtbot.waitSignal(strip.committed):
        drag(strip, [grip, (layout.middle(5), layout.range_y)])
    assert session.export.range == (5, 19)
    assert session.frame == 0
    left, right = layout.handle(19, last=True)
    drag(strip, [((left + right) / 2, layout.range_y), (layout.middle(2), layout.range_y)])
    assert session.export.range == (5, 5)


def test_thumbnails_are_the_pixels_that_render_gives(strip, session) -> None:
    layout, shown = strip.strip(), pixels(strip)
    clip = session.clip
    top, height = layout.thumbnails
    made = strip.thumbnails.pictures[5]
    scale = clip_scale(clip, session.render)
    expected = thumbnail(clip_picture(clip, 5, scale), made.shape[1], made.shape[0])
    assert np.array_equal(made, expected)
    part = shown[top + 2 : top + height - 2, round(layout.left(5)) + 3 : round(layout.left(6)) - 4]
    values = expected[2:-2, 3 : 3 + part.shape[1]] & 0xFF
    assert abs(float((part & 0xFF).mean()) - float(values.mean())) < 4


def test_padded_frames_are_hatched_in_violet(strip) -> None:
    layout, shown = strip.strip(), pixels(strip)
    top, height = layout.thumbnails
    x = round(layout.left(18)) + 3
    part = shown[top : top + height, x : x + 30]
    blue, red = (part & 0xFF).astype(int), (part >> 16 & 0xFF).astype(int)
    assert float((blue - red).mean()) > 5
    real = shown[top + 3 : top + height - 3, round(layout.left(3)) + 3 : round(layout.left(4)) - 4]
    assert np.array_equal(real & 0xFF, real >> 16 & 0xFF)


def test_the_current_frame_wears_the_accent(strip, session) -> None:
    session.frame = 6
    layout, shown = strip.strip(), pixels(strip)
    accent = QColor(theme.colors().accent).rgb()
    column = shown[:, round(layout.middle(6))]
    y = layout.ruler_top + 2
    assert accent in column[y : y + 4]
    top, height = layout.bars
    assert accent in column[top : top + height]
    elsewhere = shown[layout.bars[0] : sum(layout.bars), round(layout.middle(12))]
    assert accent not in elsewhere


def test_energy_is_the_chosen_maps_share_of_its_largest(strip, session) -> None:
    session.map = 2
    energy = session.features.energy[:, 2]
    assert np.allclose(strip.energy(), energy / energy.max())
    session.features = make_maps(session.clip, valid=True)
    shares = strip.energy()
    assert np.isnan(shares[[0, -1]]).all()
    assert np.isfinite(shares[1:-1]).all()


def test_many_frames_get_every_kth_thumbnail_and_a_coarser_ruler() -> None:
    layout = StripLayout(1000, 128, 500)
    assert layout.cell < 3
    assert layout.group == 13  # 13 cells of 1.94 px are the first with 24
    assert layout.ruler_step == 50
    assert StripLayout(1000, 128, 20).group == 1
    assert StripLayout(1000, 128, 20).ruler_step == 2


@pytest.mark.parametrize("count", [1, 7, 500, 5000])
def test_every_place_of_the_strip_finds_its_frame_again(count) -> None:
    layout = StripLayout(971, 128, count)
    for frame in {0, count // 3, count - 1}:
        assert layout.frame_at(layout.left(frame) + layout.cell / 2) == frame


def test_the_work_on_thumbnails_leaves_the_window_awake(qtbot, strip, session) -> None:
    """Large frames come little by little: not all of them in one go."""
    session.clip = make_clip(60, 256, 256)
    assert not strip.thumbnails.complete
    qtbot.waitUntil(lambda: strip.thumbnails.complete, timeout=20_000)
    layout = strip.strip()
    assert set(range(0, 60, layout.group)) <= set(strip.thumbnails.pictures)


def test_the_left_block_says_frame_seconds_and_the_gifs_timing(timeline, session) -> None:
    session.change("export", rate=12.0)
    session.frame = 7
    left = timeline.transport
    assert left.position.words == ("7", "/ 19", "0.58 s of 1.67 s")
    assert left.timing.text() == "GIF: 8 cs a frame = 12.5"


def test_buttons_step_play_and_toggle(timeline, session) -> None:
    left = timeline.transport
    QTest.mouseClick(left.forward, Qt.MouseButton.LeftButton)
    assert session.frame == 1
    QTest.mouseClick(left.last, Qt.MouseButton.LeftButton)
    assert session.frame == 19
    QTest.mouseClick(left.back, Qt.MouseButton.LeftButton)
    assert session.frame == 18
    QTest.mouseClick(left.first, Qt.MouseButton.LeftButton)
    assert session.frame == 0
    QTest.mouseClick(left.play, Qt.MouseButton.LeftButton)
    assert session.playing
    assert left.play.accessibleName() == "Pause"
    QTest.mouseClick(left.play, Qt.MouseButton.LeftButton)
    assert not session.playing
    QTest.mouseClick(left.loop, Qt.MouseButton.LeftButton)
    assert not session.loop
    QTest.mouseClick(left.range, Qt.MouseButton.LeftButton)
    assert session.export.range == (0, 19)
    QTest.mouseClick(left.range, Qt.MouseButton.LeftButton)
    assert session.export.range is None


def test_the_rate_field_is_the_sessions_rate(timeline, session) -> None:
    spin = timeline.transport.rate.spin
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, "25")
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert session.export.rate == 25
    session.change("export", rate=5.0)
    assert timeline.transport.rate.value == 5


def test_the_legend_counts_what_the_strip_shows(session) -> None:
    session.change("export", range=(2, 13))
    rows = {row.mark: (row.words, row.value) for row in legend(session)}
    assert rows["real"] == ("real frames", "16")
    assert rows["padded"] == ("padded, zero, after", "4")
    peak = int(session.features.energy[:, 0].argmax())
    assert rows["energy"] == ("energy of map 0", f"peak t {peak}")
    assert rows["range"] == ("range, bounds the export", "2 – 13")


def test_named_maps_are_named_in_the_legend(session) -> None:
    session.features = make_maps(session.clip, 3, ("motion right", "b", "c"))
    assert any(row.words == "energy of map motion right" for row in legend(session))
    session.map = 2  # its values are all 0
    assert any(row.value == "none" for row in legend(session))


def test_slices_that_play_time_are_named_by_their_axis(session) -> None:
    from dataclasses import replace

    from voxviewer.data import Step

    clip = make_clip(6)
    step = Step("moveaxis", "THWC", clip.shape, "uint8", 0, (True, False, False, False), "x = 1")
    swept = replace(clip, steps=(*clip.steps, step))
    stored = replace(clip, steps=(*clip.steps, replace(step, operation="D as time")))
    turned = replace(clip, steps=(*clip.steps, replace(step, operation="W as time, mean of 3 T")))
    assert time_words(swept, 4, 10) == "k = 4, slice as time"
    assert time_words(stored, 4, 10) == "k = 4, slice as time"
    assert time_words(turned, 4, 10) == "j = 4, slice as time"
    assert time_words(clip, 4, 10) == "0.40 s of 0.60 s"


def test_everything_is_named_for_those_who_listen(timeline, session) -> None:
    left = timeline.transport
    for widget in (left.first, left.back, left.play, left.forward, left.last, left.loop,
                   left.range, left.rate, timeline.strip, timeline.legend):  # fmt: skip
        assert widget.accessibleName()
    session.frame = 3
    assert timeline.strip.accessibleDescription() == "frame 3 of 0 to 19"


def test_the_timeline_is_legible_without_a_clip(qtbot, themed: Any) -> None:
    session = Session()
    player = Player(session, autoplay=False)
    made = TimelineView(session, None, player)
    qtbot.addWidget(made)
    made.resize(1366, 108)
    made.show()
    assert made.transport.position.words == ("–", "", "")
    assert not made.transport.play.isEnabled()
    QTest.keyClick(made.strip, Qt.Key.Key_Right)
    QTest.mouseClick(made.strip, Qt.MouseButton.LeftButton, pos=QPoint(200, 50))
    assert session.frame == 0
    assert pixels(made).size


def test_another_theme_repaints_the_strip(strip, session) -> None:
    dark = pixels(strip)
    theme.choose("light")
    light = pixels(strip)
    panel = QColor(theme.colors().panel).rgb()
    assert light[2, 2] == panel
    assert dark[2, 2] != panel


def test_another_frame_is_painted_without_laying_anything_out(qtbot, timeline, session) -> None:
    """A layout that is asked for goes up to the window, and costs more than all pictures."""
    asked: list[object] = []

    class Layouts(QObject):
        def eventFilter(self, _: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.LayoutRequest:
                asked.append(event)
            return False

    watch = Layouts()
    QApplication.processEvents()
    for widget in (timeline, timeline.transport):
        widget.installEventFilter(watch)
    before = pixels(timeline.transport)
    for frame in (9, 10, 19):
        session.frame = frame
        QApplication.processEvents()
    assert not asked
    assert not np.array_equal(pixels(timeline.transport), before)
    assert timeline.transport.position.words[0] == "19"


def test_the_ring_is_whole_where_a_key_led_to_another_frame(strip) -> None:
    strip.setFocus(Qt.FocusReason.MouseFocusReason)
    QApplication.processEvents()
    QTest.keyClick(strip, Qt.Key.Key_Right)
    QApplication.processEvents()
    assert np.array_equal(pixels_on_screen(strip), pixels(strip))


def test_words_that_are_cut_off_are_said_in_a_tooltip(qtbot, session) -> None:
    position = Position(session)
    qtbot.addWidget(position)
    position.resize(400, 30)
    position.show()
    assert position.toolTip() == ""
    position.resize(position.minimumSizeHint().width(), 30)
    QApplication.processEvents()
    assert position.toolTip() == position.words[2] == "0.00 s of 2.00 s"


def test_what_a_gif_makes_of_the_rate_is_whole_where_no_panels_stand_above(
    qtbot: Any, session: Session
) -> None:
    view = TimelineView(session, None, Player(session))
    qtbot.addWidget(view)
    view.resize(1366, view.height())
    view.show()
    view.set_widths(0, 300)
    qtbot.waitUntil(lambda: view.transport.width() >= 268)
    timing = view.transport.timing
    qtbot.waitUntil(lambda: timing.width() >= timing.sizeHint().width())
    assert timing.text() == "GIF: 10 cs a frame = 10" and timing.toolTip() == ""
