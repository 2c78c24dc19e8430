"""Bindings: every bound field of every panel follows the session, and the session the field."""

from __future__ import annotations

import gc
import weakref

import pytest
from direct import Desk
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from voxviewer.gui import theme
from voxviewer.gui.bind import bind
from voxviewer.gui.panels import ContrastPanel, ConvolvePanel, EncodePanel, FiltersPanel
from voxviewer.gui.parts import AxisFields, FormRow, NumberField, Segment

PANELS = {
    "encode": EncodePanel,
    "contrast": ContrastPanel,
    "filters": FiltersPanel,
    "convolve": ConvolvePanel,
}
TRANSFORMS = ("rotation", "translation", "zoom", "shear", "blur", "blur_taps")
# Path, or paths, and two values that a person may choose there.
FIELDS = {
    "encode": {
        ("encoding.frames", "encoding.height", "encoding.width"): ((4, None, 32), (None, 8, 9)),
        ("encoding.order",): (3, 0),
        ("encoding.antialias",): (False, True),
        ("encoding.grid",): ("centers", "edges"),
        ("encoding.time_axis",): ("width", "height"),
        ("encoding.depth",): (2, "mean"),
        ("encoding.time_index",): (1, 0),
        ("encoding.channels",): ("rgb", "gray"),
        ("encoding.sigma",): (2.5, 0.6),
        ("encoding.combine",): ("max", "joints"),
        ("encoding.plane",): ("xz", "turntable"),
        ("encoding.spacing",): ((2.0, 1.5, 1.0), "isotropic"),
        ("encoding.aspect",): (True, False),
        ("encoding.clip_overshoot",): (True, False),
        ("encoding.sigma_unit",): ("percent", "px"),
        ("encoding.cutoff",): (2.5, None),
        ("encoding.persons",): ("sum", "max"),
        ("encoding.confidence_peak",): (True, False),
        ("encoding.azimuth",): (30.0, -45.0),
        ("encoding.elevation",): (10.0, -20.0),
        ("encoding.fit",): ("none", "box"),
        ("encoding.root_center",): (True, False),
        ("encoding.center",): ("pixel", "subpixel"),
        ("encoding.length", "encoding.pad_side", "encoding.start"): (
            ("pad-loop", "both", 0),
            ("center", "after", 0),
        ),
        ("encoding.pseudo_depth",): ("transforms", "replicate"),
        tuple(f"encoding.{name}" for name in TRANSFORMS): (
            (30.0, 0.2, (0.5, 2.0), 1.0, (0.5, 1.5), 5),
            (15.0, 0.1, (0.9, 1.1), 0.1, (0.1, 1.0), 3),
        ),
        ("encoding.seed",): (7, 0),
        ("encoding.clip_rate",): (12.5, None),
        ("encoding.percentiles",): ((2.0, 98.0), (0.0, 99.5)),
        ("encoding.statistics",): ("sources", "clip"),
        ("encoding.normalize", "encoding.window"): (
            ("window", (40.0, 80.0)),
            ("minmax", None),
        ),
    },
    "contrast": {
        ("render.limits",): ((0.25, 0.5), None),
        ("render.colormap",): ("viridis", None),
    },
    "filters": {
        ("filters.count",): (3, 12),
        ("filters.kernel",): ((1, 5, 3), (3, 3, 1)),
        ("filters.initializer",): ("he_normal", "legacy_normal"),
        ("filters.stddev",): (0.5, 0.125),
        ("filters.seed",): (2**32 - 1, 5),
        ("filters.color",): ("channels", "luminance"),
        ("filters.masked",): (False, True),
        ("map",): (1, 0),
    },
    "convolve": {
        ("convolution.engine",): ("both", "keras"),
        ("convolution.padding",): ("valid", "same"),
        ("convolution.strides",): ((1, 2, 2), (2, 1, 1)),
        ("convolution.dilation",): ((1, 1, 2), (3, 1, 1)),
        ("convolution.mode",): (True, False),
    },
}
CASES = [
    pytest.param(panel, paths, *values, id=f"{panel}-{paths[0]}")
    for panel, fields in FIELDS.items()
    for paths, values in fields.items()
]


@pytest.fixture(autouse=True)
def themed(qapp):
    theme.apply(qapp, "dark")


@pytest.fixture
def desk():
    return Desk()


def bindings(panel):
    """Every binding inside a panel, by its paths."""
    found = [getattr(child, "binding", None) for child in panel.findChildren(QWidget)]
    return {item.paths: item for item in found if item is not None}


def held(session, paths):
    values = []
    for path in paths:
        owner, _, name = path.partition(".")
        whole = getattr(session, owner)
        values.append(getattr(whole, name) if name else whole)
    if paths == ("convolution.mode",):  # shown as a check box: flipped or not
        return values[0] == "convolution"
    return tuple(values) if len(values) > 1 else values[0]


def choose(session, paths, value):
    if paths == ("convolution.mode",):
        value = "convolution" if value else "correlation"
    values = value if len(paths) > 1 else (value,)
    owner = paths[0].partition(".")[0]
    names = [path.partition(".")[2] for path in paths]
    if names == [""]:
        setattr(session, owner, value)
    else:
        session.change(owner, **dict(zip(names, values, strict=True)))


@pytest.mark.parametrize("name", PANELS)
def test_every_binding_of_a_panel_is_held_to_its_promise_here(qtbot, desk, name):
    panel = PANELS[name](desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(panel)
    assert set(bindings(panel)) == set(FIELDS[name])


@pytest.mark.parametrize(("name", "paths", "first", "second"), CASES)
def test_a_field_and_the_session_follow_each_other(qtbot, desk, name, paths, first, second):
    panel = PANELS[name](desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(panel)
    widget = bindings(panel)[paths].widget
    heard = []
    widget.changed.connect(heard.append)
    choose(desk.session, paths, first)
    assert widget.value == first
    assert heard == []  # what the program does is not told as if a person did it
    desk.history.commit()
    widget.value = second
    widget.changed.emit(second)
    assert held(desk.session, paths) == second
    widget.committed.emit(second)
    if "." in paths[0]:
        desk.history.undo()
        assert held(desk.session, paths) == first
        assert widget.value == first


def test_typing_reaches_the_session_and_enter_is_one_step(qtbot, desk):
    field = NumberField(1.0, 0.0, 99.0, name="Sigma")
    qtbot.addWidget(field)
    bind(field, desk.session, "encoding.sigma", desk.history)
    field.show()
    edit = field.spin.lineEdit()
    edit.selectAll()
    QTest.keyClicks(edit, "12.5")
    assert desk.session.encoding.sigma == 12.5
    QTest.keyClick(edit, Qt.Key.Key_Return)
    desk.history.undo()
    assert desk.session.encoding.sigma == 5.0
    assert field.value == 5.0
    assert not desk.history.can_undo


def test_a_wrong_value_is_said_beside_the_field_and_the_session_keeps_its_own(qtbot, desk):
    field = NumberField(1.0, 0.0, 99.0, name="Sigma")
    row = FormRow("Sigma", field)
    qtbot.addWidget(row)
    binding = bind(field, desk.session, "encoding.sigma", desk.history, row=row)
    field.value = 0.0
    field.changed.emit(0.0)
    field.committed.emit(0.0)
    assert desk.session.encoding.sigma == 5.0
    assert row.error == "sigma must be a number above 0, not 0.0"
    assert field.spin.property("bad") is True
    assert not desk.history.can_undo
    field.value = 2.0
    field.changed.emit(2.0)
    assert (row.error, binding.problem) == ("", "")
    assert field.spin.property("bad") is False


def test_another_choice_takes_a_wrong_value_back(qtbot, desk):
    field = NumberField(1.0, 0.0, 99.0, name="Sigma")
    row = FormRow("Sigma", field)
    qtbot.addWidget(row)
    bind(field, desk.session, "encoding.sigma", desk.history, row=row)
    field.value = 0.0
    field.changed.emit(0.0)
    desk.session.change("encoding", order=0)
    assert field.value == 5.0
    assert row.error == ""


def test_a_drag_is_live_and_one_undo_step(qtbot, desk):
    panel = EncodePanel(desk.session, desk.history, desk.pipeline)
    qtbot.addWidget(panel)
    desk.pipeline.open(["sample:waving-skeleton"])
    panel.resize(280, panel.sizeHint().height())
    panel.show()
    slider = panel.fields["sigma"].slider
    before, seen = desk.session.encoding.sigma, []
    desk.session.events.encoding.connect(lambda new: seen.append(new.sigma))
    middle = slider.height() // 2
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(20, middle))
    for x in (30, 40, 50):
        QTest.mouseMove(slider, QPoint(x, middle))
    assert len(seen) >= 3
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(50, middle))
    after = desk.session.encoding.sigma
    assert after != before
    desk.history.undo()
    assert desk.session.encoding.sigma == before
    desk.history.redo()
    assert desk.session.encoding.sigma == after


def test_several_fields_are_one_value(qtbot, desk):
    size = AxisFields("THW", (None,) * 3, optional=True, name="Size")
    qtbot.addWidget(size)
    paths = ["encoding.frames", "encoding.height", "encoding.width"]
    binding = bind(size, desk.session, paths, desk.history)
    heard = []
    desk.session.events.encoding.connect(heard.append)
    size.value = (8, 16, None)
    size.changed.emit(size.value)
    assert len(heard) == 1
    assert binding.value == (8, 16, None)


def test_one_binding_is_for_one_field_of_the_session(qtbot, desk):
    segment = Segment([(1, "one")])
    qtbot.addWidget(segment)
    with pytest.raises(ValueError, match="one field of the session"):
        bind(segment, desk.session, ["encoding.order", "filters.count"])


def test_a_value_is_turned_on_its_way_both_ways(qtbot, desk):
    field = NumberField(1, 1, 99, 1, 0, name="Last frame")
    qtbot.addWidget(field)
    bind(
        field, desk.session, "export.range", desk.history,
        to_widget=lambda held: held[1] if held else 1,
        to_session=lambda last: (0, last),
    )  # fmt: skip
    desk.session.change("export", range=(0, 7))
    assert field.value == 7
    field.value = 9
    field.changed.emit(9)
    assert desk.session.export.range == (0, 9)


def test_a_closed_widget_is_let_go_and_hears_nothing_more(qtbot, desk):
    """The session outlives panels: it must neither keep them nor call into deleted ones."""
    field = NumberField(1.0, 0.0, 99.0, name="Sigma")
    binding = weakref.ref(bind(field, desk.session, "encoding.sigma", desk.history))
    gone = weakref.ref(field)
    field.deleteLater()
    del field
    qtbot.waitUntil(lambda: gone() is None or not isValid(gone()))
    desk.session.change("encoding", sigma=3.0)
    gc.collect()
    assert gone() is None
    assert binding() is None
    desk.session.change("encoding", sigma=4.0)
