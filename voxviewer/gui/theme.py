"""The window's colors, fonts and measures, in a dark and a light coat that follow the system.

Everything that draws asks here at paint time: `color("text2")`, `font("caption")`,
`height("field")`. So one call of `choose("light")` repaints the whole window, and no widget keeps a
color of its own.

Measures are those of a 12 px font and grow with the font in use, so that a wider one or 200 % cuts
nothing off.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QFontMetrics
from PySide6.QtWidgets import QApplication, QStyle, QStyleFactory

from voxviewer.gui import stylesheet
from voxviewer.gui.tokens import DARK, palette, wanted

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from voxviewer.gui.tokens import Colors

CHOICES = ("system", "light", "dark")
FADE_IN, FADE_OUT, FOLD = 120, 200, 120  # milliseconds


# Kind of text: pixels added to the system font's size, semibold.
FONTS = {
    "body": (0, False), "strong": (0, True), "title": (0, True), "caption": (-1, False),
    "axis": (-2, False), "ledger": (1, False), "lead": (2, True), "sub": (2, False),
    "result": (3, True), "frame": (10, True), "headline": (14, True),
    "mono": (0, False), "mono-small": (-1, False), "mono-ledger": (1, False),
    "mono-ledger-strong": (1, True), "axis-strong": (-2, True),
}  # fmt: skip

# Heights for a line of text 15 px high; taller text makes them taller by as much.
HEIGHTS = {
    "menu": 26, "toolbar": 42, "title": 28, "field": 26, "segment": 26, "button": 28, "fact": 19,
    "readout": 22, "timeline": 128, "ledger": 66, "status": 22, "badge": 22, "target": 24,
}  # fmt: skip
_LINE = 15
_PICTURE_FONT = 12
_SAMPLE = "Handwritten 0123456789 Anti-alias"
_SAMPLE_WIDTH = 207  # of the sample in the pictures' font, 12 px Inter
_FAMILIES = ("Inter", "Cantarell", "Ubuntu", "Noto Sans", "Open Sans")
_GENERIC = ("", "Sans Serif", "Sans", "sans-serif")


class _Theme(QObject):
    """What is in force now. One of it, made with the module; it outlives every window."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice = "system"
        self.colors = DARK
        self.still: bool | None = None
        self.applying = False
        self.following = False
        self.shown = ("", "")
        self.font_key = ""


_theme = _Theme()
changed = _theme.changed


def apply(app: QApplication, choice: str = "system") -> None:
    """Give the application its style, fonts and colors; once, before the first window.

    Parameters
    ----------
    choice : "system" follows the desktop, also while the program runs; "light"; "dark"
    """
    if not _theme.following:
        app.setStyle(QStyleFactory.create("Fusion"))
    _theme.font_key = ""
    app.setFont(_system_font(app.font()))
    if not _theme.following:
        app.styleHints().colorSchemeChanged.connect(_on_scheme)
        app.fontChanged.connect(_on_font)
        _theme.following = True
    choose(choice)


def choose(choice: str) -> None:
    """Change the theme: "system", "light" or "dark"."""
    if choice not in CHOICES:
        raise ValueError(f"theme {choice!r} is not known; use one of: {', '.join(CHOICES)}")
    _theme.choice = choice
    scheme = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
    # The desktop's own parts, as the title bar and file dialogs, follow this.
    _application().styleHints().setColorScheme(scheme.get(choice, Qt.ColorScheme.Unknown))
    _refresh()


def choice() -> str:
    """What was chosen: "system", "light" or "dark"."""
    return _theme.choice


def colors() -> Colors:
    """The tokens in force now."""
    return _theme.colors


def color(token: str) -> QColor:
    """One token in force now, as Qt's color."""
    return QColor(getattr(_theme.colors, token))


def is_dark() -> bool:
    """Whether the dark coat is on."""
    return QColor(_theme.colors.panel).lightness() < 128


def font(kind: str = "body") -> QFont:
    """The font for a kind of text: a key of `FONTS`. Numbers in it are equally wide."""
    return QFont(_font(kind, font_key()))


def font_key() -> str:
    """The application font's description of itself: all measures are kept by it.

    Asked thousands of times a second, and dear to write down; kept until the font changes.
    """
    if not _theme.following:
        return QApplication.font().key()
    if not _theme.font_key:
        _theme.font_key = QApplication.font().key()
    return _theme.font_key


@lru_cache(maxsize=64)
def _font(kind: str, _: str) -> QFont:
    """Painted views ask thousands of times a second; the key is the application font's."""
    delta, semibold = FONTS[kind]
    if kind.startswith("mono"):
        made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    else:
        made = _tabular(QFont(QApplication.font()))
    if delta or kind.startswith("mono"):
        made.setPixelSize(max(7, font_pixels() + delta))
    if semibold:
        made.setWeight(QFont.Weight.DemiBold)
    return made


def font_pixels() -> int:
    """The size of the system's font: the measure all others are relative to."""
    return _font_pixels(font_key())


@lru_cache(maxsize=8)
def _font_pixels(_: str) -> int:
    return QFontInfo(QApplication.font()).pixelSize()


def height(kind: str) -> int:
    """The height of a part, a key of `HEIGHTS`: that of the picture, more where text is taller."""
    return HEIGHTS[kind] + max(0, line_height() - _LINE)


def line_height(kind: str = "body") -> int:
    """The height of one line of text."""
    return _line_height(kind, font_key())


@lru_cache(maxsize=64)
def _line_height(kind: str, _: str) -> int:
    return QFontMetrics(font(kind)).height()


def width(pixels: int) -> int:
    """A width of the picture, grown where the font in use is larger or wider."""
    return round(pixels * _widening(font_key()))


@lru_cache(maxsize=8)
def _widening(_: str) -> float:
    wide = QFontMetrics(QApplication.font()).horizontalAdvance(_SAMPLE)
    return max(1.0, wide / _SAMPLE_WIDTH)


def icon_size(pixels: int = 16) -> int:
    """The side of an icon beside text of the font in use."""
    return round(pixels * max(1.0, font_pixels() / _PICTURE_FONT))


def reduced_motion() -> bool:
    """Whether to leave out fades: asked for here, by the desktop or by VOXVIEWER_REDUCED_MOTION."""
    if _theme.still is not None:
        return _theme.still
    if os.environ.get("VOXVIEWER_REDUCED_MOTION", "0") not in ("", "0"):
        return True
    hint = QStyle.StyleHint.SH_Widget_Animation_Duration
    return QApplication.style().styleHint(hint) == 0 or _windows_is_still()


def set_reduced_motion(still: bool | None) -> None:
    """Choose for or against fades; None asks the desktop."""
    _theme.still = still


def set_role(widget: QWidget, role: str) -> None:
    """Color a label's text by a token ("text2", "error", ...), in every theme to come too."""
    set_property(widget, "role", role)


def set_font(widget: QWidget, kind: str) -> None:
    """Give a label one of the theme's fonts, in every theme and size to come too.

    `QWidget.setFont` does not last: a style sheet puts back the font that it first met.
    """
    if kind not in FONTS:
        raise KeyError(f"no font {kind!r}; there are: {', '.join(FONTS)}")
    set_property(widget, "kind", kind)


def set_property(widget: QWidget, name: str, value: Any) -> None:
    """Set a property that the style sheet asks for, and have it looked at again."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    if not widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        return  # it will be looked at when it is first shown
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def _application() -> QApplication:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("make the QApplication before its theme")
    return app


def _on_scheme() -> None:
    """The desktop changed between light and dark."""
    if _theme.choice == "system":
        _refresh()


def _on_font() -> None:
    """Another font, from the desktop or a test: every measure depends on it."""
    _theme.font_key = ""
    _refresh()


def _refresh() -> None:
    """Put palette and style sheet of the theme in force, then tell everyone who caches pixels."""
    if _theme.applying:
        return
    _theme.applying = True
    try:
        app = _application()
        scheme = app.styleHints().colorScheme()
        _theme.colors = wanted(_theme.choice, scheme, _high_contrast(app))
        sheet = stylesheet.build(_theme.colors, _measures(), _label_fonts())
        shown = sheet, app.font().key()
        if shown == _theme.shown:
            return  # each widget would be styled anew for nothing
        _theme.shown = shown
        app.setPalette(palette(_theme.colors))
        app.setStyleSheet(sheet)
    finally:
        _theme.applying = False
    changed.emit()


def _high_contrast(app: QApplication) -> bool:
    """Whether the desktop asks for more contrast; Qt knows from 6.10 on."""
    hints = app.styleHints()
    accessibility = getattr(hints, "accessibility", None)
    if accessibility is None:
        return False
    return bool(accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast)


def _measures() -> dict[str, int]:
    """Numbers that the style sheet takes from the font."""
    return {
        "inner": height("field") - 2,
        "button": height("button") - 2,
        "arrow": icon_size(13),
        "glyph": icon_size(12),
        "box": icon_size(14),
        "icon": icon_size(16),
        "title": height("title") - 2,
        "item": line_height() + 8,
        "caption": max(7, font_pixels() - 1),
        "knob": icon_size(14),
    }


def _label_fonts() -> dict[str, tuple[int, int, str]]:
    """Size in pixels, weight and family ("" for the system's) of labels of each kind."""
    made = {kind: font(kind) for kind in FONTS}
    return {
        kind: (
            QFontInfo(item).pixelSize(),
            int(item.weight()),
            item.family() if kind.startswith("mono") else "",
        )
        for kind, item in made.items()
    }


def _system_font(found: QFont) -> QFont:
    """The desktop's font; where no desktop names one, the first good one installed."""
    made = QFont(found)
    unnamed = sys.platform.startswith("linux") and found.family() in _GENERIC
    if unnamed:
        installed = set(QFontDatabase.families())
        for family in _FAMILIES:
            if family in installed:
                made.setFamily(family)
                break
    return _tabular(made)


def _tabular(made: QFont) -> QFont:
    """Make digits equally wide, where the font can, so that running numbers do not dance."""
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def _windows_is_still() -> bool:
    """Whether Windows' "Animation effects" are off."""
    import ctypes

    windows = getattr(ctypes, "windll", None)
    if windows is None:
        return False
    on = ctypes.c_int(1)
    client_area_animation = 0x1042  # SPI_GETCLIENTAREAANIMATION
    windows.user32.SystemParametersInfoW(client_area_animation, 0, ctypes.byref(on), 0)
    return not on.value
