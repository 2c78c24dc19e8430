"""Our own icons: SVGs drawn in the theme's color at the moment they are painted.

`icon("open")` gives an icon for any button or action. It keeps no pixels of one theme: its engine
asks the theme each time, so nothing has to be set again when the colors change.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from voxviewer.files import asset
from voxviewer.gui import theme


@cache
def names() -> tuple[str, ...]:
    """All icons there are, in alphabetical order."""
    return tuple(sorted(path.stem for path in asset("icons").glob("*.svg")))


def icon(name: str, role: str = "text2") -> QIcon:
    """The icon `name` in the color of a token; disabled it is "off", checked the accent.

    Raises
    ------
    KeyError
        there is no such icon; the message lists those there are
    """
    _text(name)
    return QIcon(_Engine(name, role))


def pixmap(name: str, size: int, role: str = "text2", dpr: float = 1.0) -> QPixmap:
    """The icon as pixels in the color of a token now: `size` logical pixels a side."""
    return _drawn(name, getattr(theme.colors(), role), size, size, dpr)


def paint(painter: QPainter, name: str, box: QRect | QRectF, role: str = "text2") -> None:
    """Draw an icon into a box of a widget that paints itself."""
    _renderer(name, getattr(theme.colors(), role)).render(painter, QRectF(box))


class _Engine(QIconEngine):
    """Draws one SVG in a color that depends on the theme and on the button's state."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw into any painter, sharp at any size."""
        side = min(rect.width(), rect.height())
        box = QRectF(rect.x(), rect.y() + (rect.height() - side) / 2, side, side)
        _renderer(self._name, self._color(mode, state)).render(painter, box)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Pixels for a screen without scaling."""
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        """Pixels for a screen with scaling.

        `size` is in logical pixels, in Qt before 6.8 in the device's: then this gives more than
        needed, which Qt sets right.
        """
        return _drawn(self._name, self._color(mode, state), size.width(), size.height(), scale)

    def clone(self) -> QIconEngine:
        """Another engine of the same icon; Qt asks when an icon is changed."""
        return _Engine(self._name, self._role)

    def key(self) -> str:
        """Name the kind of engine."""
        return "voxviewer"

    def iconName(self) -> str:
        """Name the icon, for tests and accessibility tools."""
        return self._name

    def _color(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        colors = theme.colors()
        if mode == QIcon.Mode.Disabled:
            return colors.off
        if state == QIcon.State.On:
            return colors.accent
        return str(getattr(colors, self._role))


@cache
def _text(name: str) -> str:
    if name not in names():
        raise KeyError(f"no icon {name!r}; there are: {', '.join(names())}")
    return asset("icons", f"{name}.svg").read_text(encoding="utf-8")


@cache
def _renderer(name: str, color: str) -> QSvgRenderer:
    """One parsed SVG a color; a window uses some hundred at most."""
    return QSvgRenderer(QByteArray(_text(name).replace("currentColor", color).encode()))


@cache
def _drawn(name: str, color: str, width: int, height: int, dpr: float) -> QPixmap:
    """Pixels of an icon, at the left; kept, as buttons ask for them at every repaint."""
    made = QPixmap(round(width * dpr), round(height * dpr))
    made.setDevicePixelRatio(dpr)
    made.fill(Qt.GlobalColor.transparent)
    side = min(width, height)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(0, (height - side) / 2, side, side)
    _renderer(name, color).render(painter, box)
    painter.end()
    return made
