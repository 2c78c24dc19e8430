"""The style sheet: what Fusion and a palette alone do not give.

Fusion draws the arrows of a spin box wrongly once a border is set, so every sub-control is named.
`@name` stands for a color token, a measure from the font in pixels (`@inner`), or the path of an
SVG recolored for the theme (`@up`). Style sheets read images from files only, so those are written
into a folder of this process that is removed at its end.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from voxviewer.files import asset

if TYPE_CHECKING:
    from voxviewer.gui.tokens import Colors

# Name in the sheet: the SVG, the token it is drawn in.
IMAGES = {
    "up": ("up", "text2"), "down": ("down", "text2"), "upoff": ("up", "off"),
    "drop": ("down", "text3"),
    "downoff": ("down", "off"), "tick": ("tick", "onaccent"), "tickoff": ("tick", "off"),
    "checked": ("tick", "accent"), "next": ("unfold", "text2"), "close": ("close", "text2"),
    "bullet": ("bullet", "onaccent"),
}  # fmt: skip

FIELDS = """
QAbstractSpinBox, QComboBox, QLineEdit {
  background: @field; color: @text; border: 1px solid @edge; border-radius: 4px;
  min-height: @innerpx; max-height: @innerpx; padding: 0 0 0 5px;
  selection-background-color: @accent; selection-color: @onaccent }
QAbstractSpinBox:focus, QComboBox:focus, QLineEdit:focus {
  border: 2px solid @accent; padding-left: 4px; min-height: @focuspx }
QAbstractSpinBox:disabled, QComboBox:disabled, QLineEdit:disabled {
  background: @panel; border-color: @line; color: @off }
QAbstractSpinBox[bad="true"], QComboBox[bad="true"], QLineEdit[bad="true"] {
  border-color: @error }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
  subcontrol-origin: border; width: @arrowpx; border: none; border-left: 1px solid @line;
  margin: 1px 1px 0 0 }
QAbstractSpinBox::up-button {
  subcontrol-position: top right; border-top-right-radius: 3px; padding-top: 3px }
QAbstractSpinBox::down-button {
  subcontrol-position: bottom right; margin: 0 1px 1px 0; border-bottom-right-radius: 3px;
  padding-bottom: 3px }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: @hover }
QAbstractSpinBox::up-arrow { image: url(@up); width: @glyphpx; height: @glyphpx }
QAbstractSpinBox::down-arrow { image: url(@down); width: @glyphpx; height: @glyphpx }
QComboBox::down-arrow { image: url(@drop); width: @glyphpx; height: @glyphpx }
QComboBox::down-arrow:hover { image: url(@down) }
QAbstractSpinBox::up-arrow:disabled, QAbstractSpinBox::up-arrow:off { image: url(@upoff) }
QAbstractSpinBox::down-arrow:disabled, QAbstractSpinBox::down-arrow:off,
QComboBox::down-arrow:disabled { image: url(@downoff) }
QAbstractSpinBox[narrow="true"]::up-button, QAbstractSpinBox[narrow="true"]::down-button {
  width: 0; border: none; margin: 0 }
QAbstractSpinBox[narrow="true"]::up-arrow, QAbstractSpinBox[narrow="true"]::down-arrow {
  image: none; width: 0; height: 0 }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit {
  min-height: 0; border: none; padding: 0 0 0 5px }
QAbstractSpinBox[prefixed="true"] QLineEdit { padding-left: 4px }
QComboBox { combobox-popup: 0; padding-right: 2px }
QComboBox::drop-down { border: none; width: @dropdownpx }
QComboBox QAbstractItemView {
  background: @panel; border: 1px solid @edge; padding: 3px; outline: none;
  selection-background-color: @hover; selection-color: @text }
QComboBox QAbstractItemView::item { min-height: @itempx; padding: 0 6px; border-radius: 3px }
QComboBox QAbstractItemView::item:selected { background: @hover; color: @text }
QComboBox QAbstractItemView::item:disabled { color: @off }
QPlainTextEdit, QTextEdit {
  background: @field; border: 1px solid @edge; border-radius: 4px; padding: 4px;
  selection-background-color: @accent; selection-color: @onaccent }
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid @accent; padding: 3px }
QCheckBox, QRadioButton { spacing: 6px; min-height: @inner2px }
QCheckBox:disabled, QRadioButton:disabled { color: @off }
QCheckBox::indicator, QRadioButton::indicator, QListView::indicator, QTreeView::indicator {
  width: @boxpx; height: @boxpx; border: 1px solid @edge; border-radius: 3px; background: @field }
QRadioButton::indicator { border-radius: @boxradiuspx }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: @text3 }
QCheckBox::indicator:checked, QListView::indicator:checked, QTreeView::indicator:checked {
  background: @accent; border-color: @accent; image: url(@tick) }
QRadioButton::indicator:checked {
  background: @accent; border-color: @accent; image: url(@bullet) }
QCheckBox::indicator:focus, QRadioButton::indicator:focus {
  border: 2px solid @accent; width: @boxinnerpx; height: @boxinnerpx }
QCheckBox::indicator:checked:focus, QRadioButton::indicator:checked:focus {
  border-color: @text }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {
  background: @panel; border-color: @line }
QCheckBox::indicator:checked:disabled { image: url(@tickoff) }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: @line }
QSlider::sub-page:horizontal { border-radius: 2px; background: @accent }
QSlider::groove:vertical { width: 4px; border-radius: 2px; background: @line }
QSlider::add-page:vertical { border-radius: 2px; background: @accent }
QSlider::handle {
  width: @knobpx; height: @knobpx; border: 1px solid @edge; border-radius: @knobradiuspx;
  background: @raised }
QSlider::handle:horizontal { margin: -@knobmarginpx 0 }
QSlider::handle:vertical { margin: 0 -@knobmarginpx }
QSlider::handle:hover { background: @hover }
QSlider::handle:focus { border: 2px solid @accent }
QSlider::sub-page:disabled, QSlider::add-page:disabled { background: @edge }
QProgressBar {
  border: none; border-radius: 2px; background: @line; min-height: 4px; max-height: 4px;
  text-align: right; color: transparent }
QProgressBar::chunk { border-radius: 2px; background: @accent }
"""

BUTTONS = """
QPushButton, QToolButton {
  border: 1px solid transparent; border-radius: 5px; min-height: @buttonpx; max-height: @buttonpx;
  padding: 0 9px;  background: transparent; color: @text }
QPushButton { background: @raised; border-color: @edge }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0 }
QToolButton[raised="true"] { background: @raised; border-color: @edge }
QPushButton:hover, QToolButton:hover { background: @hover }
QPushButton:pressed, QToolButton:pressed { background: @line }
QToolButton:checked { background: @soft; color: @accent; border-color: transparent }
QPushButton[primary="true"], QToolButton[primary="true"] {
  background: @accent; color: @onaccent; border-color: @accent; font-weight: 600 }
QPushButton[primary="true"]:hover, QToolButton[primary="true"]:hover {
  background: @accent; border-color: @text }
QToolButton:disabled, QPushButton:disabled { color: @off }
QPushButton:disabled, QToolButton[raised="true"]:disabled, QPushButton[primary="true"]:disabled,
QToolButton[primary="true"]:disabled { color: @off; background: transparent; border-color: @line }
QToolButton:checked:disabled { background: @head; color: @off }
QPushButton:focus, QToolButton:focus {
  border: 2px solid @accent; padding: 0 8px; min-height: @buttonfocuspx }
QPushButton[primary="true"]:focus, QToolButton[primary="true"]:focus { border-color: @text }
QToolButton[icononly="true"] { padding: 0 5px }
QToolButton[icononly="true"]:focus { padding: 0 4px }
QToolButton[small="true"] {
  min-height: @smallpx; max-height: @smallpx; padding: 0 3px; border-radius: 4px }
QToolButton[small="true"]:focus { min-height: @smallfocuspx; padding: 0 2px }
QToolButton[popupMode="2"] { padding-right: @menupadpx }
QToolButton[popupMode="2"]:focus { padding-right: @menufocuspx }
QToolButton::menu-indicator {
  image: url(@down); width: @glyphpx; height: @glyphpx;
  subcontrol-origin: padding; subcontrol-position: right center; right: 6px }
QToolButton::menu-indicator:disabled { image: url(@downoff) }
"""

FRAME = """
QMainWindow, QWidget[area="window"] { background: @window }
QWidget[area="panel"], QDialog { background: @panel }
QWidget[area="head"] { background: @head }
QWidget[area="canvas"] { background: @canvas }
QMenuBar { background: @window; color: @text2; border-bottom: 1px solid @line; padding: 0 6px }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent }
QMenuBar::item:selected, QMenuBar::item:pressed { background: @hover; color: @text }
QMenu { background: @panel; color: @text; border: 1px solid @edge; padding: 4px }
QMenu::item { min-height: @itemlowpx; padding: 3px 26px 3px 8px; border-radius: 4px }
QMenu::item:selected { background: @hover }
QMenu::item:disabled { color: @off }
QMenu::item:disabled:selected { background: transparent }
QMenu::icon { padding-left: 6px }
QMenu::separator { height: 1px; background: @line; margin: 4px 6px }
QMenu::indicator { width: @boxpx; height: @boxpx; padding-left: 6px }
QMenu::indicator:checked { image: url(@checked) }
QMenu::right-arrow { image: url(@next); width: @glyphpx; height: @glyphpx; padding-right: 6px }
QToolBar { background: @panel; border: none; border-bottom: 1px solid @line;
  padding: 6px 12px; spacing: 6px }
QToolBar::separator { width: 1px; background: @line; margin: 5px 7px }
QToolBar::handle { image: none; width: 0 }
QStatusBar { background: @window; color: @text3; border-top: 1px solid @line }
QStatusBar::item { border: none }
QStatusBar QLabel { color: @text3 }
QDockWidget { color: @text; titlebar-close-icon: url(@close) }
QDockWidget::title { background: @head; padding: 5px 8px; border-bottom: 1px solid @line }
QMainWindow::separator, QSplitter::handle { background: @line }
QMainWindow::separator { width: 1px; height: 1px }
QSplitter::handle:horizontal { width: 1px }
QSplitter::handle:vertical { height: 1px }
QMainWindow::separator:hover, QSplitter::handle:hover { background: @edge }
QToolTip { background: @head; color: @text; border: 1px solid @edge; padding: 3px 5px }
QTabBar { background: transparent; border: none; qproperty-drawBase: 0 }
QTabBar::tab {
  background: transparent; color: @text2; border: none; border-bottom: 2px solid transparent;
  padding: 1px 11px 0 11px; min-height: @tabpx }
QTabBar[dense="true"]::tab { padding-left: 7px; padding-right: 7px }
QTabBar::tab:selected { color: @text; border-bottom-color: @accent }
QTabBar::tab:hover { color: @text }
QTabBar::tab:disabled { color: @off }
QTabWidget::pane { border: none; border-top: 1px solid @line }
QScrollArea, QAbstractScrollArea[frameShape="0"] { border: none }
QScrollBar { background: transparent; border: none; margin: 0 }
QScrollBar:vertical { width: 10px }
QScrollBar:horizontal { height: 10px }
QScrollBar::handle { background: @edge; border-radius: 2px; margin: 3px }
QScrollBar::handle:vertical { min-height: 28px }
QScrollBar::handle:horizontal { min-width: 28px }
QScrollBar::handle:hover { background: @text3 }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent }
QListView, QTreeView, QTableView {
  background: @field; border: 1px solid @line; border-radius: 4px; outline: none;
  alternate-background-color: @head; gridline-color: @line;
  selection-background-color: @soft; selection-color: @text }
QListView:focus, QTreeView:focus, QTableView:focus { border: 2px solid @accent }
QListView::item, QTreeView::item { min-height: @itempx; padding: 0 4px; border-radius: 3px }
QListView::item:hover, QTreeView::item:hover { background: @hover }
QListView::item:selected, QTreeView::item:selected { background: @soft; color: @text }
QHeaderView::section {
  background: @head; color: @text2; border: none; border-right: 1px solid @line;
  border-bottom: 1px solid @line; padding: 3px 6px }
QGroupBox { border: none; border-top: 1px solid @line; margin-top: @itempx; padding-top: 6px }
QGroupBox::title { subcontrol-origin: margin; left: 0; padding: 0 0 4px 0; color: @text }
QFrame[line="true"] { background: @line; border: none; max-height: 1px; min-height: 1px }
"""

LABELS = ("text", "text2", "text3", "accent", "ok", "warning", "error", "padded", "off")


def build(colors: Colors, measures: dict[str, int], fonts: dict[str, tuple[int, int, str]]) -> str:
    """The whole sheet for a theme.

    Parameters
    ----------
    measures : pixels from the font: inner, button, arrow, glyph, box, icon, title, item, knob
    fonts : of labels whose property "kind" is the key: pixels, weight, family or ""
    """
    values = {name: str(value) for name, value in _derived(measures).items()}
    values |= asdict(colors)
    values |= {name: _image(svg, getattr(colors, token)) for name, (svg, token) in IMAGES.items()}
    labels = "".join(
        f'QLabel[role="{role}"] {{ color: @{role} }}\n'
        f'QLabel[role="{role}"]:disabled {{ color: @off }}\n'
        for role in LABELS
    )
    kinds = "".join(_label_font(kind, *font) for kind, font in fonts.items() if kind != "body")
    return _fill(FIELDS + BUTTONS + FRAME + labels, values) + kinds


def _label_font(kind: str, pixels: int, weight: int, family: str) -> str:
    """The rule for labels of one kind of text."""
    face = f'font-family: "{family}"; ' if family else ""
    return f'QLabel[kind="{kind}"] {{ {face}font-size: {pixels}px; font-weight: {weight} }}\n'


def _derived(measures: dict[str, int]) -> dict[str, int]:
    """Measures that follow from others: a focus ring is 1 px thicker, so the inside is less."""
    inner, button, box, knob = (measures[name] for name in ("inner", "button", "box", "knob"))
    return measures | {
        "focus": inner - 2,
        "inner2": inner,
        "buttonfocus": button - 2,
        "small": button - 4,
        "smallfocus": button - 6,
        "dropdown": measures["glyph"] + 8,
        "menupad": measures["glyph"] + 10,
        "menufocus": measures["glyph"] + 9,
        "boxinner": box - 2,
        "boxradius": box // 2 + 1,
        "knobradius": knob // 2 + 1,
        "knobmargin": (knob - 2) // 2,
        "tab": measures["title"] - 2,
        "itemlow": measures["item"] - 6,
    }


def _fill(template: str, values: dict[str, str]) -> str:
    """Put values in the place of `@name`; a unit may follow a measure: `@innerpx`."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in values:
            return values[name]
        return values[name.removesuffix("px")] + "px"

    return re.sub(r"@([a-z0-9]+)", value, template)


@cache
def _image(name: str, color: str) -> str:
    """The path of an SVG drawn in a color, with slashes as style sheets want them."""
    path = _folder() / f"{name}-{color.lstrip('#')}.svg"
    text = asset("icons", f"{name}.svg").read_text(encoding="utf-8")
    path.write_text(text.replace("currentColor", color), encoding="utf-8")
    return f'"{path.as_posix()}"'


@cache
def _folder() -> Path:
    """A folder of this process, removed when it ends."""
    made = Path(tempfile.mkdtemp(prefix="voxviewer-style-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made
