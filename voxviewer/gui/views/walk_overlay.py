"""What slow motion draws over the wall: the chosen map is empty where the kernel has not been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from voxviewer.gui import theme
from voxviewer.gui.bind import Wires
from voxviewer.gui.views import marks

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from voxviewer.data import FeatureMaps
    from voxviewer.gui.views.wall_tiles import WallTiles
    from voxviewer.session import Session, Walk

Cells = tuple[int, int, int, int]
"""First row, first column, rows, columns of a map."""

_MARK = 6  # pixels a voxel's mark is wide at least


class WalkOverlay(QWidget):
    """Lies over the wall's tiles while `session.walk` is there; the pointer goes through it."""

    def __init__(self, session: Session, tiles: WallTiles) -> None:
        super().__init__(tiles.viewport())
        self._session = session
        self._tiles = tiles
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Slow motion")
        tiles.viewport().installEventFilter(self)
        self._wires = Wires(self)
        self._wires.connect(session.events.walk, self._show_walk)
        for name in ("frame", "map", "features"):
            self._wires.connect(getattr(session.events, name), self._show)
        self._show_walk()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the tiles' area."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def _show_walk(self, *_: Any) -> None:
        self.setGeometry(self._tiles.viewport().rect())
        self.setVisible(self._session.walk is not None)
        self.update()

    def _show(self, *_: Any) -> None:
        if self._session.walk is not None:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The voxels that are not filled yet, and a mark on the one that is being filled."""
        walk, maps = self._session.walk, self._session.features
        if walk is None or maps is None:
            return
        image = self._tiles.tile_box(self._tiles.chosen)
        frame = maps.map_frame(self._session.frame)
        if image.isEmpty() or frame is None:
            return
        painter = QPainter(self)
        for cells in unfilled(maps, walk, frame):
            painter.fillRect(box_of(image, maps, cells), theme.color("line"))
        cell = current(maps, walk, frame)
        if cell is not None:
            marks.paint_window(painter, mark_of(image, box_of(image, maps, cell)))
        painter.end()


def unfilled(maps: FeatureMaps, walk: Walk, frame: int) -> list[Cells]:
    """Return the rectangles of one map frame where the kernel has not been yet."""
    _, H, W, _ = maps.shape
    done = walk.step + 1 - frame * H * W
    if done >= H * W:
        return []
    if done <= 0:
        return [(0, 0, H, W)]
    row, column = divmod(done, W)
    found = [(row, column, 1, W - column)] if column else [(row, 0, 1, W)]
    return [*found, (row + 1, 0, H - row - 1, W)] if row + 1 < H else found


def current(maps: FeatureMaps, walk: Walk, frame: int) -> Cells | None:
    """Return the voxel that was filled last, where it lies in this map frame."""
    _, H, W, _ = maps.shape
    rest = walk.step - frame * H * W
    return (rest // W, rest % W, 1, 1) if 0 <= rest < H * W else None


def box_of(image: QRect, maps: FeatureMaps, cells: Cells) -> QRect:
    """Return where cells of a map lie on the screen, on whole pixels."""
    _, H, W, _ = maps.shape
    row, column, rows, columns = cells
    left, right = (round(at * image.width() / W) for at in (column, column + columns))
    top, bottom = (round(at * image.height() / H) for at in (row, row + rows))
    return QRect(image.left() + left, image.top() + top, right - left, bottom - top)


def mark_of(image: QRect, box: QRect) -> QRectF:
    """Return the box of a mark that can be seen, inside the image where that is large enough."""
    grow = max(_MARK - box.width(), 0), max(_MARK - box.height(), 0)
    wide = QRect(box).adjusted(-grow[0] // 2, -grow[1] // 2, grow[0] // 2, grow[1] // 2)
    wide.moveLeft(min(max(wide.left(), image.left()), image.right() + 1 - wide.width()))
    wide.moveTop(min(max(wide.top(), image.top()), image.bottom() + 1 - wide.height()))
    return QRectF(wide)
