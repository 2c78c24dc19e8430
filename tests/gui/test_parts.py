"""The window's parts: values, keyboard, names, room, notices."""

from __future__ import annotations

import gc
import weakref

import pytest
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    QPoint,
    QPointF,
    Qt,
    QTimer,
    QVariantAnimation,
)
from PySide6.QtGui import QFont, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from voxviewer.gui import theme
from voxviewer.gui.parts import (
    AxisFields,
    Badge,
    Button,
    Check,
    Choice,
    DropOverlay,
    EmptyState,
    FactList,
    FoldPanel,
    FormRow,
    IconButton,
    Key,
    Label,
    LinkButton,
    NoticeStack,
    NumberField,
    PanelStack,
    ProgressCard,
    QuietChoice,
    ReadOut,
    SearchField,
    Segment,
    ToolButton,
    ViewTitle,
    drawing,
    side_by_side,
)
from voxviewer.gui.parts.overlays import progress_text

ORDERS = [(0, "Nearest"), (1, "Linear"), (3, "Cubic")]
VALUES = {
    "segment": lambda: Segment(ORDERS, 1, "Order"),
    "choice": lambda: Choice(ORDERS, 1, "Order"),
    "quiet": lambda: QuietChoice("Order", ORDERS, 1),
    "check": lambda: Check("shrinks 4×", True),
    "number": lambda: NumberField(2.0, 0.1, 50, unit="px", name="Sigma"),
    "axes": lambda: AxisFields("THW", (20, 64, 64), name="Size"),
}
OTHER = {"segment": 3, "choice": 3, "quiet": 3, "check": False, "number": 5.0, "axes": (1, 2, 3)}


@pytest.fixture(autouse=True)
def themed(qapp):
    font = QFont(qapp.font())
    theme.apply(qapp, "dark")
    theme.set_reduced_motion(True)
    yield
    theme.set_reduced_motion(None)
    # Widgets that wait to be deleted would be styled once more, in every test to come.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setFont(font)
    theme.choose("system")


@pytest.fixture
def shown(qtbot):
    """Show a part in a window of its own."""
    windows = []  # qtbot itself holds them weakly

    def show(widget, width=320, height=200):
        window = QWidget()
        column = QVBoxLayout(window)
        column.addWidget(widget)
        column.addStretch(1)
        qtbot.addWidget(window)
        windows.append(window)
        window.resize(width, height)
        window.show()
        window.activateWindow()
        qtbot.waitExposed(window)
        return widget

    yield show


@pytest.fixture
def heard():
    """Collect what a part tells: [("changed", 3), ("committed", 3)]."""

    def listen(part, *names):
        told = []
        for name in names or ("changed", "committed"):
            getattr(part, name).connect(lambda value, name=name: told.append((name, value)))
        return told

    return listen


def focus(qtbot, widget):
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    return QApplication.focusWidget()


# values


@pytest.mark.parametrize("kind", VALUES)
def test_setting_a_value_tells_nobody(kind, heard, shown):
    part = shown(VALUES[kind]())
    told = heard(part)
    part.value = OTHER[kind]
    assert part.value == OTHER[kind]
    assert told == []


@pytest.mark.parametrize("kind", VALUES)
def test_every_part_with_a_value_has_a_name_for_those_who_cannot_see(kind, shown):
    part = shown(VALUES[kind]())
    assert part.accessibleName()


def test_a_click_chooses_in_a_segment(qtbot, shown, heard):
    part = shown(Segment(ORDERS, 1))
    told = heard(part, "changed", "committed", "chosen")
    qtbot.mouseClick(part.button(3), Qt.MouseButton.LeftButton)
    assert part.value == 3
    assert told == [("changed", 3), ("committed", 3), ("chosen", 3)]
    qtbot.mouseClick(part.button(3), Qt.MouseButton.LeftButton)
    assert len(told) == 3
    assert part.button(3).isChecked()


def test_arrows_move_a_segment_past_what_is_off(qtbot, shown, heard):
    part = shown(Segment(ORDERS, 0, "Order"))
    part.set_option_enabled(1, False, "Labels need nearest.")
    told = heard(part, "chosen")
    focus(qtbot, part)
    qtbot.keyClick(part, Qt.Key.Key_Right)
    assert part.value == 3
    qtbot.keyClick(part, Qt.Key.Key_Right)
    qtbot.keyClick(part, Qt.Key.Key_Home)
    qtbot.keyClick(part, Qt.Key.Key_End)
    assert told == [("chosen", 3), ("chosen", 0), ("chosen", 3)]
    assert part.button(1).toolTip() == "Labels need nearest."
    assert part.accessibleDescription() == "Cubic"


def test_other_options_keep_the_value_where_they_can():
    part = Segment(ORDERS, 3)
    part.set_options([(3, "Cubic"), (5, "Quintic")])
    assert part.value == 3
    part.set_options([(0, "Nearest"), (1, "Linear")])
    assert part.value == 0


def test_a_combo_box_tells_only_what_a_person_changes(qtbot, shown, heard):
    part = shown(Choice(ORDERS, 1))
    told = heard(part)
    focus(qtbot, part)
    qtbot.keyClick(part, Qt.Key.Key_Down)
    assert told == [("changed", 3), ("committed", 3)]
    part.set_options([(0, "Nearest"), (3, "Cubic")])
    assert part.value == 3
    assert len(told) == 2


def test_a_combo_box_leaves_the_wheel_to_the_panel(qtbot, shown):
    part = shown(Choice(ORDERS, 1))
    place = QPointF(part.rect().center())
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(place, place, QPoint(), QPoint(0, -120), *none, False)
    part.wheelEvent(event)
    assert part.value == 1
    assert not event.isAccepted()


def test_a_quiet_choice_says_what_is_chosen_and_opens_by_key(qtbot, shown, heard):
    part = shown(QuietChoice("Scale", [("map", "per map"), ("global", "global")]))
    told = heard(part, "chosen")
    assert part.words() == "Scale per map"
    part.menu().actions()[1].trigger()
    assert told == [("chosen", "global")]
    assert part.words() == "Scale global"
    assert part.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_menu_closes_with_the_choice_that_is_turned_off(qtbot, shown):
    """Gray and deaf to Escape it would stay; the press that opened it waits for it to close."""
    part = shown(QuietChoice("Zoom", [(1, "1x"), (2, "2x")]))
    seen = []

    def turn_off() -> None:
        seen.append(part.menu().isVisible())
        part.setEnabled(False)

    QTimer.singleShot(0, part, turn_off)
    qtbot.mousePress(part, Qt.MouseButton.LeftButton)
    assert seen == [True]
    assert not part.menu().isVisible()


def test_space_switches_a_check_box(qtbot, shown, heard):
    part = shown(Check("shrinks 4×", True))
    told = heard(part)
    focus(qtbot, part)
    qtbot.keyClick(part, Qt.Key.Key_Space)
    assert told == [("changed", False), ("committed", False)]


def test_a_number_with_more_decimals_than_are_shown_stays_as_it_is(qtbot, shown):
    """Rounded, it would be another choice than the session's, and typing another changed it."""
    part = shown(NumberField(0.5, 0, 10, 0.1, 2, name="Limit"))
    part.value = 1 / 3
    assert part.spin.text() == "0.33" and part.value == 1 / 3
    part.spin.set_step(0.001, 4)
    assert part.spin.text() == "0.3333" and part.value == 1 / 3
    part.spin.selectAll()
    qtbot.keyClicks(part.spin, "0.4")
    assert part.value == 0.4


def test_typing_tells_live_and_enter_finishes(qtbot, shown, heard):
    part = shown(AxisFields("THW", (20, 64, 64)))
    told = heard(part)
    spin = part.fields[1]
    focus(qtbot, spin)
    spin.selectAll()
    qtbot.keyClicks(spin, "32")
    assert told == [("changed", (20, 3, 64)), ("changed", (20, 32, 64))]
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert told[-1] == ("committed", (20, 32, 64))
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert len(told) == 3


def test_steps_finish_by_themselves_once(qtbot, shown):
    part = shown(NumberField(2.0, 0, 50, step=0.5, unit="px"))
    focus(qtbot, part.spin)
    with qtbot.waitSignal(part.committed) as finished:
        for _ in range(3):
            qtbot.keyClick(part.spin, Qt.Key.Key_Up)
    assert finished.args == [3.5]


def test_an_empty_field_means_as_the_source_is(qtbot, shown, heard):
    part = shown(AxisFields("THW", (None, 64, 64), optional=True))
    part.set_hints((96, 64, 64))
    told = heard(part, "changed")
    assert part.fields[0].lineEdit().text() == ""
    assert part.fields[0].lineEdit().placeholderText() == "96"
    part.fields[0].stepBy(1)
    assert part.value == (97, 64, 64)
    focus(qtbot, part.fields[0])
    part.fields[0].selectAll()
    qtbot.keyClick(part.fields[0], Qt.Key.Key_Delete)
    assert part.value == (None, 64, 64)
    assert told[-1] == ("changed", (None, 64, 64))
    part.value = (1, 64, 64)
    part.fields[0].stepBy(-1)
    assert part.value == (1, 64, 64)


def test_a_field_that_needs_a_number_does_not_take_none():
    with pytest.raises(ValueError, match="needs a number"):
        AxisFields("THW", (1, 1, 1)).value = (None, 1, 1)


@pytest.mark.parametrize(
    ("typed", "value"), [("0.25", 0.25), ("0,25", 0.25), ("-3", -3.0), ("abc", 2.0), ("1e9", 2.0)]
)
def test_numbers_are_read_as_people_write_them(qtbot, shown, typed, value):
    part = shown(NumberField(2.0, -5, 5, decimals=2))
    focus(qtbot, part.spin)
    part.spin.selectAll()
    qtbot.keyClicks(part.spin, typed)
    qtbot.keyClick(part.spin, Qt.Key.Key_Return)
    assert part.value == pytest.approx(value) or typed == "1e9"
    assert -5 <= part.value <= 5


def test_negative_numbers_wear_a_true_minus():
    part = NumberField(-3.0, -5, 5)
    assert part.spin.lineEdit().text() == "−3.0"


def test_whole_numbers_are_ints_up_to_the_largest_seed():
    part = NumberField(7, 0, 2**32 - 1, decimals=0, prefix="seed")
    part.value = 2**32 - 1
    assert part.value == 4294967295
    assert isinstance(part.value, int)


def test_setting_the_same_number_leaves_the_cursor_alone(qtbot, shown):
    part = shown(NumberField(2.0, 0, 50))
    focus(qtbot, part.spin)
    edit = part.spin.lineEdit()
    edit.setCursorPosition(1)
    part.value = 2.0
    assert edit.cursorPosition() == 1


# rows and panels


def test_an_error_stands_under_its_field_and_marks_the_number(shown):
    row = shown(FormRow("Kernel", AxisFields("THW", (41, 3, 3)), "frames, rows, columns"))
    row.set_error("41 frames do not fit a valid clip of 20. Use 20 or fewer.", at=0)
    assert [field.property("bad") for field in row.field.fields] == [True, False, False]
    assert row.field.accessibleDescription().startswith("41 frames")
    assert any(label.text().startswith("41") for label in row.findChildren(QLabel))
    row.set_error("")
    assert row.field.accessibleDescription() == "frames, rows, columns"
    assert not any(field.property("bad") for field in row.field.fields)


def test_a_disabled_field_says_why(shown):
    row = shown(FormRow("Engine", Segment([("h", "Handwritten"), ("k", "Keras")])))
    row.set_reason("Keras is not installed: handwritten runs alone.")
    assert not row.field.isEnabled()
    assert "not installed" in row.field.accessibleDescription()
    row.set_reason("")
    assert row.field.isEnabled()


def test_a_row_names_the_number_that_has_the_keyboard(shown):
    row = shown(FormRow("Even rate", NumberField(10)))
    assert row.field.spin.accessibleName() == "Even rate"


def test_a_row_names_its_field_and_reaches_it_by_its_label(shown):
    row = shown(FormRow("Padding", Segment([("same", "same"), ("valid", "valid")])))
    assert row.field.accessibleName() == "Padding"
    assert row.label.buddy() is row.field


def test_long_help_is_shown_whole(qtbot, shown):
    panel = FoldPanel("Encode")
    row = panel.add_row("Size", AxisFields(), "A sentence with many words. " * 6)
    shown(panel, 280, 500)
    words = next(label for label in row.findChildren(QLabel) if "sentence" in label.text())
    qtbot.waitUntil(lambda: words.height() >= words.heightForWidth(words.width()))
    assert words.height() > 3 * theme.line_height("caption")


@pytest.mark.parametrize(
    "key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Left], ids=["space", "enter", "left"]
)
def test_a_panel_folds_by_key_and_says_what_it_hides(qtbot, shown, key):
    panel = FoldPanel("Filters", "8 × 3×3×3")
    field = panel.add_row("Seed", NumberField(7, decimals=0)).field
    panel.set_summary("random, seed 7")
    shown(panel)
    open_height = panel.height()
    assert panel.bar.accessibleDescription() == "8 × 3×3×3"
    with qtbot.waitSignal(panel.folded_changed) as told:
        qtbot.keyClick(focus(qtbot, panel.bar), key)
    assert told.args == [True]
    qtbot.waitUntil(lambda: not field.isVisible())
    assert panel.bar.accessibleDescription() == "random, seed 7"
    qtbot.waitUntil(lambda: panel.height() < open_height)
    qtbot.mouseClick(panel.bar, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(field.isVisible)
    assert not panel.folded


def test_a_fold_moves_unless_motion_is_not_wanted(qtbot, shown):
    theme.set_reduced_motion(False)
    panel = FoldPanel("Filters")
    field = panel.add_row("Seed", NumberField(7, decimals=0)).field
    shown(panel)
    panel.folded = True
    assert field.isVisible()
    qtbot.waitUntil(lambda: not field.isVisible())
    theme.set_reduced_motion(True)
    panel.folded = False
    qtbot.waitUntil(field.isVisible)


def test_panels_in_a_dock_keep_their_width_when_they_scroll(qtbot, shown):
    stack = PanelStack()
    panels = [FoldPanel(f"Panel {index}") for index in range(4)]
    for panel in panels:
        panel.add_row("Size", AxisFields())
        panel.add_row("Order", Segment(ORDERS))
        stack.add(panel)
    stack.setFixedHeight(160)
    shown(stack, 320, 200)
    assert stack.verticalScrollBar().maximum() > 0
    assert panels[0].width() == stack.viewport().width() == stack.width()


def test_facts_can_be_replaced_and_are_named(shown):
    facts = shown(FactList())
    facts.set_facts([("Kind", "scan"), ("Shape", "(96, 96, 24)"), ("Name", "long " * 40)])
    facts.set_facts([("Kind", "picture")])
    assert facts.facts == (("Kind", "picture"),)
    visible = [label.text() for label in facts.findChildren(QLabel) if label.isVisible()]
    assert visible == ["Kind", "picture"]
    assert facts.accessibleDescription() == "Kind: picture"


def test_words_that_are_cut_off_are_in_the_tooltip(shown):
    facts = shown(FactList(), 200)
    facts.set_facts([("Name", "a very long file name that does not fit.nii.gz")])
    value = facts.findChildren(QLabel)[1]
    assert value.toolTip().endswith(".nii.gz")


# views


def test_tabs_are_told_when_a_person_opens_them(qtbot, shown):
    bar = shown(ViewTitle("Source", [("picture", "Picture"), ("montage", "Montage")]))
    with qtbot.assertNotEmitted(bar.tab_changed):
        bar.tab = "montage"
    with qtbot.waitSignal(bar.tab_changed) as told:
        qtbot.keyClick(focus(qtbot, bar.tabs), Qt.Key.Key_Left)
    assert told.args == ["picture"]
    bar.set_tab_enabled("montage", False, "One frame only.")
    assert bar.tabs.tabToolTip(1) == "One frame only."
    bar.set_tab_enabled("picture", False, "Nothing to see.")
    assert bar.tab == "picture", "the open tab stays open, and comes back as it was"
    bar.set_tab_enabled("picture", True)
    bar.set_tabs([("slices", "Slices"), ("picture", "Picture")])
    assert bar.tab == "picture"


def test_the_words_of_tabs_stay_whole_where_a_choice_beside_them_can_give_way(qtbot, shown):
    bar = shown(ViewTitle("", [("frame", "Frame"), ("compare", "Compare"), ("tw", "T–W")]))
    channel = QuietChoice("", [(0, "spine base"), (1, "right hand tip")])
    bar.add(channel)
    qtbot.waitUntil(channel.isVisible)
    bar.set_tabs([("frame", "Frame"), ("compare", "Compare"), ("tw", "T–W")])
    whole = bar.tabs.sizeHint().width()
    bar.setFixedWidth(whole + channel.sizeHint().width())  # without the margins: a little narrow
    qtbot.waitUntil(lambda: 48 <= channel.width() < channel.sizeHint().width())
    qtbot.waitUntil(lambda: bar.tabs.width() >= whole)


def test_a_read_out_says_its_value_to_those_who_cannot_see(shown):
    bar = shown(ReadOut())
    bar.set_left("x[7, 30, 24, 0] =", "0.308")
    bar.set_right("gray 0 – .94, 4×")
    assert bar.accessibleDescription() == "x[7, 30, 24, 0] = 0.308"
    assert bar.height() == theme.height("readout")


def test_a_list_is_as_wide_as_its_longest_words(shown):
    words = "series 5, SmartScore - Gated 0.5 sec   5 × 16 × 16, CT, 5 slices"
    choice = shown(Choice(((0, "series 2"), (1, words))))
    choice.resize(90, choice.height())
    choice.showPopup()
    view = choice.view()
    assert view.viewport().width() > view.fontMetrics().horizontalAdvance(words)
    choice.hidePopup()


def test_a_narrow_read_out_shows_the_value_and_shortens_its_place(shown):
    bar = shown(ReadOut())
    bar.set_right("gray −3020 – 1380, 1/2×")
    bar.resize(bar.minimumSizeHint().width() + 90, bar.height())
    pictures = []
    for value in ("−3024", "−1111"):
        bar.set_left("x[0, 91, 158, 0] =", value)
        pictures.append(bar.grab().toImage())
    assert pictures[0] != pictures[1]


def test_words_at_the_right_of_a_narrow_read_out_give_way_to_place_and_value(qtbot, shown):
    """The index is only here; how the picture is scaled is said in a tooltip and elsewhere."""
    bar = shown(ReadOut())
    bar.set_right("gray −3024 – 1381, 1/2×")
    (right,) = drawing.widgets_in(bar._row)
    whole = right.sizeHint().width()
    place, value = "x[0, 91, 158, 0] =", "−3024"
    needs = drawing.advance(theme.font("mono-small"), f"{place} {value}")
    bar.setFixedWidth(needs + whole)  # without the margins: a little too narrow
    qtbot.waitUntil(lambda: right.width() == whole)
    bar.set_left(place, value)
    qtbot.waitUntil(lambda: bar._ended - 12 >= needs)
    assert 60 <= right.width() < whole
    assert right.toolTip() == "gray −3024 – 1381, 1/2×"
    bar.set_left("x[0, 1, 1, 0] =", "0")
    qtbot.wait(1)
    assert right.width() < whole, "nothing comes and goes under the hand"
    bar.setFixedWidth(needs + whole + 60)
    qtbot.waitUntil(lambda: right.width() == whole)


def test_an_empty_view_offers_the_next_step(qtbot, shown):
    empty = shown(EmptyState("No maps yet. Run, or switch on Live.", "Run", "run"))
    with qtbot.waitSignal(empty.clicked):
        qtbot.keyClick(focus(qtbot, empty.link), Qt.Key.Key_Space)
    assert empty.accessibleName().startswith("No maps yet")


# buttons and marks


@pytest.mark.parametrize(
    "make",
    [
        lambda: Button("Cancel", "stop"),
        lambda: ToolButton("Run", "run", raised=True),
        lambda: IconButton("copy", "Copy (Ctrl+C)"),
        lambda: LinkButton("Show all"),
        SearchField,
    ],
)
def test_buttons_are_pressed_by_key_and_reached_by_tab_only(qtbot, shown, make):
    button = shown(make())
    assert button.focusPolicy() == Qt.FocusPolicy.TabFocus
    assert button.accessibleName() or button.text()
    with qtbot.waitSignal(button.clicked):
        qtbot.keyClick(focus(qtbot, button), Qt.Key.Key_Space)
    assert min(button.width(), button.height()) >= 24


def test_a_label_keeps_its_font_whatever_happens(qtbot, qapp, shown):
    label = shown(Label("words", "headline"))
    wanted = theme.font("headline").pixelSize()
    bar = shown(ViewTitle("Source", [("a", "Picture")]))
    title = next(part for part in bar.findChildren(Label) if part.text() == "Source")
    happenings = [
        lambda: None,
        lambda: label.set_role("error"),
        lambda: theme.choose("light"),
        lambda: shown(label),
        lambda: label.setEnabled(False),
    ]
    for happening in happenings:
        happening()
        assert (label.font().pixelSize(), int(label.font().weight())) == (wanted, 600)
        assert label.font().featureValue(QFont.Tag("tnum")) == 1
        assert int(title.font().weight()) == 600
    qapp.setFont(QFont("DejaVu Sans", 20))
    assert label.font().pixelSize() == theme.font("headline").pixelSize() > wanted
    assert label.font().family() == "DejaVu Sans"
    label.set_font("caption")
    assert label.font().pixelSize() == theme.font("caption").pixelSize()


def test_a_badge_has_words_and_an_icon_and_no_room_without_words(shown):
    badge = shown(Badge("handwritten = Keras, 3.1e-6"))
    assert badge.accessibleName() == "handwritten = Keras, 3.1e-6"
    assert badge.height() == theme.height("badge")
    badge.show_badge("error", "")
    assert badge.sizeHint().isEmpty()
    with pytest.raises(ValueError, match="ok, warning, error, padded"):
        badge.show_badge("splendid", "x")


@pytest.mark.parametrize(
    ("fraction", "left", "words"),
    [
        (0.43, 6, "43 %, 6 s left"),
        (0.999, 0.2, "99 %, 1 s left"),
        (None, 600, "10 min left"),
        (0.5, None, "50 %"),
        (None, None, ""),
        (2.0, float("inf"), "100 %"),
    ],
)
def test_progress_is_said_for_people(fraction, left, words):
    assert progress_text(fraction, left) == words


def test_cancel_is_heard_once(qtbot, shown):
    card = shown(ProgressCard())
    card.show_progress("Convolving with Keras", "frame 41 of 96", 0.43, 6)
    with qtbot.waitSignal(card.cancelled):
        qtbot.mouseClick(card.cancel, Qt.MouseButton.LeftButton)
    assert not card.cancel.isEnabled()
    assert card.accessibleName() == "Convolving with Keras"


# over the window


@pytest.fixture
def window(qtbot):
    made = QWidget()
    made.resize(900, 600)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def visible(stack):
    return [notice.title for notice in stack.notices if notice.isVisible()]


def test_three_notices_are_shown_newest_first_and_a_count(qtbot, window):
    stack = NoticeStack(window, above=22)
    for index in range(5):
        stack.post("error", f"File {index} is empty.", "Copy it again.")
    assert visible(stack) == ["File 4 is empty.", "File 3 is empty.", "File 2 is empty."]
    words = [label.text() for label in stack._foot.findChildren(QLabel)]
    assert words == ["2 more"]
    qtbot.mouseClick(stack._foot.show_all, Qt.MouseButton.LeftButton)
    assert len(visible(stack)) == 5
    qtbot.mouseClick(stack._foot.clear, Qt.MouseButton.LeftButton)
    assert stack.notices == ()
    assert not stack.isVisible()


def test_notices_stand_at_the_bottom_right_at_every_size_of_the_window(qtbot, window):
    stack = NoticeStack(window, margin=12, above=22)
    for index in range(9):
        stack.post("error", f"A long sentence about file {index} " * 4, "And a second one.")
    qtbot.mouseClick(stack._foot.show_all, Qt.MouseButton.LeftButton)
    for size in ((900, 600), (500, 300), (1400, 900)):
        window.resize(*size)
        qtbot.waitUntil(lambda: stack.geometry().right() == window.width() - 13)
        assert stack.geometry().bottom() == window.height() - 13 - 22
        assert stack.geometry().top() >= 12
    for notice in stack.notices:
        for label in notice.findChildren(QLabel):
            assert label.height() >= label.heightForWidth(label.width())


def test_a_notice_acts_and_closes(qtbot, window):
    stack = NoticeStack(window)
    pressed = []

    def show_log():
        pressed.append("log")

    notice = stack.post("error", "scan.nii.gz ends early.", action="Show in log", run=show_log)
    assert notice.accessibleName() == "error: scan.nii.gz ends early."
    qtbot.mouseClick(notice.link, Qt.MouseButton.LeftButton)
    assert pressed == ["log"]
    assert stack.notices == ()
    other = stack.post("warning", "These look like labels.")
    qtbot.keyClick(other.close_button, Qt.Key.Key_Space)
    assert stack.notices == ()


def test_a_notice_of_the_same_key_takes_the_place_of_the_old(window):
    stack = NoticeStack(window)
    stack.post("error", "41 frames do not fit.", key="convolve")
    stack.post("error", "42 frames do not fit.", key="convolve")
    assert visible(stack) == ["42 frames do not fit."]
    same = stack.post("error", "42 frames do not fit.", key="convolve")
    assert stack.notices == (same,)
    stack.dismiss("convolve")
    assert stack.notices == ()


def test_good_news_leaves_by_itself_and_errors_stay(qtbot, window):
    stack = NoticeStack(window)
    stack.post("error", "Cannot be read.")
    stack.post("ok", "wave.gif written.", seconds=0.01)
    qtbot.waitUntil(lambda: [notice.kind for notice in stack.notices] == ["error"])


def ink(widget):
    """Return how many pixels inside a widget's card are not of the panel's color."""
    image = widget.grab(widget.rect().adjusted(10, 10, -10, -10)).toImage()
    panel = theme.color("panel").rgb()
    every = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return sum(image.pixel(x, y) != panel for x, y in every)


class Resized(QObject):
    """Counts how often a widget is told of its size."""

    def __init__(self, widget):
        super().__init__(widget)
        self.times = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        self.times += event.type() == QEvent.Type.Resize
        return False


def test_a_notice_fades_in_where_motion_is_wanted(qtbot, window):
    theme.set_reduced_motion(False)
    notice = NoticeStack(window).post("error", "Cannot be read.")
    motion = notice.findChild(QVariantAnimation)
    motion.pause()
    motion.setCurrentTime(0)
    assert motion.parent().testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    assert ink(notice) == 0
    motion.setCurrentTime(motion.duration() // 2)
    assert ink(notice) > 0
    motion.resume()
    qtbot.waitUntil(lambda: notice.findChild(QVariantAnimation) is None)
    assert ink(notice) > 0


def test_a_notice_fades_out_and_what_nobody_sees_is_left_alone(qtbot, window):
    theme.set_reduced_motion(False)
    hidden = QWidget(window)
    hidden.hide()
    hidden.resize(40, 30)
    told = Resized(hidden)
    stack = NoticeStack(window)
    notice = stack.post("error", "Cannot be read.")
    qtbot.waitUntil(lambda: notice.findChild(QVariantAnimation) is None)
    notice.closed.emit()
    assert stack.notices == ()
    assert notice.findChild(QVariantAnimation) is not None
    qtbot.waitUntil(lambda: not stack.isVisible())
    assert told.times == 0


def test_progress_cards_stand_under_the_notices_and_go(qtbot, window):
    stack = NoticeStack(window)
    card = ProgressCard("Exporting")
    stack.hold(card)
    stack.post("error", "Cannot be read.")
    qtbot.waitUntil(card.isVisible)
    assert stack.geometry().bottom() == window.height() - 13
    stack.clear()
    stack.release(card)
    assert not stack.isVisible()


def test_the_overlay_says_what_a_drop_will_do(qtbot, window):
    overlay = DropOverlay(window)
    assert not overlay.isVisible()
    overlay.offer("Open 16 images as one clip", "Shift: each on its own.")
    assert overlay.isVisible()
    assert overlay.accessibleName() == "Open 16 images as one clip"
    assert overlay.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    window.resize(700, 500)
    qtbot.waitUntil(lambda: overlay.size() == window.size())
    overlay.withdraw()
    assert not overlay.isVisible()


# all of them


def ours(window):
    """The parts in a window, without what Qt puts into them."""
    package = "voxviewer.gui.parts"
    found = window.findChildren(QWidget)
    return [part for part in found if type(part).__module__.startswith(package)]


def page():
    """One of every part that stands in a panel or a bar."""
    made = QWidget()
    column = QVBoxLayout(made)
    panel = FoldPanel("Encode", "20 × 64 × 64")
    panel.add_button("help", "Help")
    panel.add_row("Size", AxisFields("THW", (20, 128, 128)), "16 real frames, 4 padded.")
    panel.add_row("Order", Segment(ORDERS, 1)).set_error("Cubic invents labels. Use nearest.")
    panel.add_row("Sigma", NumberField(12.5, unit="px"))
    panel.add_row("Seed", NumberField(123456, decimals=0, prefix="seed"))
    panel.add_row("Anti-alias", Check("shrinks 4×, smooths first", True))
    panel.add_row(
        "Length", side_by_side(Choice(ORDERS, name="Length"), Choice(ORDERS, name="Padding"))
    )
    facts = FactList()
    facts.set_facts([("Kind", "scan"), ("Shape", "(96, 96, 24)")])
    panel.add(facts)
    title = ViewTitle("Source", [("a", "Picture"), ("b", "Montage")], "8 of 8")
    title.add(QuietChoice("Scale", [("map", "per map")]))
    title.add_button("fit", "Fit")
    card = ProgressCard()
    card.show_progress("Convolving", "frame 4 of 9", 0.4, 6)
    parts = (
        panel, title, ReadOut(), Badge("contrast per frame", "warning"), card, Key("Ctrl+O"),
        SearchField(), LinkButton("Show all"), Button("Open folder", "frames"),
        ToolButton("Export GIF", "export", raised=True), Label("words", "headline"),
        EmptyState("No maps yet.", "Run"),
    )  # fmt: skip
    for part in parts:
        column.addWidget(part)
    return made


@pytest.mark.parametrize("family", ["Inter", "DejaVu Sans"])
@pytest.mark.parametrize("percent", [100, 200])
def test_nothing_is_cut_off_in_a_wider_font_and_at_200_percent(qtbot, qapp, family, percent):
    font = QFont(family)
    font.setPixelSize(12 * percent // 100)
    qapp.setFont(font)
    window = page()
    qtbot.addWidget(window)
    least = window.minimumSizeHint().width()
    window.resize(least, window.heightForWidth(least))
    window.show()
    qtbot.waitExposed(window)
    QTest.qWait(0)
    line = theme.line_height()
    for part in ours(window):
        if not part.isVisibleTo(window) or isinstance(part, QLineEdit):
            continue
        least = part.minimumSizeHint()
        assert part.height() >= least.height(), part
        assert part.width() >= least.width(), part
        if isinstance(part, QAbstractButton) and part.text():
            assert part.height() >= line, part.text()
    spins = window.findChildren(AxisFields)[0].fields
    for spin in spins:
        edit = spin.lineEdit()
        edit.setCursorPosition(len(edit.text()))
        start = edit.cursorRect().center().x() - drawing.advance(edit.font(), edit.text())
        assert start >= drawing.advance(edit.font(), edit.prefix)
        assert start + drawing.advance(edit.font(), edit.text()) <= edit.width()


def test_every_part_paints_in_both_themes_without_a_warning(qtbot, window):
    made = page()
    made.setParent(window)
    made.resize(900, 900)
    made.show()
    pictures = {}
    for choice in ("dark", "light"):
        theme.choose(choice)
        made.setEnabled(True)
        pictures[choice] = made.grab().toImage()
        for part in made.findChildren(QWidget):
            if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
                part.setFocus(Qt.FocusReason.TabFocusReason)
                part.grab()
        made.setEnabled(False)
        assert made.grab().toImage() != pictures[choice]
    assert pictures["dark"] != pictures["light"]


def test_every_control_on_a_page_has_a_name(qtbot, window):
    made = page()
    made.setParent(window)
    for part in ours(made):
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
            name = part.accessibleName() or getattr(part, "text", lambda: "")()
            assert name, part


@pytest.mark.parametrize("kind", [NoticeStack, DropOverlay])
def test_what_floats_dies_with_its_window(kind, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    floating = kind(window)
    gone = weakref.ref(window)
    window = None
    gc.collect()
    assert gone() is None
    assert not isValid(floating)
    theme.choose("light")


def test_parts_that_are_gone_do_not_hear_of_the_theme(qtbot, qapp):
    parts = [Label("words"), Button("Run"), FormRow("Size", AxisFields()), Segment(ORDERS)]
    parts += [FoldPanel("Encode"), Choice(ORDERS), QuietChoice("Order", ORDERS)]
    gone = [weakref.ref(part) for part in parts]
    parts.clear()
    gc.collect()
    theme.choose("light")
    assert [ref() for ref in gone] == [None] * len(gone)


def test_the_same_options_again_make_no_new_buttons(qtbot):
    pairs = (("a", "First"), ("b", "Second"))
    for part in (Segment(pairs, "b"), Choice(pairs, "b"), QuietChoice("Pick", pairs, "b")):
        qtbot.addWidget(part)
        before = part.findChildren(QAbstractButton), part.actions()
        part.set_option_enabled("a", False, "not now")
        part.set_options(list(pairs))
        assert (part.findChildren(QAbstractButton), part.actions()) == before
        assert part.value == "b" and part.options == ("a", "b")
        part.set_options((("c", "Third"),))
        assert part.value == "c" and part.options == ("c",)


def test_an_option_that_was_off_is_on_when_options_are_given_again(qtbot):
    part = Segment((("a", "First"), ("b", "Second")))
    qtbot.addWidget(part)
    part.set_option_enabled("a", False, "not now")
    part.set_options((("a", "First"), ("b", "Second")))
    assert part.button("a").isEnabled() and part.button("a").toolTip() == ""


def test_widths_follow_the_font(qapp):
    before, font = drawing.wide("body", "Handwritten"), qapp.font()
    qapp.setFont(QFont("DejaVu Sans", 20))
    try:
        assert drawing.wide("body", "Handwritten") > before * 1.2
    finally:
        qapp.setFont(font)
    assert drawing.wide("body", "Handwritten") == before


class Paints(QObject):
    """Counts how often a widget is painted."""

    count = 0

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_a_tab_that_stays_as_it_is_is_not_painted_again(qtbot):
    title = ViewTitle("Source", (("picture", "Picture"), ("slices", "Slices")))
    qtbot.addWidget(title)
    paints = Paints()
    title.tabs.installEventFilter(paints)
    with qtbot.waitExposed(title):
        title.show()
    title.set_tab_enabled("slices", False, "No depth.")
    qtbot.wait(50)
    before = paints.count
    assert before
    title.set_tab_enabled("slices", False, "No depth.")
    qtbot.wait(50)
    assert paints.count == before
    assert title.tabs.tabToolTip(1) == "No depth."
    title.set_tab_enabled("slices", True)
    assert title.tabs.isTabEnabled(1) and not title.tabs.tabToolTip(1)
