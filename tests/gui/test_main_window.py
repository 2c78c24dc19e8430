"""The whole window, driven as a person drives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from voxviewer.gui import actions, recent, theme
from voxviewer.gui.main_window import MainWindow
from voxviewer.gui.program import Program
from voxviewer.gui.recent import settings
from voxviewer.gui.refusals import RefusalSheet
from voxviewer.settings import Opening


@pytest.fixture
def window(qtbot: Any, themed: QApplication) -> Iterator[MainWindow]:
    """A shown window without Keras; closed with its threads at the end."""
    made = MainWindow(Program(keras=False), autoplay=False)
    made.resize(1600, 1000)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()
    made.deleteLater()
    qtbot.wait_until(lambda: not made.isVisible())


def settled(window: MainWindow) -> bool:
    session = window.session
    return session.features is not None and not session.stale and window.program.jobs.idle


@pytest.fixture
def loaded(window: MainWindow, qtbot: Any, scan: Path) -> MainWindow:
    window.open_all([Opening(str(scan))])
    qtbot.waitUntil(lambda: settled(window), timeout=20_000)
    return window


def drop(window: MainWindow, paths: list[Path]) -> QDropEvent:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(700, 400), action, mime, buttons, keys)
    QApplication.sendEvent(window, enter)
    event = QDropEvent(QPointF(700, 400), action, mime, buttons, keys)
    QApplication.sendEvent(window, event)
    return event


def test_it_opens_on_the_welcome_screen_with_pictures(window: MainWindow, qtbot: Any) -> None:
    assert window.stack.currentWidget() is window.welcome
    cards = window.welcome.cards.values()
    assert len(cards) == 4
    qtbot.waitUntil(lambda: all(card.drawn for card in cards), timeout=20_000)


def test_pictures_that_nobody_sees_wait_until_the_first_screen_is_back(
    window: MainWindow, qtbot: Any, scan: Path
) -> None:
    """Reading a sample may import a library, beside the first file's own."""
    jobs, cards = window.program.jobs, window.welcome.cards.values()
    qtbot.waitUntil(lambda: all(card.drawn for card in cards), timeout=20_000)
    for card in cards:
        card._image = None
    window.welcome.load_pictures()
    drop(window, [scan])
    qtbot.waitUntil(lambda: settled(window), timeout=20_000)
    assert not [job for job in jobs.waiting if job.lane == "preview"]
    window.close_source()
    qtbot.waitUntil(lambda: all(card.drawn for card in cards), timeout=20_000)


def test_a_dropped_file_becomes_maps_on_the_wall(
    window: MainWindow, qtbot: Any, scan: Path
) -> None:
    assert drop(window, [scan]).isAccepted()
    qtbot.waitUntil(lambda: settled(window), timeout=20_000)
    assert window.session.features is not None
    assert window.session.features.data.shape == (6, 12, 10, 8)
    assert window.stack.currentWidget() is not window.welcome
    assert "scan" in window.windowTitle()
    assert recent.recent() == [str(scan)]


def test_bad_files_are_notices_and_good_ones_open_all_the_same(
    window: MainWindow, qtbot: Any, scan: Path, tmp_path: Path
) -> None:
    empty, foreign, pickled = (tmp_path / name for name in ("a.npy", "b.nii.gz", "c.npy"))
    empty.write_bytes(b"")
    foreign.write_bytes(b"\x1f\x8b" + bytes(100))
    np.save(pickled, np.array([{}], dtype=object), allow_pickle=True)
    drop(window, [empty, foreign, pickled, scan])
    qtbot.waitUntil(lambda: settled(window), timeout=20_000)
    (notice,) = window.news.stack.notices
    assert notice.title == "3 of 4 files were not opened."
    assert len(window.session.sources) == 1
    notice.link.click()
    sheet = window.findChild(RefusalSheet)
    assert [row.name.text() for row in sheet.rows] == ["a.npy", "b.nii.gz", "c.npy"]
    assert all(row.words.text() and row.again.isHidden() for row in sheet.rows)
    sheet.copy.click()
    assert len(QApplication.clipboard().text().splitlines()) == 3
    sheet.close()


def test_a_web_address_is_not_opened(window: MainWindow) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/scan.nii")])
    enter = QDragEnterEvent(
        QPoint(10, 10), Qt.DropAction.CopyAction, mime,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(window, enter)
    assert not enter.isAccepted()


def test_space_and_arrows_move_time_wherever_the_focus_is(loaded: MainWindow, qtbot: Any) -> None:
    loaded.center.wall.setFocus()
    for widget in (loaded, loaded.toolbar, loaded.center.clip):
        loaded.session.frame = 0
        qtbot.keyClick(widget, Qt.Key.Key_Space)
        assert loaded.session.playing
        qtbot.keyClick(widget, Qt.Key.Key_Space)
        assert not loaded.session.playing
        loaded.session.frame = 0
        qtbot.keyClick(widget, Qt.Key.Key_End)
        assert loaded.session.frame == 5
        qtbot.keyClick(widget, Qt.Key.Key_Home)
        assert loaded.session.frame == 0


def typed(window: MainWindow, key: Qt.Key, text: str, shift: bool = True) -> None:
    """A key as a keyboard sends it: with Shift a letter's text is a capital."""
    modifiers = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text))


def test_a_letter_with_shift_is_a_key_of_its_own(loaded: MainWindow) -> None:
    session = loaded.session
    loop = session.loop
    typed(loaded, Qt.Key.Key_G, "G")
    assert session.ping_pong and session.loop == loop
    typed(loaded, Qt.Key.Key_G, "g", shift=False)
    assert session.loop != loop
    typed(loaded, Qt.Key.Key_L, "L")
    assert not session.playing, "there is nothing on Shift+L"


def test_a_map_is_opened_large_and_escape_brings_the_wall_back(
    loaded: MainWindow, qtbot: Any
) -> None:
    center, tiles = loaded.center, loaded.center.wall.tiles
    tiles.setFocus()
    tiles.opened.emit()
    assert not center.wall.isVisible() and loaded.session.map_over
    assert loaded.focusWidget() is center.clip.canvas, "the keyboard is on what is seen"
    qtbot.keyClick(center.clip.canvas, Qt.Key.Key_Escape)
    assert center.wall.isVisible() and not loaded.session.map_over
    assert loaded.focusWidget() is tiles
    center.source.maximize.click()
    assert not center.wall.isVisible()
    loaded.arranging.reset()
    assert center.wall.isVisible() and not center.source.maximize.isChecked()


def pick(choice: Any, value: str) -> None:
    """Pick from a list, as a person does."""
    index = list(choice.options).index(value)
    choice.setCurrentIndex(index)
    choice.activated.emit(index)


def test_limits_can_be_typed(loaded: MainWindow, qtbot: Any) -> None:
    panel, session = loaded.contrast_panel, loaded.session
    assert panel.ends_row.isHidden()
    pick(panel.limits, "own")
    assert panel.ends_row.isVisible() and session.render.limits is not None
    spin = panel.ends.high.spin
    spin.selectAll()
    qtbot.keyClicks(spin, "4096")
    low = session.render.limits[0]
    assert session.render.limits == (low, 4096.0), "outside the data too"
    spin.selectAll()
    qtbot.keyClicks(spin, "-4096")
    assert "the lower first" in panel.ends_row.error and session.render.limits == (low, 4096.0)
    pick(panel.limits, "full")
    assert session.render.limits is None and panel.ends_row.isHidden()


def test_letters_typed_in_a_field_are_not_commands(loaded: MainWindow, qtbot: Any) -> None:
    field = loaded.filters_panel.findChildren(QWidget, None)[0]
    spin = (
        loaded.encode_panel.fields["size"].fields[0]
        if "size" in loaded.encode_panel.fields
        else field
    )
    spin.setFocus()
    frame = loaded.session.frame
    qtbot.keyClick(spin, Qt.Key.Key_Home)
    qtbot.keyClicks(spin, "4")
    assert loaded.session.frame == frame
    assert not loaded.session.playing


def test_every_command_has_a_row_and_every_row_is_in_a_menu() -> None:
    in_menus = [key for _, keys in actions.MENUS for key in keys if key]
    rows = [row.key for row in actions.COMMANDS]
    assert len(rows) == len(set(rows))
    assert set(rows) == set(in_menus) - {"samples", "recent"}


def test_no_two_commands_share_a_key(window: MainWindow) -> None:
    keys = [
        window.actions_of[row.key].shortcut().toString()
        for row in actions.COMMANDS
        if not window.actions_of[row.key].shortcut().isEmpty()
    ]
    assert len(keys) == len(set(keys))


def test_every_command_has_words(window: MainWindow) -> None:
    """One window for all rows: to build one for each took a minute."""
    wordless, blank = [], []
    for row in actions.COMMANDS:
        action = window.actions_of[row.key]
        if not (action.text() and action.toolTip() and action.statusTip()):
            wordless.append(row.key)
        if row.icon and action.icon().isNull():
            blank.append(row.key)
    assert (wordless, blank) == ([], [])


QUIET = [
    row
    for row in actions.COMMANDS
    # These ask a person something, or end the program; each has a test of its own.
    if row.key not in {
        "open", "open_folder", "export_gif", "save_tensor", "save_maps", "open_model", "quit",
        "palette", "keys", "about", "full_screen", "close_source", "paste",
    }
]  # fmt: skip


def test_every_quiet_command_runs(loaded: MainWindow, qtbot: Any) -> None:
    for row in QUIET:
        action: QAction = loaded.actions_of[row.key]
        if action.isEnabled():
            action.trigger()
    loaded.session.playing = False
    qtbot.waitUntil(lambda: loaded.program.jobs.idle, timeout=20_000)


def test_undo_brings_back_choice_and_picture(loaded: MainWindow, qtbot: Any) -> None:
    loaded.choose("encoding", height=8)
    qtbot.waitUntil(lambda: settled(loaded), timeout=20_000)
    assert loaded.session.clip is not None and loaded.session.clip.data.shape[1] == 8
    loaded.actions_of["undo"].trigger()
    qtbot.waitUntil(lambda: settled(loaded), timeout=20_000)
    assert loaded.session.clip.data.shape[1] == 12


def test_the_palette_finds_and_runs_a_command(loaded: MainWindow, qtbot: Any) -> None:
    from voxviewer.gui.palette import CommandPalette

    keys = [row.key for row in actions.COMMANDS]
    sheet = CommandPalette(loaded.actions_of, keys, loaded)
    qtbot.addWidget(sheet)
    sheet.show()
    qtbot.keyClicks(sheet.field, "new random")
    assert sheet.list.count() == 1
    qtbot.keyClick(sheet.field, Qt.Key.Key_Return)
    assert loaded.session.filters.seed == 1
    assert not sheet.isVisible()


def test_every_key_stands_on_the_sheet(window: MainWindow, qtbot: Any) -> None:
    from PySide6.QtWidgets import QLabel

    from voxviewer.gui.palette import KeySheet

    sheet = KeySheet(window.actions_of, window)
    qtbot.addWidget(sheet)
    words = {label.text() for label in sheet.findChildren(QLabel)}
    for row in actions.COMMANDS:
        if not window.actions_of[row.key].shortcut().isEmpty():
            assert row.text in words
    assert {"Go a voxel on", "Open a map large, over the clip"} <= words, "the views' own, too"


def test_exporting_writes_the_wall_and_says_so(
    loaded: MainWindow, qtbot: Any, tmp_path: Path
) -> None:
    from PIL import Image

    from voxviewer.gui.export_dialog import ExportDialog

    dialog = ExportDialog(loaded.session, loaded)
    qtbot.addWidget(dialog)
    dialog.rate.value = 5.0
    dialog.scale.value = 2
    dialog._show()
    said = dialog.outcome.text()
    request = dialog.request(str(tmp_path / "wall.gif"))
    loaded.asking.do_export(request)
    qtbot.waitUntil(lambda: (tmp_path / "wall.gif").exists(), timeout=20_000)
    qtbot.waitUntil(lambda: loaded.program.jobs.idle)
    with Image.open(tmp_path / "wall.gif") as film:
        assert film.n_frames == 6  # type: ignore[attr-defined]
        assert film.info["duration"] == 200
        assert said.startswith(f"6 frames of {film.width} × {film.height} px, "), "as promised"
    assert loaded.session.notice is not None and "wall.gif written" in loaded.session.notice.text


def test_an_export_goes_to_the_folder_used_last_and_its_rate_can_be_undone(
    loaded: MainWindow, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the last dialog was, the next one begins; rate and scale are a step of their own."""
    from PySide6.QtWidgets import QFileDialog

    from voxviewer.gui.asking import keep_folder, last_folder
    from voxviewer.gui.export_dialog import ExportDialog

    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    keep_folder(str(tmp_path / "before" / "x.gif"))
    offered: list[str] = []

    def choose(parent: Any, title: str, start: str, kinds: str) -> tuple[str, str]:
        offered.append(start)
        return str(tmp_path / "after" / "wall.gif"), kinds

    def accept(dialog: ExportDialog) -> Any:
        dialog.rate.value = 5.0
        return dialog.DialogCode.Accepted

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    monkeypatch.setattr(ExportDialog, "exec", accept)
    loaded.history.commit()
    rate = loaded.session.export.rate
    loaded.asking.export()
    qtbot.waitUntil(lambda: loaded.program.jobs.idle, timeout=20_000)
    assert Path(offered[0]).parent == tmp_path / "before"
    assert last_folder() == str(tmp_path / "after")
    loaded.choose("convolution", padding="valid")
    loaded.history.undo()
    assert loaded.session.export.rate == 5.0, "the next step is another one"
    loaded.history.undo()
    assert loaded.session.export.rate == rate


def test_what_was_said_of_one_clip_goes_with_it(
    loaded: MainWindow, qtbot: Any, tmp_path: Path
) -> None:
    np.save(tmp_path / "gaps.npy", np.full((8, 10, 6), np.nan, np.float32))
    sound = loaded.session.current
    loaded.pipeline.open([str(tmp_path / "gaps.npy")])
    qtbot.waitUntil(lambda: bool(loaded.news.stack.notices), timeout=20_000)
    assert "480 values were NaN" in loaded.news.stack.notices[0].title
    qtbot.waitUntil(lambda: settled(loaded), timeout=20_000)
    loaded.pipeline.show(sound)
    qtbot.waitUntil(lambda: not loaded.news.stack.notices, timeout=20_000)


def test_the_export_says_how_many_frames_of_a_range_it_writes(
    loaded: MainWindow, qtbot: Any
) -> None:
    from voxviewer.gui.export_dialog import ExportDialog

    loaded.choose("export", range=(1, 3))
    dialog = ExportDialog(loaded.session, loaded)
    qtbot.addWidget(dialog)
    assert dialog.outcome.text().startswith("3 frames of ")
    dialog.only_range.click()
    assert dialog.outcome.text().startswith("6 frames of ")


def test_a_pasted_path_is_opened(window: MainWindow, qtbot: Any, scan: Path) -> None:
    QGuiApplication.clipboard().setText(f'"{scan}"')
    window.open_pasted()
    qtbot.waitUntil(lambda: settled(window), timeout=20_000)
    assert len(window.session.sources) == 1


def test_copied_python_runs_and_makes_the_same_maps(
    loaded: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded.choose("filters", count=3, seed=4)
    loaded.copying.python()
    names: dict[str, Any] = {}
    exec(QGuiApplication.clipboard().text(), names)
    assert names["maps"].data.shape == (6, 12, 10, 3)
    np.testing.assert_array_equal(names["clip"].data, loaded.session.clip.data)  # type: ignore[union-attr]
    assert (tmp_path / "maps.gif").exists()


def test_a_small_window_makes_tabs_of_source_and_clip(loaded: MainWindow, qtbot: Any) -> None:
    loaded.resize(1366, 768)
    qtbot.waitUntil(lambda: loaded.center.compact)
    assert loaded.filters_panel.folded
    assert loaded.center.clip.isVisible() and not loaded.center.source.isVisible()
    loaded.resize(1600, 1000)
    qtbot.waitUntil(lambda: not loaded.center.compact)
    assert loaded.center.clip.isVisible() and loaded.center.source.isVisible()


def test_source_and_clip_have_halves_of_the_room_whatever_was_shown_before(
    loaded: MainWindow, qtbot: Any
) -> None:
    center = loaded.center

    def halved() -> bool:
        return abs(center.source.height() - center.clip.height()) <= 1

    qtbot.waitUntil(halved)
    center.clip.maximize.click()
    assert not center.source.isVisible()
    center.clip.maximize.click()
    loaded.resize(1366, 768)
    qtbot.waitUntil(lambda: center.compact)
    loaded.resize(1600, 1000)
    qtbot.waitUntil(lambda: not center.compact and center.source.isVisible() and halved())


def test_a_wide_font_needs_a_wider_window_for_two_views(
    loaded: MainWindow, monkeypatch: Any
) -> None:
    assert not loaded.center.compact
    monkeypatch.setattr(theme, "width", lambda pixels: round(pixels * 1.3))
    loaded.arranging.fit()
    assert loaded.center.compact


def test_no_tab_is_cut_off_at_1280(loaded: MainWindow, qtbot: Any) -> None:
    """1920 x 1080 at 150 %, the usual laptop."""
    loaded.resize(1280, 700)
    tabs = loaded.center.tabs.tabs
    qtbot.waitUntil(lambda: loaded.center.compact and tabs.isVisible())
    wanted = tabs.sizeHint().width()
    qtbot.waitUntil(lambda: tabs.width() >= wanted)
    assert loaded.width() == 1280


@pytest.mark.parametrize(("room", "large"), [((1366, 744), True), ((1920, 1160), False)])
def test_a_first_start_fits_the_screen(
    room: tuple[int, int], large: bool, themed: QApplication, monkeypatch: Any
) -> None:
    settings().clear()
    screen = SimpleNamespace(availableSize=lambda: QSize(*room))
    monkeypatch.setattr(MainWindow, "screen", lambda _: screen)
    made = MainWindow(Program(keras=False), later=True)
    assert made.isMaximized() == large
    made.close()


@pytest.mark.parametrize("size", [(1600, 1000), (1366, 768)])
@pytest.mark.parametrize("name", ["dark", "light"])
def test_no_button_is_cut_off(
    size: tuple[int, int], name: str, loaded: MainWindow, qtbot: Any
) -> None:
    theme.choose(name)
    loaded.resize(*size)
    qtbot.waitUntil(lambda: loaded.center.compact == (size[0] < 1500))
    for button in loaded.toolbar.findChildren(QAbstractButton):
        if button.isVisible() and button.text():
            assert button.width() >= button.minimumSizeHint().width(), button.text()
            right = button.mapTo(loaded, QPoint(button.width(), 0)).x()
            assert right <= loaded.width(), button.text()


def test_everything_a_person_can_focus_has_a_name(loaded: MainWindow) -> None:
    for widget in loaded.findChildren(QWidget):
        focusable = widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        if not focusable or not widget.isVisible() or widget.objectName().startswith("qt_"):
            continue
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        named = widget.accessibleName() or text or widget.toolTip()
        parent = widget.parentWidget()
        assert named or (parent and parent.accessibleName()), type(widget).__name__


def test_closing_leaves_no_thread_behind(qtbot: Any, themed: QApplication, scan: Path) -> None:
    import threading

    before = set(threading.enumerate())
    made = MainWindow(Program(keras=False), autoplay=False)
    made.show()
    made.open_all([Opening(str(scan))])
    qtbot.waitUntil(lambda: settled(made), timeout=20_000)
    made.close()
    made.deleteLater()
    left = [thread for thread in set(threading.enumerate()) - before if thread.is_alive()]
    assert not left


def test_the_source_is_shown_in_space_and_as_a_picture_again(
    loaded: MainWindow, qtbot: Any
) -> None:
    center = loaded.center
    loaded.actions_of["space"].trigger()
    assert center.space.isVisible() and not center.source.isVisible() and center.clip.isVisible()
    qtbot.waitUntil(lambda: center.space._shown is not None, timeout=60_000)
    loaded.resize(1366, 768)
    qtbot.waitUntil(lambda: center.compact)
    center.tabs.tab_changed.emit("frame")
    center.tabs.tab = "frame"
    center.set_space(True)
    assert center.space.isVisible() and not center.clip.isVisible()
    loaded.resize(1600, 1000)
    qtbot.waitUntil(lambda: not center.compact)
    loaded.actions_of["space"].trigger()
    assert center.source.isVisible() and not center.space.isVisible()


def test_a_window_that_closed_before_its_first_paint_starts_nothing(themed: QApplication) -> None:
    program = Program(keras=False)
    program.close()
    program.start()


def test_the_lab_takes_the_middle_and_gives_it_back(loaded: MainWindow, qtbot: Any) -> None:
    center = loaded.center
    sizes = center.wall.width()
    loaded.actions_of["lab"].trigger()
    assert center.in_lab
    assert not center.wall.isVisible()
    assert loaded.actions_of["lab"].isChecked()
    qtbot.waitUntil(lambda: center.lab.source.canvas.picture is not None, timeout=20_000)
    center.lab._close.click()
    assert center.wall.isVisible()
    assert center.clip.isVisible()
    assert abs(center.wall.width() - sizes) < 8
    loaded.actions_of["lab"].trigger()
    loaded.actions_of["space"].trigger()
    assert not center.in_lab
    assert center.in_space


def test_a_window_for_pictures_opens_as_on_the_first_day(qtbot: Any, themed: QApplication) -> None:
    stored = recent.settings()
    stored.setValue("radiological", True)
    stored.setValue("window/v1", "nonsense")
    made = MainWindow(Program(keras=False), autoplay=False, remembers=False)
    qtbot.addWidget(made)
    assert not made.session.radiological
    assert (made.width(), made.height()) == (1600, 1000)
    made.close()
    assert recent.settings().value("window/v1") == "nonsense"
